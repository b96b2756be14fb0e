"""Which revision of the tables a database has, and how it comes to the one that this code knows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from service.core.errors import ConfigurationError
from service.ledger.database import Database, require_version

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Revisions:
    """Where a database stands. `found` is None where it has no tables of ours."""

    found: str | None
    wanted: str

    @property
    def known(self) -> bool:
        """Whether this code knows the revision that was found."""
        return self.found is None or self.found in _known()


def revisions(connection: Connection) -> Revisions:
    """Return where the database stands."""
    return Revisions(found=MigrationContext.configure(connection).get_current_revision(), wanted=_wanted())


def check(database: Database) -> None:
    """Look whether the tables are those that this code knows.

    Raises:
        ConfigurationError: they are older, newer or absent.
        LedgerUnavailableError: the database does not answer.
    """
    with database.transaction() as connection:
        require_version(connection)
        stand = revisions(connection)
    _refuse_newer(stand)
    if stand.found != stand.wanted:
        raise ConfigurationError(
            f"The ledger's database is at revision {stand.found or 'none'}, and this version needs {stand.wanted}: run "
            "`claimwire ledger migrate`."
        )


def migrate(database: Database, *, to: str = "head") -> Revisions:
    """Bring the tables to this code's revision, or to an earlier one; return where they stood and stand.

    All of it is one transaction, which other processes wait for.

    Raises:
        ConfigurationError: a newer version made the tables.
        LedgerUnavailableError: the database does not answer.
    """
    with database.writing() as connection:
        require_version(connection)
        if database.is_postgres:
            connection.execute(text("SET LOCAL statement_timeout = 0"))  # a million rows are rewritten in one statement
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {database.schema}"))
        stand = revisions(connection)
        _refuse_newer(stand)
        config = _config()
        config.attributes["connection"] = connection
        down = to != "head" and (to == "base" or (stand.found is not None and to < stand.found))
        (command.downgrade if down else command.upgrade)(config, to)
        return Revisions(found=stand.found, wanted=revisions(connection).found or "none")


def _refuse_newer(stand: Revisions) -> None:
    if not stand.known:
        raise ConfigurationError(
            f"The ledger's database is at revision {stand.found}, which this version does not know (it knows up to "
            f"{stand.wanted}): a newer claimwire made it. Run that version, or give this one another database."
        )


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _wanted() -> str:
    return _scripts().get_current_head() or ""


def _known() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())
