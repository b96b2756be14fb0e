"""`claimwire entities …`."""

from typing import Annotated

import typer

from service.commands.console import load_settings
from service.core.errors import ClaimwireError

app = typer.Typer(help="Who is who in the ledger, and how to correct it.", no_args_is_help=True)


@app.command("list")
def list_(
    words: Annotated[str | None, typer.Argument(help="How words of the name begin.")] = None,
    article: Annotated[str | None, typer.Option(help="Whom and what this article names, by its id.")] = None,
    corrected: Annotated[bool, typer.Option("--corrected", help="What was corrected.")] = False,
    most: Annotated[int, typer.Option(min=1, max=1_000, help="Lines at most, of a search.")] = 20,
) -> None:
    """Print entities: id, type, name, other names.

    There are tabs between them. With --corrected: who, whom it is, that one's name, when, and in which article.
    """
    from service.commands import entities

    if [words is not None, article is not None, corrected].count(True) != 1:
        raise ClaimwireError("Say one of three: how a name begins, --article or --corrected.")
    if corrected:
        entities.print_corrections(load_settings().ledger)
    else:
        entities.print_entities(load_settings().ledger, words=words, article=article, most=most)


@app.command("merge")
def merge(
    keep: Annotated[str, typer.Argument(metavar="ID", help="Who it is: the id and the name that stay.")],
    others: Annotated[list[str], typer.Argument(metavar="OTHER…", help="Who is the same.")],
) -> None:
    """Make entities one, in all articles that there are and that come."""
    from service.commands import entities

    entities.merge(load_settings().ledger, keep, others)


@app.command("split")
def split(
    entity: Annotated[str, typer.Argument(metavar="ID", help="Who was merged into another; or who is two.")],
    article: Annotated[
        list[str] | None, typer.Option(help="An article in which it is somebody else, by its id; may be repeated.")
    ] = None,
) -> None:
    """Make an entity two, or take a merge back.

    With --article, those whom these articles mean by it are an entity of their own, whose id is printed.
    """
    from service.commands import entities

    entities.split(load_settings().ledger, entity, article or ())
