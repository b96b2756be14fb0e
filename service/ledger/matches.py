"""Which new claims match which watches: decided in the transaction that stores them, by the conditions of a search.

A match is a row of `deliveries`, the outbox, which says where the claim is and not what it says: what is delivered is
read from the tables at that moment, so that nothing of an article outlives its rows. Its id is a hash of the watch, the
event and the claim: the same event gives the same ids, however often it is read.
"""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, insert, select, update

from service.ledger.conditions import conditions
from service.ledger.tables import articles, claims, deliveries, logs, watches
from service.ledger.watches import filters_of

_ID_DIGITS: Final = 32  # hexadecimal
_AT_ONCE: Final = 1_000  # rows in one statement


def event_key(article_id: str, version: int, event_id: str | None) -> str:
    """Return what tells events apart, also those without an id."""
    return " ".join((article_id, str(version), event_id or ""))


def match(connection: Connection, *, log_id: int, numbers: tuple[int, int], decided: Collection[str], upto: int) -> int:
    """Put what matches of one log's new claims into the outbox; return how many rows that are.

    Args:
        connection: In the transaction that stored them.
        log_id: Whose they are.
        numbers: The first and the last of the new claims. Those of events that were held against watches before, as in
            tables that were rebuilt since, are passed over.
        decided: Articles whose matches were decided when the same event was read before.
        upto: The offset behind the last event.
    """
    before = int(connection.execute(select(logs.c.matched).where(logs.c.id == log_id)).scalar_one())
    if upto <= before:
        return 0
    connection.execute(update(logs).where(logs.c.id == log_id).values(matched=upto))
    rows: list[dict[str, Any]] = []
    for watch in connection.execute(select(watches).where(watches.c.gone_at.is_(None)).order_by(watches.c.id)).all():
        found: Select[Any] = (
            select(articles.c.id, articles.c.version, articles.c.event_id, claims.c.claim)
            .join(articles, articles.c.id == claims.c.article_id)
            .where(
                *conditions(connection, filters_of(watch.filters), numbers=numbers),
                articles.c.log_id == log_id,
                articles.c.log_offset >= before,
                articles.c.recorded_at >= watch.created_at,
            )
            .order_by(claims.c.id)
        )
        now = datetime.now(UTC)
        for article, version, event_id, claim in connection.execute(found):
            if article in decided:
                continue
            event = event_key(article, version, event_id)
            place = {"watch_id": watch.id, "article_id": article, "event": event, "claim": claim}
            rows.append(place | {"id": _id(watch.id, event, claim), "matched_at": now, "attempts": 0, "next_at": now})
    return _insert(connection, rows)


def forget(connection: Connection, held: Mapping[str, str | None]) -> None:
    """Take out of the outbox what waits of articles and is of another event than holds now.

    Whoever delivers locks rows in the order of their ids too, so that neither waits for the other for ever.

    Args:
        connection: In a transaction that writes.
        held: The event of each article; None where nothing of it holds any more.
    """
    waiting = select(deliveries.c.id, deliveries.c.article_id, deliveries.c.event)
    waiting = waiting.where(deliveries.c.article_id.in_(held)).order_by(deliveries.c.id).with_for_update()
    ids = [row.id for row in connection.execute(waiting) if row.event != held[row.article_id]]
    for start in range(0, len(ids), _AT_ONCE):
        connection.execute(delete(deliveries).where(deliveries.c.id.in_(ids[start : start + _AT_ONCE])))


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> int:
    """Insert those that do not wait already."""
    known: set[str] = set()
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["id"] for row in rows[start : start + _AT_ONCE]]
        known |= set(connection.execute(select(deliveries.c.id).where(deliveries.c.id.in_(ids))).scalars())
    new = [row for row in rows if row["id"] not in known]
    if new:
        connection.execute(insert(deliveries), new)
    return len(new)


def _id(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_ID_DIGITS]
