"""`claimwire ledger …`: the tables are made, made anew, and asked how far they are."""

import asyncio
import time

import typer

from service.ledger.database import Database
from service.ledger.rebuild import rebuild
from service.ledger.schema import migrate
from service.ledger.status import status
from service.settings import Settings
from service.settings.ledger import LedgerSettings


def print_migration(settings: LedgerSettings, *, to: str) -> None:
    """Bring the tables to a revision, and print from which.

    Raises:
        ConfigurationError, LedgerUnavailableError: see `schema.migrate`.
    """
    database = Database(settings)
    try:
        done = migrate(database, to=to)
    finally:
        database.close()
    typer.echo(f"from revision {done.found or 'none'} to {done.wanted}")


def print_status(settings: LedgerSettings) -> None:
    """Print the revision, how many rows there are, and how far each partition was read.

    Raises:
        ConfigurationError, LedgerUnavailableError: see `status.status`.
    """
    database = Database(settings)
    try:
        found = status(database)
    finally:
        database.close()
    typer.echo(f"revision {found.revisions.found or 'none'}, this version needs {found.revisions.wanted}")
    for table, rows in found.rows.items():
        typer.echo(f"{table} {rows}")
    for log, position in found.positions.items():
        typer.echo(f"{log.topic} partition {log.partition}: read up to offset {position}")


def print_rebuild(settings: Settings, *, forget_expired: bool) -> None:
    """Make the tables anew from the topic, and print how much was read.

    Raises:
        ClaimwireError: see `rebuild.rebuild`.
    """
    began = time.monotonic()
    done = asyncio.run(rebuild(settings.ledger, settings.kafka, forget_expired=forget_expired))
    seconds = time.monotonic() - began
    typer.echo(f"{done.records} records in {seconds:.0f} s, {done.records / max(seconds, 0.001):.0f} a second")
    for code, count in sorted(done.refused.items()):
        typer.echo(f"left out {count}: {code}")
