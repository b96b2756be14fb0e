"""`claimwire erase`: a tombstone for an article, and what the topics still hold of it."""

import asyncio

import typer

from service.settings import Settings
from service.streaming.admin.erasure import erase


def run(settings: Settings, article: str, *, purge: bool) -> None:
    """Erase, then print what was done, and each record that is left with the time at which Kafka deletes it.

    Raises:
        ClaimwireError: see `streaming.admin.erasure.erase`.

    """
    matches = None if settings.ledger.url is None else settings.ledger.matches_topic
    done = asyncio.run(erase(settings.kafka, article, purge=purge, matches=matches))
    typer.echo(f"tombstone at partition {done.partition}, offset {done.offset} of the output topic")
    for partition, offset in sorted(done.purged.items()):
        typer.echo(f"input partition {partition} deleted up to offset {offset}")
    for record in done.left:
        until = f"until {record.gone_by:%Y-%m-%dT%H:%MZ} at the latest" if record.gone_by else "for ever"
        typer.echo(f"left in {record.topic} {record.partition}/{record.offset}, {until}")
