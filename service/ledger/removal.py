"""Takes articles out of the tables, with all that hangs on them and the entities that nothing names any more."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, exists, select

from service.ledger.groups import lead_again, led_by
from service.ledger.tables import (
    REFERENCES,
    article_stances,
    articles,
    claims,
    corrections,
    entities,
    mentions,
    stances,
    topics,
)


def take_away(connection: Connection, ids: Sequence[str]) -> tuple[set[str], set[str]]:
    """Delete the articles.

    Returns:
        the entities that they named, some of which nothing may name any more; and the canonical entities of those that
        only they knew.
    """
    named = named_by(connection, ids)
    groups = led_by(connection, ids)
    for table in (mentions, claims, article_stances, topics):  # before the entities, which they refer to
        connection.execute(delete(table).where(table.c.article_id.in_(ids)))
    own = delete(entities).where(entities.c.article_id.in_(ids)).returning(entities.c.canonical_id)
    lost = set(connection.execute(own).scalars())
    connection.execute(delete(articles).where(articles.c.id.in_(ids)))
    lead_again(connection, groups)
    return named, lost


def forget_unused(connection: Connection, ids: Iterable[Sequence[str]]) -> set[str]:
    """Delete those of the entities, given in parts, that nothing refers to; return whom they meant."""
    unused = [~exists().where(column == entities.c.id) for column in REFERENCES]
    found: set[str] = set()
    for part in ids:
        gone = delete(entities).where(entities.c.id.in_(part), *unused).returning(entities.c.canonical_id)
        found |= set(connection.execute(gone).scalars())
    return found


def forget_corrections(connection: Connection, gone: Mapping[str, datetime]) -> None:
    """Delete what was said of who is who in articles, by their ids, up to when they went."""
    for article, at in gone.items():
        of_it = corrections.c.article_id == article
        connection.execute(delete(corrections).where(of_it, corrections.c.made_at <= at))


def named_by(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return the entities that any row of these articles refers to."""
    own = select(claims.c.id).where(claims.c.article_id.in_(ids))
    found: set[str] = set()
    for column in REFERENCES:
        where = column.table.c.claim_id.in_(own) if column.table is stances else column.table.c.article_id.in_(ids)
        found |= set(connection.execute(select(column).distinct().where(where, column.is_not(None))).scalars())
    return found
