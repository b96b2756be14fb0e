"""What answers over HTTP stand on: the words of names, and the claims of one speaker that are most worth checking."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from service.ledger.identity import words_of

revision: Final = "0002"
down_revision: Final = "0001"

_AT_ONCE: Final = 10_000  # names


def upgrade() -> None:
    """Add them, the words of the names that there are too."""
    op.create_index("ix_claims_speaker_worth", "claims", ["speaker_id", "check_worthiness", "id"])
    words = op.create_table(
        "entity_words",
        sa.Column("entity_id", sa.Text, sa.ForeignKey("entities.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("word", sa.Text, primary_key=True),
    )
    op.create_index(
        "ix_entity_words_word", "entity_words", ["word", "entity_id"], postgresql_ops={"word": "text_pattern_ops"}
    )
    connection = op.get_bind()
    known = connection.execute(sa.text("SELECT id, normalized_name FROM entities WHERE article_id IS NULL"))
    for part in known.partitions(_AT_ONCE):
        rows = [{"entity_id": entity, "word": word} for entity, name in part for word in words_of(name or "")]
        if rows:
            connection.execute(sa.insert(words), rows)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("entity_words")
    op.drop_index("ix_claims_speaker_worth", "claims")
