"""The settings of the ledger."""

from pydantic import Field, SecretStr

from service.settings.section import Section


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
