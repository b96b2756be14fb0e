"""Watches: made, listed and removed. What matches them is decided in `matches` and delivered from `outbox`."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from service.core.errors import ClaimwireError
from service.core.questions import Filters
from service.core.watches import MOST_WATCHES, NewWatch, Watch, origin_of
from service.ledger.database import Database
from service.ledger.tables import deliveries, watches

_FILTERS: Final = TypeAdapter(Filters)
_ID_DIGITS: Final = 20  # hexadecimal


class TooManyWatchesError(ClaimwireError):
    """There are as many watches as there may be."""

    code = "too-many-watches"


class Watches:
    """The watches of one database. Blocks; safe to use from several threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewWatch) -> Watch:
        """Keep a watch; from now on its matches are delivered.

        Raises:
            TooManyWatchesError: there are `MOST_WATCHES`.
            LedgerUnavailableError: the database does not answer.
            ConfigurationError: it refuses us.
        """
        now = datetime.now(UTC)
        row = {
            "id": uuid.uuid4().hex[:_ID_DIGITS],
            "name": new.name,
            "filters": _FILTERS.dump_python(new.filters, mode="json", exclude_none=True),
            "url": new.url,
            "created_at": now,
            "delivered": 0,
            "given_up": 0,
            "failures": 0,
            "problem": None,
            "next_at": now,
            "gone_at": None,
        }
        with self._database.writing() as connection:
            if connection.execute(select(func.count()).select_from(watches)).scalar_one() >= MOST_WATCHES:
                raise TooManyWatchesError(f"There are {MOST_WATCHES} watches; remove one that nobody needs.")
            connection.execute(insert(watches).values(row))
            return _watch(connection.execute(_shown().where(watches.c.id == row["id"])).one())

    def all(self) -> list[Watch]:
        """Return every watch, the oldest first.

        Raises:
            LedgerUnavailableError, ConfigurationError: see `add`.
        """
        with self._database.transaction() as connection:
            return [_watch(row) for row in connection.execute(_shown().order_by(watches.c.created_at, watches.c.id))]

    def one(self, watch_id: str) -> Watch | None:
        """Return a watch; None where there is none of that id.

        Raises:
            LedgerUnavailableError, ConfigurationError: see `add`.
        """
        with self._database.transaction() as connection:
            row = connection.execute(_shown().where(watches.c.id == watch_id)).one_or_none()
            return None if row is None else _watch(row)

    def remove(self, watch_id: str) -> bool:
        """Remove a watch with all that waits for it; return whether there was one.

        Raises:
            LedgerUnavailableError, ConfigurationError: see `add`.
        """
        with self._database.writing() as connection:
            removed = delete(watches).where(watches.c.id == watch_id).returning(watches.c.id)
            return connection.execute(removed).one_or_none() is not None


def filters_of(stored: Mapping[str, Any]) -> Filters:
    """Return filters as they are asked with."""
    return _FILTERS.validate_python(stored)


def carry_over(source: Connection, target: Connection) -> None:
    """Copy watches, and what waits for them, from one database's tables to the empty ones of another."""
    for table in (watches, deliveries):
        rows = [dict(row._mapping) for row in source.execute(select(table))]  # noqa: SLF001  # its public name
        if rows:
            target.execute(insert(table), rows)


def _shown() -> Select[Any]:
    waiting = (
        select(func.count()).select_from(deliveries).where(deliveries.c.watch_id == watches.c.id).scalar_subquery()
    )
    return select(watches, waiting.label("waiting"))


def _watch(row: "Row[Any]") -> Watch:
    return Watch(
        id=row.id,
        name=row.name,
        filters=filters_of(row.filters),
        origin=None if row.url is None else origin_of(row.url),
        created_at=row.created_at,
        waiting=row.waiting,
        delivered=row.delivered,
        given_up=row.given_up,
        problem=row.problem,
        next_attempt_at=row.next_at if row.failures else None,
        gone=row.gone_at is not None,
    )
