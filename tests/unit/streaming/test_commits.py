"""Revoked partitions leave nothing behind, not even a producer that was still being opened."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaError, ProducerFenced

from service.core.errors import FencedError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.consume.batch import Run, Settled
from service.streaming.consume.commits import Commits
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class SlowSink:
    """A sink whose `open` takes a while to unwind when it is cancelled, as closing a connection does."""

    decides = False

    def __init__(self) -> None:
        self.events: list[str] = []
        self.opening = asyncio.Event()

    async def open(self, lane: Lane) -> int | None:
        """Never finish; take some turns of the loop to clean up."""
        del lane
        self.events.append("opening")
        self.opening.set()
        try:
            await asyncio.Event().wait()
            return None
        finally:
            for _ in range(5):
                await asyncio.sleep(0)
            self.events.append("unwound")

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Not reached."""
        raise AssertionError((lane, outputs, position))

    async def close(self, lane: Lane) -> None:
        """Note it."""
        del lane
        self.events.append("closed")


async def test_a_lane_that_goes_while_it_opens_is_closed_after_its_opening_has_unwound() -> None:
    """`settled` returns when the cancelled opening has cleaned up and the sink was closed behind it."""
    sink = SlowSink()
    commits = Commits(settings=KafkaSettings(), sink=sink, metrics=Metrics(), on_broken=lambda _: None)
    lane = Lane(topic="articles", partition=Partition(0))
    membership: Any = None
    opening = lane.opening = asyncio.create_task(commits.guard(lane, membership))
    await sink.opening.wait()
    commits.let_go(lane)
    await commits.settled()
    assert sink.events == ["opening", "unwound", "closed"]
    assert opening.done()


class CountingSink(SlowSink):
    """A sink that writes everything."""

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Note where the transaction ends."""
        del lane, outputs
        self.events.append(f"to {position}")


async def test_a_run_that_does_not_follow_the_last_commit_is_not_written() -> None:
    """What was taken before its lane broke would leave a gap once the lane is open again, so nothing of it goes out."""
    sink = CountingSink()
    commits = Commits(settings=KafkaSettings(), sink=sink, metrics=Metrics(), on_broken=lambda _: None)
    lane = Lane(topic="articles", partition=Partition(0))
    lane.guard(10)
    lane.move(LaneState.OPEN)
    first, second = (
        Run(lane, begins, (Message(topic="articles", key=None, value=b"x", partition=0, offset=begins),))
        for begins in (10, 11)
    )
    commits.break_(lane, at_once=True)  # the first run's transaction failed …
    lane.retry()
    lane.guard(10)
    lane.move(LaneState.OPEN)
    assert await commits.write(second, first.messages) == [Settled.PUT_BACK]  # … and the second was in hand meanwhile
    assert lane.state is LaneState.OPEN
    assert await commits.write(first, first.messages) == [Settled.WRITTEN]
    assert await commits.write(second, first.messages) == [Settled.WRITTEN]
    assert sink.events == ["to 11", "to 12"]


class ForgetfulSink(SlowSink):
    """A sink whose group seems to have committed nothing, or less than before."""

    def __init__(self, committed: int | None) -> None:
        super().__init__()
        self.committed = committed

    async def open(self, lane: Lane) -> int | None:
        """Return the group's offset."""
        del lane
        return self.committed

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Take everything."""


@pytest.mark.parametrize("told", [None, 0, 6])
async def test_no_lane_begins_below_what_this_worker_committed(told: int | None) -> None:
    """An offset below one that was committed here, or none at all, opens no lane."""
    commits = Commits(settings=KafkaSettings(), sink=ForgetfulSink(told), metrics=Metrics(), on_broken=lambda _: None)
    membership: Any = None
    lane = Lane(topic="articles", partition=Partition(0))
    lane.guard(6)
    lane.move(LaneState.OPEN)
    message = Message(topic="articles", key=b"k", value=b"v", partition=0, offset=6)
    assert await commits.write(Run(lane, 6, (message,)), [message]) == [Settled.WRITTEN]
    again = Lane(topic="articles", partition=Partition(0))
    await commits.guard(again, membership)
    assert again.state is LaneState.BROKEN


class RaisingSink(SlowSink):
    """A sink whose writes raise."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Raise."""
        del lane, outputs, position
        raise self.error


@pytest.mark.parametrize("error", [FencedError("Revoked."), TimeoutError(), ProducerFenced(), KafkaError("Refused.")])
async def test_what_raises_is_not_committed(error: Exception) -> None:
    """Whatever a write raises, its records are put back, and the lane is opened again before the next one."""
    broken: list[Lane] = []
    commits = Commits(settings=KafkaSettings(), sink=RaisingSink(error), metrics=Metrics(), on_broken=broken.append)
    lane = Lane(topic="articles", partition=Partition(0))
    lane.guard(6)
    lane.move(LaneState.OPEN)
    message = Message(topic="articles", key=b"k", value=b"v", partition=0, offset=6)
    assert await commits.write(Run(lane, 6, (message,)), [message]) == [Settled.PUT_BACK]
    assert (lane.state, lane.position, broken) == (LaneState.BROKEN, 6, [lane])


async def test_a_store_that_was_set_back_decides() -> None:
    """Where the store keeps the offsets itself, a lane begins where it says, also below what was committed before."""
    sink = ForgetfulSink(2)
    sink.decides = True
    commits = Commits(settings=KafkaSettings(), sink=sink, metrics=Metrics(), on_broken=lambda _: None)
    lane = Lane(topic="articles", partition=Partition(0))
    lane.guard(6)
    lane.move(LaneState.OPEN)
    message = Message(topic="articles", key=b"k", value=b"v", partition=0, offset=6)
    assert await commits.write(Run(lane, 6, (message,)), [message]) == [Settled.WRITTEN]

    class Log:
        """A log of ten records."""

        async def bounds(self, partition: Partition) -> tuple[int, int]:
            """Return its oldest offset and its end."""
            del partition
            return 0, 10

    membership: Any = Log()
    again = Lane(topic="articles", partition=Partition(0))
    await commits.guard(again, membership)
    assert (again.state, again.position) == (LaneState.GUARDED, 2)
