"""An index by which articles of long ago are found."""

from typing import Final

from alembic import op

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Add it."""
    op.create_index("ix_articles_recorded_at", "articles", ["recorded_at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_articles_recorded_at", "articles")
