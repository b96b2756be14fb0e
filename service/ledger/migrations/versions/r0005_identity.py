"""Who is who: ids of the entity list, what people correct, and views that show both."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from service.ledger.tables import UtcTime

revision: Final = "0005"
down_revision: Final = "0004"

_VIEWS: Final = ("who_about_whom", "stances_readable", "claims_readable")  # in the order in which they can be dropped

_READABLE: Final = """
CREATE VIEW claims_readable AS
SELECT c.id, c.text, coalesce({name}, c.speaker_name, CASE c.speaker_kind WHEN 'author' THEN 'author' END) AS speaker,
       c.speaker_kind, c.kind, c.cue, c.check_worthiness, c.confidence, c.said_at, c.source, a.title, a.url,
       c.language, c.group_id, c.article_id{speaker}
FROM claims c
JOIN articles a ON a.id = c.article_id
LEFT JOIN entities e ON e.id = c.speaker_id
"""

_STANCES: Final = """
CREATE VIEW stances_readable AS
SELECT s.claim_id, {holder} AS holder_id,
       coalesce(h.{name}, CASE WHEN s.holder_id IS NULL THEN 'author' END) AS holder,
       {target} AS target_id, t.{name} AS target, s.label, s.confidence, s.said_at, {day} AS day, c.source, c.group_id
FROM stances s
JOIN claims c ON c.id = s.claim_id
JOIN entities t ON t.id = s.target_id
LEFT JOIN entities h ON h.id = s.holder_id
"""

_WHO: Final = """
CREATE VIEW who_about_whom AS
SELECT holder_id, holder, target_id, target, label, day, source,
       count(DISTINCT group_id) AS claims, avg(confidence) AS confidence
FROM stances_readable
GROUP BY holder_id, holder, target_id, target, label, day, source
"""


def upgrade() -> None:
    """Add them; everybody that there is is whom its row names."""
    _drop_views()
    op.add_column("entities", sa.Column("ref", sa.Text))
    op.add_column("entities", sa.Column("canonical_id", sa.Text, nullable=False, server_default=""))
    op.add_column("entities", sa.Column("canonical_name", sa.Text))
    op.execute("UPDATE entities SET canonical_id = id, canonical_name = name")
    op.create_index("ix_entities_canonical_id", "entities", ["canonical_id"])
    op.create_table(
        "corrections",
        sa.Column("entity_id", sa.Text, primary_key=True),
        sa.Column("article_id", sa.Text, primary_key=True),
        sa.Column("into_id", sa.Text, nullable=False),
        sa.Column("made_at", UtcTime, nullable=False),
    )
    _views(
        readable={"name": "e.canonical_name", "speaker": ", e.canonical_id AS speaker_id"},
        stances={"name": "canonical_name", "holder": "h.canonical_id", "target": "t.canonical_id"},
    )


def downgrade() -> None:
    """Remove them: every name is somebody of its own again."""
    _drop_views()
    op.drop_table("corrections")
    op.drop_index("ix_entities_canonical_id", "entities")
    for column in ("canonical_name", "canonical_id", "ref"):
        op.drop_column("entities", column)
    _views(
        readable={"name": "e.name", "speaker": ""},
        stances={"name": "name", "holder": "s.holder_id", "target": "s.target_id"},
    )


def _drop_views() -> None:
    for view in _VIEWS:
        op.execute(f"DROP VIEW {view}")


def _views(*, readable: dict[str, Any], stances: dict[str, Any]) -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(_READABLE.format(**readable))
    op.execute(
        _STANCES.format(**stances, day="(s.said_at AT TIME ZONE 'UTC')::date" if is_postgres else "date(s.said_at)")
    )
    op.execute(_WHO)
