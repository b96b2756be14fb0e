"""What is in hand: batches that were taken and are not settled yet. One is being read, one may be being committed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka.errors import KafkaError

from service.streaming.consume.batch import Batch
from service.telemetry.logs import logger
from service.telemetry.stream_metrics import StreamMetrics

_log = logger(__name__)

_TOUCHES: Final = 6  # signs of life in one max_poll_interval while a batch is in hand …
_TOUCH_EVERY: Final = 5.0  # … and at least one within this number of seconds

Touch = Callable[[float], Awaitable[None]]


class Hand:
    """Counts batches in and out, and keeps the group membership alive while a batch keeps `take` from polling.

    Args:
        touch: Gives one sign of life, within the given number of seconds. Never called while a `take` may be polling:
            a poll and a touch share one answer, and the records of a poll that a touch had waited for would be lost.
        max_poll_interval: Seconds without a poll after which the group gives up on a member.
        metrics: Where the number of articles in hand is reported.
    """

    def __init__(self, touch: Touch, *, max_poll_interval: float, metrics: StreamMetrics) -> None:
        self._touch = touch
        self._pause = min(_TOUCH_EVERY, max_poll_interval / _TOUCHES)
        self._metrics = metrics
        self._batches: list[Batch] = []
        self._empty = asyncio.Event()
        self._empty.set()
        self._seen_at = time.monotonic()
        self._toucher: asyncio.Task[None] | None = None

    def hold(self, batch: Batch) -> None:
        """The batch was taken. From now until `rest`, or until nothing is left in hand, the group is touched."""
        self._batches.append(batch)
        self._empty.clear()
        self._tell()
        if self._toucher is None:
            self._toucher = asyncio.create_task(self._stay_in_group(), name="stay-in-group")

    async def release(self, batch: Batch) -> None:
        """The batch was settled or put back."""
        self._batches = [each for each in self._batches if each is not batch]
        self._tell()
        if not self._batches:
            self._empty.set()
            await self.rest()

    async def clear(self) -> None:
        """Forget everything in hand."""
        self._batches.clear()
        self._tell()
        self._empty.set()
        await self.rest()

    async def rest(self) -> None:
        """Touch no more: the caller is about to poll, or there is nothing in hand."""
        toucher, self._toucher = self._toucher, None
        if toucher is not None:
            toucher.cancel()
            await asyncio.wait({toucher})

    def seen(self) -> None:
        """A poll came to its end: that was a sign of life too."""
        self._seen_at = time.monotonic()

    async def emptied(self, within: float) -> bool:
        """Wait at most `within` seconds; return whether nothing is in hand."""
        try:
            async with asyncio.timeout(within):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    @property
    def seconds(self) -> float | None:
        """How long the oldest batch has been in hand; None when there is none."""
        return time.monotonic() - self._batches[0].taken_at if self._batches else None

    def _tell(self) -> None:
        self._metrics.in_hand.set(sum(len(batch.messages) for batch in self._batches))

    async def _stay_in_group(self) -> None:
        """Be seen to poll, however long a batch takes; the health check `poll` fails when it takes too long.

        Counted from the last sign, not from the last batch: many short batches may be cut from one poll.
        """
        while True:
            await asyncio.sleep(max(0.0, self._seen_at + self._pause - time.monotonic()))
            try:
                await self._touch(self._pause)
            except (KafkaError, OSError, RuntimeError) as error:
                _log.warning("stream.poll_failed", error=repr(error))  # the next take meets the same, and acts on it
                return
            self.seen()
