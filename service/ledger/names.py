"""Rows of `entities`: put there, found by the words of their names, and each with the name that is shown for it.

The name that is shown is a function of the rows that there are, so that it goes with the last article that gives it.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, insert, select, update

from service.ledger.identity import words_of
from service.ledger.tables import corrections, entities, entity_words

_AT_ONCE: Final = 1_000  # ids in one statement


def insert_entities(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert those that are not there yet, with the words of names that other articles may give.

    Returns:
        the canonical entities of which there may be other rows.
    """
    known: set[str] = set()
    for ids in _parts(row["id"] for row in rows):
        known |= set(connection.execute(select(entities.c.id).where(entities.c.id.in_(ids))).scalars())
    new = [row for row in rows if row["id"] not in known]
    if not new:
        return set()
    connection.execute(insert(entities), new)
    words = [
        {"entity_id": row["id"], "word": word}
        for row in new
        if row["article_id"] is None
        for word in words_of(row["normalized_name"] or "")
    ]
    if words:
        connection.execute(insert(entity_words), words)
    joined = {row["canonical_id"] for row in new if row["canonical_id"] != row["id"]}
    for ids in _parts({row["id"] for row in new} - joined):
        into = select(corrections.c.into_id).where(corrections.c.into_id.in_(ids))
        joined |= set(connection.execute(into).scalars())
    return joined


def show_names(connection: Connection, canonical: Iterable[str]) -> None:
    """Set the name that is shown for each of these canonical entities.

    It is that of the row whose id the canonical entity has; else the one of most words, shared by articles if any is.
    """
    columns = (entities.c.id, entities.c.canonical_id, entities.c.name, entities.c.normalized_name)
    for ids in _parts(canonical):
        rows = connection.execute(
            select(*columns, entities.c.article_id, entities.c.canonical_name).where(entities.c.canonical_id.in_(ids))
        ).all()
        shown: dict[str, Any] = {}
        for row in sorted(rows, key=_order):
            best = shown.setdefault(row.canonical_id, row)
            if row.canonical_name != best.name:
                named = update(entities).where(entities.c.id == row.id)
                connection.execute(named.values(canonical_name=best.name))


def _order(row: Any) -> tuple[bool, bool, bool, int, str, str]:
    words = (row.normalized_name or "").split()
    return (
        row.id != row.canonical_id,
        row.name is None,
        row.article_id is not None,
        -len(words),
        row.name or "",
        row.id,
    )


def _parts(ids: Iterable[str]) -> Iterator[Sequence[str]]:
    ordered = sorted(set(ids))
    return (ordered[start : start + _AT_ONCE] for start in range(0, len(ordered), _AT_ONCE))
