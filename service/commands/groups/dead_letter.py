"""`claimwire dead-letter`: what could not be read."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.commands.console import load_settings
from service.core.errors import ClaimwireError

Code = Annotated[str | None, typer.Option(help="Only those with this error code.")]
Since = Annotated[datetime | None, typer.Option(help="Only those written since, UTC.")]

app = typer.Typer(help="Articles that could not be processed.", no_args_is_help=True)


@app.command("list")
def list_letters(code: Code = None, since: Since = None) -> None:
    """List the dead letters that were not replayed.

    Where each lies, since when, and why.
    """
    from service.streaming.admin.dead_letters import list_dead_letters

    for letter in asyncio.run(list_dead_letters(load_settings().kafka, code=code, since=_utc(since))):
        why = letter.content
        typer.echo(
            f"{letter.partition}/{letter.offset}  {letter.written_at:%Y-%m-%dT%H:%M:%SZ}  {why.code}  "
            f"from {why.original.topic} {why.partition}/{why.offset}, attempts {why.attempts}, "
            f"replays {letter.replays}: {why.message}"
        )


@app.command("show")
def show_letter(
    place: Annotated[str, typer.Argument(metavar="PARTITION/OFFSET", help="As `list` prints it.")],
) -> None:
    """Write the original bytes of one dead letter to stdout."""
    from service.streaming.admin.dead_letters import show_dead_letter

    partition, _, offset = place.partition("/")
    if not (partition.isdecimal() and offset.isdecimal()):
        raise ClaimwireError(f"{place} is not a valid PARTITION/OFFSET; give one as `dead-letter list` prints it.")
    letter = asyncio.run(show_dead_letter(load_settings().kafka, int(partition), int(offset)))
    if letter is None:
        raise ClaimwireError(f"There is no dead letter to replay at {place}.")
    sys.stdout.buffer.write(letter.content.original.value or b"")


@app.command("replay")
def replay_letters(
    code: Code = None,
    since: Since = None,
    to: Annotated[str | None, typer.Option(help="Send them to this topic instead of their own.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Letters replayed this many times are not replayed again.")] = 3,
) -> None:
    """Send dead letters round again, each exactly once."""
    from service.streaming.admin.dead_letters import replay_dead_letters

    done = asyncio.run(replay_dead_letters(load_settings().kafka, code=code, since=_utc(since), to=to, rounds=rounds))
    typer.echo(f"replayed {done.replayed}, parked after {rounds} rounds {done.parked}, kept {done.kept}")
    if done.events:
        typer.echo(
            f"left {done.events} that are events of the output topic, which still holds them: `claimwire ledger "
            "rebuild` reads them again, and --to writes them to another topic."
        )


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=time.tzinfo or UTC)
