"""The loop from the output topic to the tables: take, write, take.

The stream is the worker's, over another topic; its sink is the store. What a batch needs beside that is counting.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from service.core.health import Check, HealthStatus, Probe
from service.ledger.database import LedgerUnavailableError
from service.streaming.consume.stream import Stream
from service.telemetry.logs import logger
from service.telemetry.metrics import LedgerMetrics

_log = logger(__name__)

_PAUSES: Final = (
    0.5,
    1.0,
    2.0,
    5.0,
)  # seconds between looks for a database that is away at the start; the last repeats


class Ledger:
    """Takes events and has them written until asked to stop.

    Args:
        stream: Over the output topic, with a `StoredSink`.
        prepare: Looks whether the tables are those that this code knows. Blocks.
        metrics: Where batches are counted.
        essential: Whether a process without its ledger is not ready: false where it has other work.
    """

    def __init__(self, *, stream: Stream, prepare: Callable[[], None], metrics: LedgerMetrics, essential: bool) -> None:
        self._stream = stream
        self._prepare = prepare
        self._metrics = metrics
        self._essential = essential
        self._stopping = asyncio.Event()
        self._running = False
        self._problem: str | None = None

    async def run(self) -> None:
        """Work until `stop`; the batch in hand is finished. The stream is left open; whoever opened it closes it.

        Raises:
            ConfigurationError: retrying does not help: the tables are not ours, or something is not allowed.
        """
        self._running = True
        try:
            await self._prepared()
            while not self._stopping.is_set():
                batch = await self._stream.take()
                if not batch.messages:
                    continue
                self._metrics.batch_events.observe(len(batch.messages))
                began = time.perf_counter()
                await self._stream.settle(batch, batch.messages)
                self._metrics.batch_seconds.observe(time.perf_counter() - began)
        finally:
            self._running = False

    def stop(self) -> None:
        """Take no more work; `run` returns once the batch in hand is written."""
        self._stopping.set()

    async def _prepared(self) -> None:
        """Wait for the database, and for tables that this code knows."""
        for attempt in range(10**9):
            try:
                await asyncio.to_thread(self._prepare)
            except LedgerUnavailableError as error:
                self._problem = str(error)
                _log.warning("ledger.unavailable", error=str(error))
            else:
                self._problem = None
                return
            try:
                async with asyncio.timeout(_PAUSES[min(attempt, len(_PAUSES) - 1)]):
                    await self._stopping.wait()
                    return
            except TimeoutError:
                continue

    def checks(self) -> Sequence[Check]:
        """Return whether the ledger runs, and how its stream stands; only warnings where it is not essential."""
        running = self._running and not self._stopping.is_set()
        detail = (
            self._problem if running else "The ledger is draining." if self._running else "The ledger does not run."
        )
        own = Check(
            name="ledger",
            status=HealthStatus.FAIL if detail else HealthStatus.PASS,
            fails=frozenset({Probe.READY}) if detail else frozenset(),
            detail=detail,
        )
        streams = [replace(check, name=f"ledger-{check.name}") for check in self._stream.checks()]
        return [self._weighed(check) for check in (own, *streams)]

    def _weighed(self, check: Check) -> Check:
        if self._essential or not check.fails:
            return check
        return replace(check, status=HealthStatus.WARN, fails=frozenset())
