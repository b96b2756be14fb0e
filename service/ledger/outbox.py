"""The outbox: takes matches that are due, for one sender at a time, and notes what became of them.

Whoever takes a delivery moves its next attempt ahead first (a lease), in a short transaction; what is sent is sent
outside of any. A sender that is killed has sent it or not, and it is due again once the lease is over: a match is
delivered at least once. Several ledgers share an outbox: in PostgreSQL each skips what another one has just locked,
and SQLite lets one write at a time.

A watch of which an attempt failed is tried by one delivery at a time, at growing intervals, until one succeeds, so that
a receiver that is down costs neither it nor the others much. So is each delivery, if it alone is refused.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Connection, delete, false, func, or_, select, update

from service.ledger.answers import claim_rows
from service.ledger.database import Database
from service.ledger.tables import articles, claims, deliveries, watches

Way = Literal["webhook", "topic"]
Result = Literal["delivered", "failed", "given_up"]

_FIRST: Final = 5.0  # seconds after the first failure; three times as long after each further one, up to the longest
_LONGEST: Final = 3_600.0
_AT_ONCE: Final = 1_000  # rows in one statement
_JITTER: Final = 0.2  # share by which a wait is longer or shorter, so that not all come at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A match as it is delivered now.

    Attributes:
        id: the same at every attempt.
        watch_id: whose it is.
        watch_name: the watch's.
        url: where to; None for the topic.
        attempts: with this one.
        matched_at: when the match was decided.
        event_id: of the article's event.
        version: of the article.
        claim: as `GET /v1/claims` shows it.
    """

    id: str
    watch_id: str
    watch_name: str
    url: str | None
    attempts: int
    matched_at: datetime
    event_id: str | None
    version: int
    claim: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt.

    Attributes:
        delivery: what was to be delivered.
        problem: why it was not; None where it was.
        gone: the receiver wants nothing of this watch any more.
        wait: seconds that the receiver asked to be left alone for.
    """

    delivery: Delivery
    problem: str | None = None
    gone: bool = False
    wait: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """How many matches wait, and for how many seconds the oldest has."""

    waiting: int
    oldest: float


class Outbox:
    """The outbox of one database. Blocks; safe to use from several threads.

    Args:
        database: Whose.
        patience: Seconds after which a match that could not be delivered is given up.
    """

    def __init__(self, database: Database, *, patience: float) -> None:
        self._database = database
        self._patience = patience

    def take(self, way: Way, *, most: int, lease: float) -> list[Delivery]:
        """Return what is due, the oldest first, and keep other senders from it for `lease` seconds.

        Raises:
            LedgerUnavailableError: the database does not answer.
            ConfigurationError: it refuses us.
        """
        now = datetime.now(UTC)
        with self._database.transaction(writes=True) as connection:
            found = connection.execute(
                select(deliveries, watches.c.name, watches.c.url, watches.c.failures)
                .join(watches, watches.c.id == deliveries.c.watch_id)
                .where(
                    deliveries.c.next_at <= now,
                    watches.c.next_at <= now,
                    watches.c.gone_at.is_(None),
                    watches.c.url.is_(None) if way == "topic" else watches.c.url.is_not(None),
                )
                .order_by(deliveries.c.next_at, deliveries.c.id)
                .limit(most)
                .with_for_update(skip_locked=True, of=deliveries)
            ).all()
            if not found:
                return []
            due, tried = [], set[str]()
            for row in found:
                if row.failures and row.watch_id in tried:
                    continue
                tried.add(row.watch_id)
                due.append(row)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_([row.id for row in due]))
                .values(attempts=deliveries.c.attempts + 1, next_at=now + timedelta(seconds=lease))
            )
            probed = [row.watch_id for row in due if row.failures]
            if probed:  # so that another sender does not try the same watch meanwhile
                held = update(watches).where(watches.c.id.in_(sorted(probed)))
                connection.execute(held.values(next_at=now + timedelta(seconds=lease)))
            return self._rendered(connection, due, now)

    def _rendered(self, connection: Connection, due: Sequence[Any], now: datetime) -> list[Delivery]:
        """Return the deliveries with their claims as the tables have them now.

        A claim that is not there is one that was carried over by a rebuild and is read again; it is waited for.
        """
        if not due:
            return []
        places = (
            select(deliveries.c.id, claims.c.id.label("number"), articles.c.event_id, articles.c.version)
            .join(claims, (claims.c.article_id == deliveries.c.article_id) & (claims.c.claim == deliveries.c.claim))
            .join(articles, articles.c.id == deliveries.c.article_id)
            .where(deliveries.c.id.in_([row.id for row in due]))
        )
        found = {row.id: row for row in connection.execute(places)}
        late = now - timedelta(seconds=self._patience)
        lost = [row.id for row in due if row.id not in found and row.matched_at <= late]
        connection.execute(delete(deliveries).where(deliveries.c.id.in_(lost)))
        shown = {row["id"]: row for row in claim_rows(connection, sorted({row.number for row in found.values()}))}
        return [
            Delivery(
                id=row.id,
                watch_id=row.watch_id,
                watch_name=row.name,
                url=row.url,
                attempts=row.attempts + 1,
                matched_at=row.matched_at,
                event_id=found[row.id].event_id,
                version=found[row.id].version,
                claim=shown[found[row.id].number],
            )
            for row in due
            if row.id in found
        ]

    def note(self, outcomes: Sequence[Outcome]) -> dict[Result, int]:
        """Note what became of attempts; return how many of each result there are.

        Rows are locked in the order of watches, then of deliveries, as everybody does who locks several.

        Raises:
            LedgerUnavailableError, ConfigurationError: see `take`. The attempts are then made once more.
        """
        now = datetime.now(UTC)
        results: dict[Result, int] = {}
        with self._database.transaction(writes=True) as connection:
            for watch_id in sorted({each.delivery.watch_id for each in outcomes}):
                own = [each for each in outcomes if each.delivery.watch_id == watch_id]
                for result, count in self._noted(connection, watch_id, own, now).items():
                    results[result] = results.get(result, 0) + count
        return results

    def _noted(
        self, connection: Connection, watch_id: str, outcomes: Sequence[Outcome], now: datetime
    ) -> dict[Result, int]:
        row = connection.execute(
            select(watches.c.failures, watches.c.delivered, watches.c.given_up)
            .where(watches.c.id == watch_id)
            .with_for_update()
        ).one_or_none()
        if row is None:  # removed meanwhile, with what waited
            return {}
        done = {each.delivery.id for each in outcomes if each.problem is None}
        failed = {each.delivery.id: each for each in outcomes if each.problem is not None}
        gone = any(each.gone for each in failed.values())
        late = self._locked(connection, watch_id, [*done, *failed], now, failing=bool(failed), gone=gone) - done
        values: dict[str, Any] = {"failures": 0, "problem": None, "next_at": now}
        if failed:
            failures = 1 if done else row.failures + 1
            wait = max(_wait(failures), *(each.wait for each in failed.values()))
            problem = next(reversed(failed.values())).problem
            values = {"failures": failures, "problem": problem, "next_at": now + timedelta(seconds=wait)}
        counts = {"delivered": row.delivered + len(done), "given_up": row.given_up + len(late)}
        values |= counts | ({"gone_at": now} if gone else {})
        connection.execute(update(watches).where(watches.c.id == watch_id).values(values))
        over = sorted(done | late)
        for start in range(0, len(over), _AT_ONCE):
            connection.execute(delete(deliveries).where(deliveries.c.id.in_(over[start : start + _AT_ONCE])))
        again = {key: each for key, each in failed.items() if key not in late}
        for key, each in again.items():
            due = now + timedelta(seconds=max(_wait(each.delivery.attempts), each.wait))
            connection.execute(update(deliveries).where(deliveries.c.id == key).values(next_at=due))
        return {"delivered": len(done), "failed": len(again), "given_up": len(late)}

    def _locked(
        self, connection: Connection, watch_id: str, ids: Sequence[str], now: datetime, *, failing: bool, gone: bool
    ) -> set[str]:
        """Lock these deliveries and those to be given up, in the order of their ids; return the latter.

        With a watch that fails goes all that has waited for too long, and with one that is gone, everything.
        """
        own = deliveries.c.watch_id == watch_id
        late = own if gone else own & (deliveries.c.matched_at <= now - timedelta(seconds=self._patience))
        over = late if failing else false()
        rows = connection.execute(
            select(deliveries.c.id, over.label("over"))
            .where(or_(deliveries.c.id.in_(ids), over))
            .order_by(deliveries.c.id)
            .with_for_update()
        )
        return {row.id for row in rows if row.over}

    def backlog(self) -> dict[Way, Backlog]:
        """Return what waits, by the way that it goes.

        Raises:
            LedgerUnavailableError, ConfigurationError: see `take`.
        """
        now = datetime.now(UTC)
        is_topic = watches.c.url.is_(None)
        with self._database.transaction() as connection:
            counted = (
                select(is_topic.label("topic"), func.count(), func.min(deliveries.c.matched_at))
                .join(watches, watches.c.id == deliveries.c.watch_id)
                .group_by(is_topic)
            )
            found = {
                bool(topic): Backlog(waiting=count, oldest=max(0.0, (now - oldest).total_seconds()))
                for topic, count, oldest in connection.execute(counted)
            }
        none = Backlog(waiting=0, oldest=0.0)
        return {"webhook": found.get(False, none), "topic": found.get(True, none)}


def _wait(failures: int) -> float:
    """Return seconds until the next attempt after so many failures."""
    wait = min(_LONGEST, _FIRST * 3.0 ** min(failures - 1, 10))
    return wait * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # nothing secret
