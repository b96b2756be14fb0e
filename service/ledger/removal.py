"""Takes articles out of the tables, with all that hangs on them and the entities that nothing names any more."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, exists, select

from service.ledger.groups import lead_again, led_by
from service.ledger.tables import REFERENCES, article_stances, articles, claims, entities, mentions, stances, topics


def take_away(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Delete the articles; return the entities that they named, some of which nothing may name any more."""
    named = _named_by(connection, ids)
    groups = led_by(connection, ids)
    for table in (mentions, claims, article_stances, topics, entities):  # in this order: entities are referred to
        connection.execute(delete(table).where(table.c.article_id.in_(ids)))
    connection.execute(delete(articles).where(articles.c.id.in_(ids)))
    lead_again(connection, groups)
    return named


def forget_unused(connection: Connection, ids: Iterable[Sequence[str]]) -> None:
    """Delete those of the entities, given in parts, that nothing refers to."""
    unused = [~exists().where(column == entities.c.id) for column in REFERENCES]
    for part in ids:
        connection.execute(delete(entities).where(entities.c.id.in_(part), *unused))


def _named_by(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Return the entities that any row of these articles refers to."""
    own = select(claims.c.id).where(claims.c.article_id.in_(ids))
    found: set[str] = set()
    for column in REFERENCES:
        where = column.table.c.claim_id.in_(own) if column.table is stances else column.table.c.article_id.in_(ids)
        found |= set(connection.execute(select(column).distinct().where(where, column.is_not(None))).scalars())
    return found
