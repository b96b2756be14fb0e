"""The tables, their indexes, full text, and the views for analysts."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from service.ledger.tables import UtcTime

revision: Final = "0001"
down_revision: Final = None

_TABLES: Final = (
    "topics",
    "article_stances",
    "stances",
    "claim_bands",
    "claims",
    "mentions",
    "entities",
    "articles",
    "erasures",
    "counters",
    "offsets",
)

_READABLE: Final = """
CREATE VIEW claims_readable AS
SELECT c.id, c.text, coalesce(e.name, c.speaker_name, CASE c.speaker_kind WHEN 'author' THEN 'author' END) AS speaker,
       c.speaker_kind, c.kind, c.cue, c.check_worthiness, c.confidence, c.said_at, c.source, a.title, a.url,
       c.language, c.group_id, c.article_id
FROM claims c
JOIN articles a ON a.id = c.article_id
LEFT JOIN entities e ON e.id = c.speaker_id
"""

_STANCES: Final = """
CREATE VIEW stances_readable AS
SELECT s.claim_id, s.holder_id, coalesce(h.name, CASE WHEN s.holder_id IS NULL THEN 'author' END) AS holder,
       s.target_id, t.name AS target, s.label, s.confidence, s.said_at, {day} AS day, c.source, c.group_id
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

_SQLITE_SEARCH: Final = (
    """CREATE VIRTUAL TABLE claims_search
    USING fts5(text, content='claims', content_rowid='id', tokenize="porter unicode61")""",
    """CREATE TRIGGER claims_inserted AFTER INSERT ON claims BEGIN
    INSERT INTO claims_search(rowid, text) VALUES (new.id, new.text); END""",
    """CREATE TRIGGER claims_deleted AFTER DELETE ON claims BEGIN
    INSERT INTO claims_search(claims_search, rowid, text) VALUES ('delete', old.id, old.text); END""",
)
_POSTGRES_SEARCH: Final = (
    """ALTER TABLE claims
    ADD COLUMN search tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(text, ''))) STORED""",
    "CREATE INDEX ix_claims_search ON claims USING gin (search)",
)


def upgrade() -> None:
    """Make everything."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    claim_id = sa.BigInteger() if is_postgres else sa.Integer()  # SQLite's key of rows is an INTEGER
    op.create_table(
        "offsets",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("topic"),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("topic", "partition", name="uq_offsets_topic_partition"),
    )
    op.create_table(
        "counters", sa.Column("name", sa.Text, primary_key=True), sa.Column("value", sa.BigInteger, nullable=False)
    )
    op.execute("INSERT INTO counters (name, value) VALUES ('claims', 0)")
    op.create_table(
        "erasures",
        sa.Column("article_sha256", sa.Text, primary_key=True),
        sa.Column("log_id", sa.Integer, sa.ForeignKey("offsets.id"), nullable=False),
        sa.Column("erased_at", UtcTime, nullable=False),
    )
    op.create_table(
        "articles",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        _text("status"),
        *(_text(name, nullable=True) for name in ("reason", "title", "url", "language", "source")),
        sa.Column("published_at", UtcTime),
        sa.Column("said_at", UtcTime, nullable=False),
        _text("text_sha256", nullable=True),
        sa.Column("text_length", sa.BigInteger),
        *(_text(name, nullable=True) for name in ("model", "model_sha256", "event_id")),
        sa.Column("log_id", sa.Integer, sa.ForeignKey("offsets.id"), nullable=False),
        sa.Column("log_offset", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", UtcTime, nullable=False),
    )
    op.create_table(
        "entities",
        sa.Column("id", sa.Text, primary_key=True),
        _text("type"),
        _text("name", nullable=True),
        _text("normalized_name", nullable=True),
        sa.Column("article_id", sa.Text, _article()),
    )
    _index("entities", "normalized_name")
    _index("entities", "article_id")
    op.create_table(
        "mentions",
        sa.Column("article_id", sa.Text, _article(), primary_key=True),
        sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.id"), primary_key=True),
        sa.Column("start_char", sa.Integer, primary_key=True),
        sa.Column("end_char", sa.Integer, primary_key=True),
    )
    _index("mentions", "entity_id")
    _claims(claim_id)
    op.create_table(
        "claim_bands",
        sa.Column("hash", sa.BigInteger, primary_key=True),
        sa.Column("claim_id", claim_id, sa.ForeignKey("claims.id", ondelete="CASCADE"), primary_key=True),
    )
    _index("claim_bands", "claim_id")
    _stances(claim_id)
    for statement in _POSTGRES_SEARCH if is_postgres else _SQLITE_SEARCH:
        op.execute(statement)
    op.execute(_READABLE)
    op.execute(_STANCES.format(day="(s.said_at AT TIME ZONE 'UTC')::date" if is_postgres else "date(s.said_at)"))
    op.execute(_WHO)


def downgrade() -> None:
    """Remove everything."""
    op.execute("DROP VIEW who_about_whom")
    op.execute("DROP VIEW stances_readable")
    op.execute("DROP VIEW claims_readable")
    if op.get_bind().dialect.name != "postgresql":
        op.execute("DROP TABLE claims_search")
    for table in _TABLES:
        op.drop_table(table)


def _claims(claim_id: Any) -> None:
    op.create_table(
        "claims",
        sa.Column("id", claim_id, primary_key=True, autoincrement=False),
        sa.Column("article_id", sa.Text, _article(), nullable=False),
        _text("claim"),
        sa.Column("start_char", sa.Integer, nullable=False),
        sa.Column("end_char", sa.Integer, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        _text("text", nullable=True),
        _text("kind"),
        sa.Column("speaker_id", sa.Text, sa.ForeignKey("entities.id")),
        _text("speaker_name", nullable=True),
        _text("speaker_kind"),
        sa.Column("speaker_confidence", sa.Double, nullable=False),
        _text("cue", nullable=True),
        sa.Column("cue_start_char", sa.Integer),
        sa.Column("cue_end_char", sa.Integer),
        sa.Column("check_worthiness", sa.Double, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("group_id", sa.BigInteger, nullable=False),
        sa.Column("said_at", UtcTime, nullable=False),
        _text("source", nullable=True),
        _text("language", nullable=True),
        sa.UniqueConstraint("article_id", "claim", name="uq_claims_article_id_claim"),
    )
    _index("claims", "said_at", "id")
    _index("claims", "check_worthiness", "id")
    _index("claims", "speaker_id", "said_at", "id")
    _index("claims", "source", "said_at", "id")
    _index("claims", "language", "said_at", "id")
    _index("claims", "group_id")


def _stances(claim_id: Any) -> None:
    op.create_table(
        "stances",
        sa.Column("claim_id", claim_id, sa.ForeignKey("claims.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("target_id", sa.Text, sa.ForeignKey("entities.id"), primary_key=True),
        sa.Column("holder_id", sa.Text, sa.ForeignKey("entities.id")),
        _text("label"),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("said_at", UtcTime, nullable=False),
    )
    _index("stances", "target_id", "said_at", "claim_id")
    _index("stances", "holder_id", "target_id", "said_at")
    _index("stances", "said_at", "claim_id")
    op.create_table(
        "article_stances",
        sa.Column("article_id", sa.Text, _article(), nullable=False),
        sa.Column("holder_id", sa.Text, sa.ForeignKey("entities.id")),
        sa.Column("target_id", sa.Text, sa.ForeignKey("entities.id"), nullable=False),
        _text("label"),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("claims", sa.JSON, nullable=False),
    )
    op.create_table(
        "topics",
        sa.Column("article_id", sa.Text, _article(), nullable=False),
        _text("topic"),
        _text("holder"),
        sa.Column("holder_id", sa.Text, sa.ForeignKey("entities.id")),
        _text("label"),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("claims", sa.JSON, nullable=False),
    )
    for table, columns in (
        ("article_stances", ("article_id", "holder_id", "target_id")),
        ("topics", ("article_id", "topic", "holder_id")),
    ):
        for column in columns:
            _index(table, column)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _article() -> sa.ForeignKey:
    return sa.ForeignKey("articles.id", ondelete="CASCADE")


def _index(table: str, *columns: str) -> None:
    """Make an index that is named after its first column."""
    op.create_index(f"ix_{table}_{columns[0]}", table, list(columns))
