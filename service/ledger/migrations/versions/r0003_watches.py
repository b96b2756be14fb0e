"""Watches, what of theirs waits to be delivered, and up to which offset matches were decided."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from service.ledger.tables import UtcTime

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    """Add them. What is in the tables already was decided: nobody watched."""
    op.add_column("offsets", sa.Column("matched", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE offsets SET matched = position")
    op.create_table(
        "watches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("filters", sa.JSON, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("created_at", UtcTime, nullable=False),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("given_up", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("next_at", UtcTime, nullable=False),
        sa.Column("gone_at", UtcTime),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("watch_id", sa.Text, sa.ForeignKey("watches.id", ondelete="CASCADE"), nullable=False),
        sa.Column("article_id", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("claim", sa.Text, nullable=False),
        sa.Column("matched_at", UtcTime, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", UtcTime, nullable=False),
    )
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"])
    op.create_index("ix_deliveries_watch_id", "deliveries", ["watch_id"])
    op.create_index("ix_deliveries_article_id", "deliveries", ["article_id"])


def downgrade() -> None:
    """Remove them; what waits is not delivered."""
    op.drop_table("deliveries")
    op.drop_table("watches")
    op.drop_column("offsets", "matched")
