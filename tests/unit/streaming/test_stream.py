"""Which records a stream keeps: those of lanes that flow, until their lane breaks."""

from collections.abc import Sequence
from typing import Any

import pytest

from service.core.message import Message
from service.settings import KafkaSettings, WorkerSettings
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.streaming.consume.stream import Stream
from service.telemetry.metrics import Metrics

pytestmark = pytest.mark.anyio

ZERO = Partition(0)


@pytest.fixture
def anyio_backend() -> str:
    """The service runs on asyncio alone."""
    return "asyncio"


class NoSink:
    """A sink that is never asked for anything."""

    async def open(self, lane: Lane) -> int | None:
        """Not reached."""
        raise AssertionError(lane)

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Not reached."""
        raise AssertionError((lane, outputs, position))

    async def close(self, lane: Lane) -> None:
        """Let go of nothing."""


class Noted:
    """A membership that notes what is paused and opened; its poll does not come to an end while `polling` is set."""

    def __init__(self) -> None:
        self.paused: list[Partition] = []
        self.opened: list[Partition] = []
        self.polling = False
        self.gives = frozenset({ZERO})

    def pause(self, partition: Partition) -> None:
        """Note it."""
        self.paused.append(partition)

    def open(self, partition: Partition, position: int) -> None:
        """Note it."""
        del position
        self.opened.append(partition)

    def owned(self) -> frozenset[Partition]:
        """Return what the group gave us."""
        return self.gives

    async def poll(self, *, linger: float, patience: float) -> dict[Partition, list[Message]]:
        """Bring nothing."""
        del linger, patience
        return {}


def stream_of(lane: Lane) -> tuple[Stream, Any]:
    """Return a stream that holds this lane, and its membership."""
    stream = Stream(settings=KafkaSettings(), limits=WorkerSettings(), metrics=Metrics(), sink=NoSink())
    stream._lanes[ZERO] = lane
    membership: Any = Noted()
    stream._session.membership = membership
    stream._session._joined = True
    stream._watch._looked_at = float("inf")  # brokers, of which there are none, are not asked for the lag
    return stream, membership


def lane_in(state: LaneState) -> Lane:
    """Return a lane that begins at offset 10, in this state."""
    lane = Lane(topic="articles", partition=ZERO)
    if state is not LaneState.ASSIGNED:
        lane.guard(10)
    if state in {LaneState.OPEN, LaneState.WRITING, LaneState.BROKEN}:
        lane.move(LaneState.OPEN)
    if state in {LaneState.WRITING, LaneState.BROKEN}:
        lane.move(state)
    return lane


def records(*offsets: int) -> dict[Partition, list[Message]]:
    """Return what a poll brought of partition 0."""
    return {ZERO: [Message(topic="articles", key=b"k", value=b"v", partition=0, offset=each) for each in offsets]}


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (LaneState.ASSIGNED, False),
        (LaneState.GUARDED, False),
        (LaneState.OPEN, True),
        (LaneState.WRITING, True),
        (LaneState.BROKEN, False),
    ],
)
async def test_only_records_of_lanes_that_flow_are_kept(state: LaneState, *, kept: bool) -> None:
    """A poll that was under way when a lane broke brings records that will come again from the committed offset on."""
    stream, _ = stream_of(lane_in(state))
    stream._keep(records(10, 11))
    assert bool(stream._backlog) is kept


async def test_what_was_taken_of_a_lane_goes_when_it_breaks() -> None:
    """Its records come again, so those in hand would be written twice, and before those ahead of them."""
    lane = lane_in(LaneState.OPEN)
    stream, membership = stream_of(lane)
    stream._keep(records(10, 11))
    stream._commits.break_(lane)
    assert not stream._backlog
    assert membership.paused == [ZERO]


async def test_lanes_of_before_are_closed_when_partitions_are_assigned_or_revoked() -> None:
    """No lane outlives the assignment it came with, nor what was taken of it."""
    for rebalance in ("assigned", "revoked"):
        lane = lane_in(LaneState.OPEN)
        stream, _ = stream_of(lane)
        stream._keep(records(10))
        if rebalance == "assigned":
            stream._on_assigned(frozenset({ZERO}))
        else:
            await stream._on_revoked(frozenset({ZERO}))
        await stream._commits.settled()
        assert lane.state is LaneState.CLOSED
        assert not stream._backlog


@pytest.mark.parametrize("polling", [True, False])
async def test_no_lane_is_opened_while_a_poll_is_under_way(*, polling: bool) -> None:
    """Its records are those of the positions that it began with: a seek in between would bring them twice."""
    lane = lane_in(LaneState.GUARDED)
    stream, membership = stream_of(lane)
    membership.polling = polling
    await stream.take()
    assert membership.opened == ([] if polling else [ZERO])


async def test_lanes_that_are_not_what_the_group_gave_us_cost_the_session() -> None:
    """A partition that we are given and have no lane for would wait for ever, one that we have and lost be written."""
    stream, membership = stream_of(lane_in(LaneState.OPEN))
    membership.gives = frozenset({ZERO, Partition(1)})
    with pytest.raises(RuntimeError, match="not the partitions"):
        stream._advance_lanes(membership)
