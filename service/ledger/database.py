"""Connections to the database, transactions of one writer at a time, and what the database's errors mean to us."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from service.core.errors import ConfigurationError, InfrastructureError
from service.settings.ledger import LedgerSettings

_CONNECT_SECONDS: Final = 5
_SILENT_MS: Final = 15_000  # a database that acknowledges nothing for this long is taken for gone; TCP's own is minutes
_POSTGRES: Final = "postgresql"
_OLDEST: Final = 15  # of PostgreSQL
_WRITES: Final = "claimwire_writes"
_STEPS: Final = 10_000  # of SQLite's virtual machine between two looks at the clock: about a millisecond
POOL: Final = 4  # connections of one process: ledgers write one at a time


class LedgerUnavailableError(InfrastructureError):
    """The database does not answer, or not now."""

    code = "ledger-unavailable"


class Database:
    """The database of one ledger: PostgreSQL, or a SQLite file.

    Args:
        settings: Where it is. `url` must be set.
        schema: Another schema of PostgreSQL than the settings name.
        read_only: Whether transactions may only read. Then each sees the tables as of one moment.

    Raises:
        ConfigurationError: the url is of no kind that is supported.
    """

    def __init__(self, settings: LedgerSettings, *, schema: str | None = None, read_only: bool = False) -> None:
        self.url = _url(settings)
        self.schema = schema or settings.db_schema
        self.is_postgres = self.url.get_backend_name() == _POSTGRES
        self._timeout = settings.timeout
        self._read_only = read_only
        self.engine = self._postgres() if self.is_postgres else self._sqlite()

    def _postgres(self) -> Engine:
        milliseconds = int(self._timeout * 1000)
        options = (
            f"-c search_path={self.schema} -c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
            # A writer that is frozen in the middle of a transaction must not keep all others waiting.
            f"-c idle_in_transaction_session_timeout={milliseconds} -c timezone=UTC"
        )
        if self._read_only:
            options += (
                " -c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read"
                # A plan that fits every word and name fits none: rare ones are found another way than common ones.
                " -c plan_cache_mode=force_custom_plan"
            )
        return create_engine(
            self.url,
            pool_size=POOL,
            max_overflow=0,
            pool_timeout=self._timeout,
            pool_pre_ping=True,
            hide_parameters=True,  # they are an article's words, and errors are logged
            connect_args={
                "options": options,
                "connect_timeout": _CONNECT_SECONDS,
                "tcp_user_timeout": _SILENT_MS,
                "keepalives_idle": 5,
                "keepalives_interval": 5,
                "keepalives_count": 2,
                "application_name": "claimwire",
            },
        )

    def _sqlite(self) -> Engine:
        engine = create_engine(
            self.url,
            pool_size=POOL,
            max_overflow=0,
            hide_parameters=True,
            connect_args={"timeout": self._timeout},
        )

        def connected(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # or sqlite3 would begin transactions when it thinks fit
            for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
                connection.execute(f"PRAGMA {pragma}")
            if self._read_only:
                connection.execute("PRAGMA query_only=ON")

        def begun(connection: Connection) -> None:
            # A reader that turns into a writer cannot wait for its turn, so a writer says at once what it is.
            writes = connection.get_execution_options().get(_WRITES, False)
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
            if self._read_only:
                self._give_up_in_time(connection)

        event.listen(engine, "connect", connected)
        event.listen(engine, "begin", begun)
        return engine

    def _give_up_in_time(self, connection: Connection) -> None:
        """End what the transaction reads once it takes too long; PostgreSQL does so by itself."""
        deadline = time.monotonic() + self._timeout
        driver: Any = connection.connection.driver_connection
        driver.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)

    @contextlib.contextmanager
    def transaction(self, *, writes: bool = False) -> Iterator[Connection]:
        """Give a connection in a transaction, which is committed at the block's end, or rolled back if that raises.

        Only a block that says so may write.

        Raises:
            LedgerUnavailableError: the database does not answer; nothing is known of a commit that was under way.
            ConfigurationError: it refuses what must be allowed, or its tables are not ours.
            sqlalchemy.exc.DBAPIError: it refuses the data.
        """
        with translated(), self.engine.execution_options(**{_WRITES: writes}).begin() as connection:
            yield connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection as `transaction` does, to one writer of the ledger at a time.

        SQLite knows one writer only. In PostgreSQL a lock does the same: articles share their entities and groups, so
        that two writers would wait for each other's rows all the time, or for ever.
        """
        with self.transaction(writes=True) as connection:
            if self.is_postgres:
                name = f"claimwire ledger {self.schema}"
                connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn what a database's failure raises into our errors; errors about the data pass as they are."""
    try:
        yield
    except PoolTimeoutError as error:
        raise LedgerUnavailableError("Every connection to the ledger's database is in use; try again later.") from error
    except DBAPIError as error:
        if isinstance(error, ProgrammingError):
            raise ConfigurationError(
                f"The ledger's database refuses a statement ({_why(error)}): see that `claimwire ledger migrate` "
                "was run, and that the user of CLAIMWIRE_LEDGER__URL may use the schema."
            ) from error
        if error.connection_invalidated or isinstance(error, OperationalError | InterfaceError | InternalError):
            raise LedgerUnavailableError(
                f"The ledger's database does not answer ({_why(error)}); see that it runs and CLAIMWIRE_LEDGER__URL "
                "names it."
            ) from error
        raise


def _why(error: DBAPIError) -> str:
    """Say what kind of error it is. Its text may quote rows, and the statement's parameters are an article's words."""
    state = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "sqlite_errorname", None)
    name = type(error.orig).__name__
    return f"{name} {state}" if state else name


def _url(settings: LedgerSettings) -> URL:
    if settings.url is None:
        raise ConfigurationError("No ledger is configured: set CLAIMWIRE_LEDGER__URL.")
    try:
        url = make_url(settings.url.get_secret_value())
    except ArgumentError:
        raise ConfigurationError("CLAIMWIRE_LEDGER__URL is not a database URL, such as sqlite:///ledger.db.") from None
    if url.get_backend_name() == _POSTGRES and url.get_driver_name() in {"psycopg", "psycopg2"}:
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database not in {None, "", ":memory:"}:
        return url.set(drivername="sqlite+pysqlite")
    raise ConfigurationError("CLAIMWIRE_LEDGER__URL must begin with postgresql:// or sqlite:///, and name a database.")


def row_of(row: "Row[*tuple[Any, ...]]") -> dict[str, Any]:
    """Return a row by its columns' names, as plain strings: SQLAlchemy's own kind is no key of JSON."""
    return {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001  # SQLAlchemy's public name


def require_version(connection: Connection) -> None:
    """Look whether the server is new enough.

    Raises:
        ConfigurationError: it is not.
    """
    version = getattr(connection.dialect, "server_version_info", None) or (0,)
    if connection.dialect.name == _POSTGRES and version[0] < _OLDEST:
        raise ConfigurationError(f"The ledger needs PostgreSQL 15 or newer; the server is of version {version[0]}.")
