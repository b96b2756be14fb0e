"""`claimwire ledger …`."""

from typing import Annotated

import typer

from service.commands.console import load_settings

app = typer.Typer(help="What the events say, in a SQL database.", no_args_is_help=True)


@app.command("migrate")
def migrate(
    to: Annotated[str, typer.Option(help="A revision; an earlier one loses what only later ones hold.")] = "head",
) -> None:
    """Make the ledger's tables, or bring them to this version."""
    from service.commands import ledger

    ledger.print_migration(load_settings().ledger, to=to)


@app.command("status")
def status() -> None:
    """Print how the tables stand.

    Their revision, how many rows there are, and how far each partition was read.
    """
    from service.commands import ledger

    ledger.print_status(load_settings().ledger)


@app.command("rebuild")
def rebuild(
    forget_expired: Annotated[
        bool, typer.Option(help="Go on where the ledger holds articles that the topic no longer does: they are lost.")
    ] = False,
) -> None:
    """Make the tables anew from the whole output topic.

    They are made beside those in use, and put in their place at once.
    """
    from service.commands import ledger

    ledger.print_rebuild(load_settings(), forget_expired=forget_expired)
