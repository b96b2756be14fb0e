"""How batches are cut: in order, within bounds, and nothing left behind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import InfrastructureError
from service.core.message import Message
from service.streaming.consume.batch import Backlog
from service.streaming.consume.partition import Lane, Partition

SIZES = st.lists(st.lists(st.integers(0, 50), max_size=12), max_size=5)


def record(partition: int, offset: int, size: int) -> Message:
    """Return a record of that size."""
    return Message(topic="in", key=b"k", value=b"x" * size, partition=partition, offset=offset)


def filled(sizes: list[list[int]]) -> Backlog:
    """Return a backlog with one lane for each list."""
    backlog = Backlog()
    for partition, lane_sizes in enumerate(sizes):
        lane = Lane(topic="in", partition=Partition(partition))
        if lane_sizes:
            backlog.keep(lane, [record(partition, offset, size) for offset, size in enumerate(lane_sizes)])
    return backlog


@given(SIZES, st.integers(1, 10), st.integers(1, 120))
def test_batches_hold_their_bounds_and_lose_nothing(sizes: list[list[int]], most: int, max_bytes: int) -> None:
    """Every record comes out once, in order within its partition, in batches within both bounds."""
    backlog = filled(sizes)
    came: dict[int, list[int]] = {}
    while backlog:
        messages = backlog.cut(most=most, max_bytes=max_bytes).messages
        assert 1 <= len(messages) <= most
        assert len(messages) == 1 or sum(len(each.value or b"") for each in messages) <= max_bytes
        for each in messages:
            came.setdefault(each.partition or 0, []).append(each.offset or 0)
    assert came == {number: list(range(len(lane))) for number, lane in enumerate(sizes) if lane}


def test_a_dropped_lane_is_gone() -> None:
    """What a revoked partition had waiting is not handed out."""
    backlog = Backlog()
    kept, gone = Lane(topic="in", partition=Partition(0)), Lane(topic="in", partition=Partition(1))
    backlog.keep(kept, [record(0, 5, 1)])
    backlog.keep(gone, [record(1, 5, 1)])
    backlog.drop(gone)
    assert [each.partition for each in backlog.cut(most=10, max_bytes=10).messages] == [0]
    assert not backlog


def test_a_run_begins_where_the_last_one_ended() -> None:
    """Gaps between offsets, as the ends of transactions leave them, do not break the chain."""
    lane = Lane(topic="in", partition=Partition(0))
    lane.guard(3)
    backlog = Backlog()
    backlog.keep(lane, [record(0, offset, 1) for offset in (5, 6, 9, 12)])
    runs = [run for _ in range(2) for run in backlog.cut(most=2, max_bytes=10).runs]
    assert [(run.begins, run.messages[-1].offset) for run in runs] == [(3, 6), (7, 12)]


def test_a_record_that_came_before_is_refused() -> None:
    """An offset below what was fetched means that the client is not where it should be."""
    lane = Lane(topic="in", partition=Partition(0))
    backlog = Backlog()
    backlog.keep(lane, [record(0, 7, 1)])
    with pytest.raises(InfrastructureError, match="came twice"):
        backlog.keep(lane, [record(0, 7, 1)])
