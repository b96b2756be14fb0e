"""Nothing ends unnoticed: an unrequested cancellation is an error, or is handled where it occurs."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from service.shutdown import supervised
from service.streaming.client import stop_consumer


class Consumer:
    """A consumer whose `stop` lets the CancelledError of a fetch of its own out, as aiokafka's does."""

    def __init__(self) -> None:
        self.closed = False
        self._client = SimpleNamespace(close=self._close)
        self._fetcher = SimpleNamespace(_pending_tasks=[])

    async def stop(self) -> None:
        """Cancel what is under way, and await it unguarded."""
        fetches = [asyncio.create_task(asyncio.sleep(60)) for _ in range(2)]
        self._fetcher._pending_tasks += fetches
        await asyncio.sleep(0)
        for fetch in fetches:
            fetch.cancel()
            await fetch

    async def _close(self) -> None:
        self.closed = True


def test_a_fetch_that_is_cancelled_does_not_cancel_us() -> None:
    """Stopping goes on to the end: the other fetches are cancelled too, and the connections closed."""

    async def stopped() -> Consumer:
        consumer: Any = Consumer()
        await stop_consumer(consumer)
        await asyncio.sleep(0)
        assert all(fetch.cancelled() for fetch in consumer._fetcher._pending_tasks)
        return consumer

    assert asyncio.run(stopped()).closed


def test_a_cancellation_that_is_meant_for_us_goes_on() -> None:
    """Cancelling the task that stops the consumer cancels it."""

    async def cancelled() -> None:
        consumer: Any = SimpleNamespace(stop=lambda: asyncio.sleep(60))
        stopping = asyncio.create_task(stop_consumer(consumer))
        await asyncio.sleep(0)
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping

    asyncio.run(cancelled())


def test_a_part_that_is_cancelled_by_nobody_ends_the_service() -> None:
    """The task group hears of it, where it would otherwise go on without the part."""

    async def stray() -> None:
        raise asyncio.CancelledError

    async def group() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(supervised(stray()))

    with pytest.raises(ExceptionGroup, match="TaskGroup") as error:
        asyncio.run(group())
    assert "unexpectedly" in str(error.value.exceptions[0])
