"""The tables brought to what the corrections say: as they would be, had every event been written under them.

What an event says stays as it is: articles refer to rows of `entities`, and a correction changes whom a row means. Only
where one article means somebody else by a row that it shares with others does it come to refer to a row of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, update

from service.ledger.corrections import Corrections, split_id
from service.ledger.identity import Identity, shared_id
from service.ledger.names import insert_entities, show_names
from service.ledger.removal import forget_unused, named_by
from service.ledger.tables import REFERENCES, articles, claims, entities, stances

_AT_ONCE: Final = 1_000  # ids in one statement


def reconcile(connection: Connection, said: Corrections, *, before: Corrections) -> None:
    """Apply the corrections.

    Args:
        connection: In a transaction that writes.
        said: All corrections.
        before: Those under which the tables are.
    """
    others = {key for key in said.into.keys() | before.into.keys() if said.into.get(key) != before.into.get(key)}
    touched = {
        found
        for entity, article in others
        for each in (said, before)
        for found in (entity, each.canonical(entity), each.canonical(entity, article))
    }
    set_apart = [into for each in (said, before) for (_, article), into in each.into.items() if article]
    touched |= _regroup(connection, said, touched, set_apart)
    for article in sorted({article for each in (said, before) for _, article in each.into if article}):
        touched |= _renumber(connection, said, article, set_apart)
    show_names(connection, touched)


def _regroup(connection: Connection, said: Corrections, changed: Iterable[str], set_apart: Sequence[str]) -> set[str]:
    """Set whom the rows mean that mean one of these; return whom they mean now."""
    found: set[str] = set()
    for ids in _parts(changed):
        rows = connection.execute(select(entities).where(entities.c.canonical_id.in_(ids))).all()
        for row in rows:
            own, apart = _origin(row, set_apart)
            if row.article_id is not None:
                canonical = said.canonical(own, row.article_id)
            else:
                canonical = said.canonical(apart or row.ref or own)
            if canonical != row.canonical_id:
                connection.execute(update(entities).where(entities.c.id == row.id).values(canonical_id=canonical))
            found.add(canonical)
    return found


def _renumber(connection: Connection, said: Corrections, article: str, set_apart: Sequence[str]) -> set[str]:
    """Let an article refer to the rows that it would be written with; return the canonical entities concerned."""
    if connection.execute(select(articles.c.id).where(articles.c.id == article)).one_or_none() is None:
        return set()
    found: set[str] = set()
    left: set[str] = set()
    for ids in _parts(named_by(connection, [article])):
        for row in connection.execute(select(entities).where(entities.c.id.in_(ids))).all():
            own, _ = _origin(row, set_apart)
            identity = said.of(
                Identity(
                    id=own,
                    type=row.type,
                    name=row.name,
                    normalized_name=row.normalized_name,
                    ref=row.ref,
                    article_id=row.article_id,
                    canonical_id=row.ref or own,
                ),
                article,
            )
            found |= {row.canonical_id, identity.canonical_id}
            if identity.id != row.id:
                new: dict[str, Any] = {
                    "id": identity.id,
                    "type": row.type,
                    "name": row.name,
                    "normalized_name": row.normalized_name,
                    "article_id": row.article_id,
                    "ref": row.ref,
                    "canonical_id": identity.canonical_id,
                    "canonical_name": row.name,
                }
                insert_entities(connection, [new])
                _refer(connection, article, row.id, identity.id)
                left.add(row.id)
            elif identity.canonical_id != row.canonical_id and row.article_id is not None:
                own_row = update(entities).where(entities.c.id == row.id)
                connection.execute(own_row.values(canonical_id=identity.canonical_id))
    forget_unused(connection, [sorted(left)])
    return found


def _refer(connection: Connection, article: str, before: str, after: str) -> None:
    """Let what an article says refer to another row."""
    own = select(claims.c.id).where(claims.c.article_id == article)
    for column in REFERENCES:
        table = column.table
        of_it = table.c.claim_id.in_(own) if table is stances else table.c.article_id == article
        connection.execute(update(table).where(of_it, column == before).values({column.name: after}))


def _origin(row: Any, set_apart: Iterable[str]) -> tuple[str, str | None]:
    """Return the id that the row has where nothing is corrected, and for whom it was set apart, if it was."""
    if row.article_id is not None:
        return row.id, None
    own = shared_id(row.type, row.normalized_name, row.ref)
    if row.id == own:
        return own, None
    into = next((each for each in set_apart if split_id(own, each) == row.id), None)
    return (row.id, None) if into is None else (own, into)


def _parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(set(ids))
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
