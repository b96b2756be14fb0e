"""The settings of the ledger."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, StringConstraints

from service.settings.section import Section

Origin = Annotated[str, StringConstraints(to_lower=True, pattern=r"(?i)^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
"""Scheme, host and, where it is not the scheme's own, port."""


class LedgerSettings(Section):
    """The SQL database that keeps what the events say; off unless a url is set. Times are seconds, sizes bytes."""

    url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host/database (15 or newer) or sqlite:///path/to/ledger.db.",
    )
    db_schema: str = Field(
        default="claimwire",
        pattern=r"^[a-z_][a-z0-9_]{0,40}$",
        description="Schema of the tables in PostgreSQL; SQLite has none.",
    )
    group: str | None = Field(
        default=None, description="Consumer group of the ledgers. Default: that of the workers with -ledger behind it."
    )
    max_events: int = Field(default=500, ge=1, description="Events in one batch, over all partitions.")
    max_bytes: int = Field(default=8_388_608, ge=1, description="Bytes of events in one batch.")
    timeout: float = Field(
        default=30.0, gt=0, description="A statement, or a wait for another writer, that takes longer is given up."
    )
    answer_timeout: float = Field(
        default=5.0, gt=0, description="A question over HTTP that takes the database longer is answered with 503."
    )
    keep_articles_days: float | None = Field(
        default=None,
        gt=0,
        description="Articles whose event was written longer ago are deleted with all that hangs on them. Unset: kept.",
    )
    keep_erasures_days: float | None = Field(
        default=None,
        gt=0,
        description="Hashes of ids that were erased longer ago are deleted; more than the topic keeps. Unset: kept.",
    )
    matches_topic: str = Field(
        default="articles.matches", description="Topic for what matches a watch that names no webhook."
    )
    webhook_origins: tuple[Origin, ...] = Field(
        default=(),
        description="Origins that watches may name, such as https://hooks.example. Nothing is posted anywhere else.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None, description="What webhooks are signed with: whsec_ and 24 to 64 bytes in base64; one per line."
    )
    webhook_secret_file: Path | None = Field(
        default=None, description="The same in a file, which is read again for every delivery, so that it may rotate."
    )
    webhook_timeout: float = Field(default=15.0, gt=0, description="A receiver that takes longer has failed.")
    delivery_patience: float = Field(
        default=259_200.0, gt=0, description="A match that could not be delivered for this long is given up."
    )
