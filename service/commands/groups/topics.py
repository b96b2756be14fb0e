"""`claimwire topics`: the three topics."""

import asyncio
from typing import Annotated

import typer

from service.commands.console import load_settings
from service.core.errors import ClaimwireError

app = typer.Typer(help="The three topics.", no_args_is_help=True)


@app.command("ensure")
def ensure(
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Of each topic. Default: as many as there are, 12 for new topics.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Default: three, or as many as there are brokers.")
    ] = None,
    grow: Annotated[bool, typer.Option(help="Add missing partitions. Articles then move to other partitions.")] = False,
) -> None:
    """Create the topics, or report how they differ.

    From what they should be, that is; nothing is ever shrunk. Where a ledger is configured, its topic of matches is
    one of them.
    """
    from service.streaming.admin.topics import Done, ensure_topics

    settings = load_settings()
    matches = None if settings.ledger.url is None else settings.ledger.matches_topic
    findings = asyncio.run(
        ensure_topics(settings.kafka, partitions=partitions, replication=replication, grow=grow, matches=matches)
    )
    for finding in findings:
        found = "absent" if finding.found is None else finding.found
        typer.echo(f"{finding.done:8} {finding.topic}  {finding.what}: wanted {finding.wanted}, found {found}")
    if any(finding.done is Done.DIFFERS for finding in findings):
        raise ClaimwireError("The topics differ from what they should be in the lines above that begin with `differs`.")
