"""From the first signal to the last part's end, and parts that must not end unnoticed before."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from types import FrameType
from typing import Final, NoReturn

from service.core.health import Check, HealthStatus, Probe
from service.telemetry.logs import logger

LEFT_AT_ONCE: Final = 130  # the exit code after a second signal, as a shell gives it
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_ONE_WISH: Final = 1.0  # seconds: a terminal and a supervisor that pass on the same Ctrl-C send two signals

_log = logger("claimwire")


class Lifecycle:
    """Whether the process was asked to stop.

    The first signal asks for it: by KeyboardInterrupt while the process still starts, and as soon as the service runs
    (`follow`) by an event, for which it drains. A later signal ends the process at once, unless it is the same wish.
    The handlers are not the event loop's, since the loop would take them away with it, before the last clean-up.
    """

    def __init__(self) -> None:
        self._stopping = asyncio.Event()
        self._asked_at: float | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def listen(self) -> None:
        """Take over SIGTERM and SIGINT; only the main thread can."""
        for number in _SIGNALS:
            signal.signal(number, self._on_signal)

    def follow(self) -> None:
        """From now on let a signal set the event; needs the running event loop."""
        self._loop = asyncio.get_running_loop()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        now = time.monotonic()
        if self._asked_at is not None:
            if now - self._asked_at >= _ONE_WISH:
                # What is in hand is in no committed transaction: the next owner of its partitions takes it again.
                os.write(sys.stderr.fileno(), b"A second signal: leaving at once.\n")  # a log's lock may be held
                os._exit(LEFT_AT_ONCE)
            return
        self._asked_at = now
        if self._loop is None or self._loop.is_closed():
            raise KeyboardInterrupt
        self._loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        _log.info("service.draining")
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


def leave() -> NoReturn:
    """End the process with 0, once everything is closed.

    A thread may still load the model: nothing can interrupt it, and nobody waits for it. What else the interpreter
    would do at its end, such as taking the model's libraries apart, is not needed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


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
