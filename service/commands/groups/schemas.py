"""`claimwire schemas`: the contracts as files."""

import typer

from service.core.errors import ClaimwireError

app = typer.Typer(help="The contracts as files.", no_args_is_help=True)


@app.command("export")
def export_schemas() -> None:
    """Write today's JSON Schemas beside the stored ones."""
    from schemas import export

    for path in export.export():
        typer.echo(path)


@app.command("check")
def check_schemas() -> None:
    """Compare today's wire with every stored schema.

    Old readers and writers must be able to go on.
    """
    from schemas import export

    faults = export.check()
    for fault in faults:
        typer.echo(fault)
    if faults:
        raise ClaimwireError("Each line above breaks compatibility: give the change a new event type instead.")
