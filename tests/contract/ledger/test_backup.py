"""The commands of the runbook that back the ledger up and bring it back, on each database."""

import re
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from pydantic import SecretStr

from service.core.questions import ClaimsQuestion, Filters
from service.ledger.answers import Answers
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.status import status
from service.ledger.store import Store
from service.settings.ledger import LedgerSettings
from tests.ledger import LOG, enriched, held, records
from tests.postgres import Postgres

RUNBOOK = (Path(__file__).parents[3] / "docs/runbook.md").read_text()


def command(name: str) -> str:
    """Return the runbook's command line that begins with this program."""
    found = re.search(rf"`({name} [^`]+)`", RUNBOOK)
    assert found is not None
    return found[1]


def fill(database: Database) -> None:
    """Write two articles."""
    migrate(database)
    told = [enriched(name, {"speaker": "Ann Lee", "stances": {"Bob Ray": "favor"}}) for name in ("a", "b")]
    Store(database).write(LOG, after=None, position=2, messages=records(*told))


def goes_on(database: Database) -> None:
    """See that the tables are at their offset, take what comes behind it, and find words."""
    assert status(database).positions == {LOG: 2}
    Store(database).write(LOG, after=2, position=3, messages=records(enriched("c", {"speaker": "Cid Fox"}), start=2))
    with database.transaction() as connection:
        assert set(held(connection)) == {"a", "b", "c"}
    found = Answers(database).answer(ClaimsQuestion(filters=Filters(text="article")))
    assert len(found.rows) == 3


def test_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    """`pg_dump` and `pg_restore` as the runbook has them bring back rows, offsets and full text."""
    database = Database(LedgerSettings(url=SecretStr(postgres.url)))
    fill(database)
    environment = {"CLAIMWIRE_LEDGER__URL": postgres.url, "PATH": f"{postgres.programs}:/usr/bin:/bin"}

    def run(line: str) -> None:
        subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment, check=True)

    run(command("pg_dump"))
    with database.transaction(writes=True) as connection:
        connection.exec_driver_sql(command("DROP SCHEMA"))
    run(command("pg_restore"))
    migrate(database)
    goes_on(database)
    with database.transaction(writes=True) as connection:
        connection.exec_driver_sql("DROP SCHEMA claimwire CASCADE")
    database.close()


def test_sqlite(tmp_path: Path) -> None:
    """A copy that SQLite made while the file is open, put in its place."""
    path = tmp_path / "ledger.db"
    settings = LedgerSettings(url=SecretStr(f"sqlite:///{path}"))
    database = Database(settings)
    fill(database)
    assert command("sqlite3") == 'sqlite3 ledger.db ".backup ledger-copy.db"'
    with sqlite3.connect(path) as source, sqlite3.connect(tmp_path / "ledger-copy.db") as copy:
        source.backup(copy)  # what the program's command does
    database.close()
    for ending in ("", "-wal", "-shm"):
        (tmp_path / f"ledger.db{ending}").unlink(missing_ok=True)
    shutil.move(tmp_path / "ledger-copy.db", path)
    database = Database(settings)
    migrate(database)
    goes_on(database)
    database.close()


@pytest.mark.parametrize("program", ["pg_dump", "pg_restore", "sqlite3", "DROP SCHEMA"])
def test_the_runbook_has_the_command(program: str) -> None:
    """Each command is there to be copied."""
    assert command(program)
