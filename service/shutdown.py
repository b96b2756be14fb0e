"""From the first signal to the last part's end, and parts that must not end unnoticed before."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Final

from service.core.health import Check, HealthStatus, Probe
from service.telemetry.logs import logger

LEFT_AT_ONCE: Final = 130  # the exit code after a second signal, as a shell gives it
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_ONE_WISH: Final = 1.0  # seconds: a terminal and a supervisor that pass on the same Ctrl-C send two signals

_log = logger("claimwire")


class Lifecycle:
    """Whether the process was asked to stop. The first signal asks it to drain, a later one ends it at once."""

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._stopped_at = 0.0

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT; needs the running event loop."""
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._on_signal)

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            if time.monotonic() - self._stopped_at < _ONE_WISH:
                return
            # What is in hand is in no committed transaction: the next owner of its partitions takes it again.
            _log.warning("service.left_at_once")
            os._exit(LEFT_AT_ONCE)
        _log.info("service.draining")
        self._stopped_at = time.monotonic()
        self._stopping.set()

    async def unless_stopped(self, work: Coroutine[None, None, None]) -> bool:
        """Run `work` until it is done or a signal comes, which cancels it; return whether it was done."""
        task, stop = asyncio.create_task(work), asyncio.create_task(self.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if self._stopping.is_set():
                return False
            await task
        finally:
            for each in (task, stop):
                each.cancel()
            await asyncio.wait({task, stop})
        return True

    async def wait(self) -> None:
        """Return once a signal came."""
        await self._stopping.wait()

    def checks(self) -> Sequence[Check]:
        """Tell load balancers to look elsewhere while the process drains."""
        draining = self._stopping.is_set()
        return (
            Check(
                name="lifecycle",
                status=HealthStatus.WARN if draining else HealthStatus.PASS,
                fails=frozenset({Probe.READY}) if draining else frozenset(),
                detail="The service is shutting down." if draining else None,
            ),
        )


async def supervised(work: Coroutine[None, None, None]) -> None:
    """Run what must not end unnoticed. A task group takes a cancellation that nobody asked for as a quiet end.

    Raises:
        RuntimeError: a library's own CancelledError came out of the work.

    """
    try:
        await work
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("a part of the service was cancelled unexpectedly") from error


@asynccontextmanager
async def background(tasks: asyncio.TaskGroup, work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run `work` beside the block. It never ends by itself: an error in it ends the service."""
    task = tasks.create_task(supervised(work))
    try:
        yield
    finally:
        task.cancel()
