"""What a series counts in one index: the group of its claim beside each stance."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0006"
down_revision: Final = "0005"

_BEFORE: Final = {"target_id": ("target_id", "said_at", "claim_id"), "holder_id": ("holder_id", "target_id", "said_at")}
_NOW: Final = {
    "target_id": ("target_id", "said_at", "claim_id", "label", "group_id"),
    "holder_id": ("holder_id", "target_id", "said_at", "claim_id", "label", "group_id"),
}


def upgrade() -> None:
    """Add it, of the stances that there are too."""
    op.add_column("stances", sa.Column("group_id", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE stances SET group_id = (SELECT c.group_id FROM claims c WHERE c.id = stances.claim_id)")
    _index(_NOW)


def downgrade() -> None:
    """Remove it."""
    _index(_BEFORE)
    op.drop_column("stances", "group_id")


def _index(columns: Mapping[str, tuple[str, ...]]) -> None:
    for first, all_ in columns.items():
        op.drop_index(f"ix_stances_{first}", "stances")
        op.create_index(f"ix_stances_{first}", "stances", list(all_))
