"""The loop from the outbox to webhooks, or to the topic: take what is due, send it, note what became of it."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import orjson

from service.core.errors import ClaimwireError, ConfigurationError
from service.core.message import Message
from service.core.watches import MATCHED_TYPE
from service.ledger.database import LedgerUnavailableError
from service.ledger.outbox import Delivery, Outbox, Outcome, Way
from service.ledger.webhook import data_of
from service.telemetry.logs import logger
from service.telemetry.metrics import LedgerMetrics
from service.wire.cloudevents import binary_headers
from service.wire.codec import SOURCE

_log = logger(__name__)

_LOOK: Final = 2.0  # seconds between looks at an outbox in which nothing was due
_COUNT: Final = 15.0  # seconds between two counts of what waits
_SOURCE: Final = f"{SOURCE}/ledger"

Carry = Callable[[Sequence[Delivery]], Awaitable[Sequence[Outcome]]]
"""Sends deliveries; one outcome for each. Raises nothing."""


class Courier:
    """Delivers what goes one way, until asked to stop.

    Args:
        outbox: Where matches wait.
        way: Which of them it takes.
        carry: Sends them.
        most: How many it takes at once.
        lease: Seconds for which no other courier takes them; longer than `carry` takes.
        metrics: Where results are counted, and what waits is told.
    """

    def __init__(
        self, outbox: Outbox, *, way: Way, carry: Carry, most: int, lease: float, metrics: LedgerMetrics
    ) -> None:
        self._outbox = outbox
        self._way: Way = way
        self._carry = carry
        self._most = most
        self._lease = lease
        self._metrics = metrics
        self._stopping = asyncio.Event()
        self._wake = asyncio.Event()
        self._counted = float("-inf")
        self._problem: str | None = None

    async def run(self) -> None:
        """Work until `stop`; what is under way is finished. Whatever the database does, it goes on trying."""
        while not self._stopping.is_set():
            try:
                found = await asyncio.to_thread(self._outbox.take, self._way, most=self._most, lease=self._lease)
                if found:
                    await self._noted(await self._carry(found))
                await self._count()
                self._problem = None
            except (LedgerUnavailableError, ConfigurationError) as error:
                if str(error) != self._problem:
                    _log.warning("deliveries.wait", way=self._way, error=str(error))
                self._problem = str(error)
                found = []
            if not found:
                await self._rest()

    def stop(self) -> None:
        """Take no more; `run` returns once what is under way is noted."""
        self._stopping.set()
        self._wake.set()

    def wake(self) -> None:
        """Look at once: something is due. Safe to call from the event loop alone."""
        self._wake.set()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LOOK):
                await self._wake.wait()
        if not self._stopping.is_set():
            self._wake.clear()

    async def _noted(self, outcomes: Sequence[Outcome]) -> None:
        for watch, problem in {each.delivery.watch_id: each.problem for each in outcomes if each.problem}.items():
            _log.warning("delivery.failed", watch=watch, way=self._way, problem=problem)
        for result, count in (await asyncio.to_thread(self._outbox.note, outcomes)).items():
            self._metrics.deliveries.labels(self._way, result).inc(count)

    async def _count(self) -> None:
        now = time.monotonic()
        if now - self._counted < _COUNT:
            return
        self._counted = now
        backlog = (await asyncio.to_thread(self._outbox.backlog))[self._way]
        self._metrics.deliveries_waiting.labels(self._way).set(backlog.waiting)
        self._metrics.deliveries_oldest_seconds.labels(self._way).set(backlog.oldest)


async def by_webhook(send: Callable[[Delivery], Awaitable[Outcome]], deliveries: Sequence[Delivery]) -> list[Outcome]:
    """Send each to its own receiver, all at once."""
    return list(await asyncio.gather(*(send(each) for each in deliveries)))


async def by_topic(
    write: Callable[[Sequence[Message]], Awaitable[Sequence[ClaimwireError | None]]],
    topic: str,
    deliveries: Sequence[Delivery],
) -> list[Outcome]:
    """Write each as a CloudEvent, keyed by its article, so that what is said of one article keeps its order."""
    problems = await write([_record(topic, each) for each in deliveries])
    return [
        Outcome(delivery=each, problem=None if problem is None else f"Not written: {problem.code}.")
        for each, problem in zip(deliveries, problems, strict=True)
    ]


def _record(topic: str, delivery: Delivery) -> Message:
    headers = binary_headers(
        event_id=delivery.id,
        source=_SOURCE,
        kind=MATCHED_TYPE,
        subject=delivery.claim["article_id"],
        time=delivery.matched_at,
    )
    value = orjson.dumps(data_of(delivery), option=orjson.OPT_UTC_Z)
    return Message(topic=topic, key=delivery.claim["article_id"].encode(), value=value, headers=headers)
