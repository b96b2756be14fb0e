"""`claimwire keys`: keys for the HTTP API."""

from datetime import datetime
from typing import Annotated

import typer

from service.commands.console import say
from service.core.errors import ClaimwireError

app = typer.Typer(help="Keys for the HTTP API.", no_args_is_help=True)


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="ID", help="Whose key it is; named in logs and metrics.")],
    scope: Annotated[list[str], typer.Option(help="write, read, metrics or watch; may be repeated.")],
    expires: Annotated[
        datetime | None, typer.Option(help="The last day on which the key is valid.", formats=["%Y-%m-%d"])
    ] = None,
) -> None:
    """Make an API key. It goes to stdout, once, and the line to store to stderr."""
    from service.api.access.auth import Scope, new_key

    unknown = set(scope) - {each.value for each in Scope}
    if unknown:
        raise ClaimwireError(
            f"{', '.join(sorted(unknown))} is not a scope; the scopes are write, read, metrics and watch."
        )
    scopes = frozenset(Scope(each) for each in scope)
    key, line = new_key(name, scopes, expires=expires.date() if expires else None)
    typer.echo(key)
    say(f"Add this line to the file of CLAIMWIRE_API__AUTH__KEYS_FILE:\n{line}")
