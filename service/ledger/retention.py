"""Deletes what is older than the settings say, in small transactions, so that the ledger's own are not kept waiting.

Off unless a setting is given. Articles go with all that hangs on them: claims, stances, mentions, topics, what waits to
be delivered, what was corrected of who is who in them, and the entities that no other article names. Hashes of erased
ids go by a setting of their own. What the topic still holds comes back with a rebuild, and goes again.
"""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from service.core.errors import ConfigurationError
from service.ledger.database import Database, LedgerUnavailableError
from service.ledger.matches import forget
from service.ledger.names import show_names
from service.ledger.removal import forget_corrections, forget_unused, take_away
from service.ledger.tables import articles, erasures
from service.settings.ledger import LedgerSettings
from service.telemetry.logs import logger
from service.telemetry.metrics import LedgerMetrics

_AT_ONCE: Final = 200  # articles in one transaction, with their claims
_EVERY: Final = 3_600.0  # seconds between two sweeps
_BREATH: Final = 0.1  # seconds between two transactions, for whoever waits to write

_log = logger(__name__)


def expire_articles(database: Database, *, before: datetime) -> int:
    """Delete some of the articles whose event was written before that time, the oldest first; return how many.

    Raises:
        LedgerUnavailableError: the database does not answer.
        ConfigurationError: it refuses us.
    """
    with database.writing() as connection:
        old = select(articles.c.id).where(articles.c.recorded_at < before).order_by(articles.c.recorded_at)
        ids = connection.execute(old.limit(_AT_ONCE)).scalars().all()
        if ids:
            found, lost = take_away(connection, ids)
            named = sorted(found)
            forget(connection, dict.fromkeys(ids))
            forget_corrections(connection, dict.fromkeys(ids, datetime.now(UTC)))
            parts = (named[start : start + _AT_ONCE] for start in range(0, len(named), _AT_ONCE))
            show_names(connection, lost | forget_unused(connection, parts))
        return len(ids)


def expire_erasures(database: Database, *, before: datetime) -> int:
    """Delete some of the hashes of ids that were erased before that time; return how many.

    Raises:
        LedgerUnavailableError, ConfigurationError: see `expire_articles`.
    """
    with database.writing() as connection:
        old = select(erasures.c.article_sha256).where(erasures.c.erased_at < before).limit(_AT_ONCE)
        gone = delete(erasures).where(erasures.c.article_sha256.in_(old)).returning(erasures.c.article_sha256)
        return len(connection.execute(gone).all())


class Retention:
    """Sweeps now and every hour, until asked to stop.

    Args:
        database: The ledger's.
        settings: How many days each table is kept; None: for ever.
        metrics: Where what was deleted is counted.
    """

    def __init__(self, database: Database, settings: LedgerSettings, metrics: LedgerMetrics) -> None:
        self._database = database
        self._metrics = metrics
        kept: tuple[tuple[str, float | None, Callable[..., int]], ...] = (
            ("articles", settings.keep_articles_days, expire_articles),
            ("erasures", settings.keep_erasures_days, expire_erasures),
        )
        self._kept = [(table, timedelta(days=days), expire) for table, days, expire in kept if days is not None]
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; a database that is away is asked again at the next sweep."""
        while self._kept and not self._stopping.is_set():
            try:
                for table, days, expire in self._kept:
                    await self._sweep(table, datetime.now(UTC) - days, expire)
            except (LedgerUnavailableError, ConfigurationError) as error:
                _log.warning("retention.wait", error=str(error))
            await self._rest(_EVERY)

    def stop(self) -> None:
        """Begin no further transaction."""
        self._stopping.set()

    async def _sweep(self, table: str, before: datetime, expire: Callable[..., int]) -> None:
        while not self._stopping.is_set():
            count = await asyncio.to_thread(expire, self._database, before=before)
            self._metrics.expired.labels(table).inc(count)
            if count < _AT_ONCE:
                return
            await self._rest(_BREATH)

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
