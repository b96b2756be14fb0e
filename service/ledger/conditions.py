"""Filters as conditions on the tables. Values are bound, never put into a statement."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, false, func, literal_column, select, text

from service.core.questions import AUTHOR, Filters
from service.ledger.corrections import whom
from service.ledger.identity import normalized
from service.ledger.tables import claims, entities, stances

_NAMESAKES: Final = 1_000  # entities of one name, each known to its article only: a surname, "a spokesman"


def conditions(
    connection: Connection, filters: Filters, *, numbers: tuple[int, int] | None = None
) -> list[ColumnElement[bool]]:
    """Return what a row of `claims` must fulfil.

    Args:
        connection: Where names are looked up.
        filters: All must hold.
        numbers: The first and the last claim that may be found at all.
    """
    found = _of_claim(filters)
    if numbers is not None:
        found.append(claims.c.id.between(*numbers))
    if filters.confidence is not None:
        found.append(claims.c.confidence >= filters.confidence)
    if filters.speaker == AUTHOR:
        found.append(claims.c.speaker_kind == AUTHOR)
    elif filters.speaker is not None:
        found.append(claims.c.speaker_id.in_(named(connection, filters.speaker)))
    if filters.text is not None:
        found.append(_holds(connection, filters.text, numbers))
    toward: list[ColumnElement[bool]] = []
    if filters.target is not None:
        toward.append(stances.c.target_id.in_(named(connection, filters.target)))
    if filters.label is not None:
        toward.append(stances.c.label == filters.label)
    if toward:
        found.append(exists().where(and_(stances.c.claim_id == claims.c.id, *toward)))
    return found


def stance_conditions(connection: Connection, filters: Filters) -> list[ColumnElement[bool]]:
    """Return what a row of `stances`, joined with its claim, must fulfil."""
    found = _of_claim(filters, said_at=stances.c.said_at)
    if filters.confidence is not None:
        found.append(stances.c.confidence >= filters.confidence)
    if filters.speaker is not None:
        found.append(held_by(connection, filters.speaker))
    if filters.target is not None:
        found.append(stances.c.target_id.in_(named(connection, filters.target)))
    if filters.label is not None:
        found.append(stances.c.label == filters.label)
    if filters.text is not None:
        found.append(_holds(connection, filters.text))
    return found


def held_by(connection: Connection, holder: str) -> ColumnElement[bool]:
    """Return that a stance is this holder's."""
    if holder == AUTHOR:
        return stances.c.holder_id.is_(None)
    return stances.c.holder_id.in_(named(connection, holder))


def named(connection: Connection, name: str) -> Sequence[str]:
    """Return ids of the rows of the entities that go by that full name, or have that id.

    The ids are looked up first, so that what is planned is a condition on a column, not a join of unknown size. Those
    that only one article knows count where no other has the name.
    """
    plain = normalized(name)
    shared = select(entities.c.canonical_id).where(entities.c.normalized_name == plain, entities.c.article_id.is_(None))
    own = select(entities.c.canonical_id).where(entities.c.id == name)
    meant = connection.execute(shared.union(own)).scalars().all()
    rows = (
        select(entities.c.id)
        .where(entities.c.canonical_id.in_([*meant, whom(connection, name)]))
        .order_by(entities.c.id)
    )
    found = connection.execute(rows).scalars().all()
    if found:
        return found
    alone = select(entities.c.id).where(entities.c.normalized_name == plain).order_by(entities.c.id).limit(_NAMESAKES)
    return connection.execute(alone).scalars().all()


def _of_claim(filters: Filters, said_at: ColumnElement[Any] = claims.c.said_at) -> list[ColumnElement[bool]]:
    plain = (
        (filters.source, claims.c.source.__eq__),
        (filters.language, claims.c.language.__eq__),
        (filters.since, said_at.__ge__),
        (filters.until, said_at.__lt__),
        (filters.worth, claims.c.check_worthiness.__ge__),
    )
    return [compare(value) for value, compare in plain if value is not None]


def _holds(connection: Connection, words: str, numbers: tuple[int, int] | None = None) -> ColumnElement[bool]:
    """Search the claims' words. What has a meaning to a query language means nothing here."""
    if connection.dialect.name == "postgresql":
        query = func.plainto_tsquery(literal_column("'english'"), words)
        return literal_column("claims.search").bool_op("@@")(query)
    quoted = " ".join('"' + word.replace('"', '""') + '"' for word in words.split())
    rows = text("SELECT rowid FROM claims_search WHERE claims_search MATCH :words").bindparams(words=quoted)
    if numbers is not None:
        within = f"{rows.text} AND rowid BETWEEN :first AND :last"
        rows = text(within).bindparams(words=quoted, first=numbers[0], last=numbers[1])
    return claims.c.id.in_(rows.columns(claims.c.id)) if quoted else false()
