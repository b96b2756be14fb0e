"""`claimwire entities …`: who is who in the ledger is looked up, and corrected."""

from collections.abc import Sequence

import typer

from service.ledger import correct
from service.settings.ledger import LedgerSettings


def print_entities(settings: LedgerSettings, *, words: str | None, article: str | None, most: int) -> None:
    """Print a line for each entity that is found.

    Raises:
        ClaimwireError: there is no such article, or the database cannot be used.
    """
    with correct.opened(settings) as connection:
        if article is not None:
            found = correct.of_article(connection, article)
        else:
            found = correct.found(connection, words or "", most=most)
    for each in found:
        typer.echo("\t".join((each.id, each.type, each.name or "", *each.others)))


def print_corrections(settings: LedgerSettings) -> None:
    """Print a line for each correction: who, whom it is, that one's name, when that was said, and of which article.

    Raises:
        ClaimwireError: the database cannot be used.
    """
    with correct.opened(settings) as connection:
        found = correct.made(connection)
    for each in found:
        at = each.made_at.isoformat(timespec="seconds")
        typer.echo("\t".join((each.entity_id, each.into_id, each.into_name or "", at, each.article_id or "")))


def merge(settings: LedgerSettings, keep: str, others: Sequence[str]) -> None:
    """Make entities one, and print who it is.

    Raises:
        ClaimwireError: see `correct.merge`; or the database cannot be used.
    """
    with correct.opened(settings, writes=True) as connection:
        typer.echo(correct.merge(connection, keep, others))


def split(settings: LedgerSettings, entity: str, in_articles: Sequence[str]) -> None:
    """Make an entity two, and print the id of the other one.

    Raises:
        ClaimwireError: see `correct.split`; or the database cannot be used.
    """
    with correct.opened(settings, writes=True) as connection:
        typer.echo(correct.split(connection, entity, in_articles))
