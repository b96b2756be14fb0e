"""The state machine of one partition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.streaming.consume.partition import _NEXT, Lane, LaneError, LaneState, Partition


def lane(*states: LaneState) -> Lane:
    """Return a lane that went through these states."""
    made = Lane(topic="articles", partition=Partition(3))
    for state in states:
        made.move(state)
    return made


def test_the_usual_way() -> None:
    """Assigned, guarded, open, writing, open again, closed."""
    one = lane()
    one.guard(41)
    one.move(LaneState.OPEN)
    one.move(LaneState.WRITING)
    one.committed(50)
    assert (one.state, one.position, one.fetched) == (LaneState.OPEN, 50, 41)
    one.close()
    assert one.state is LaneState.CLOSED


@given(st.sampled_from(LaneState), st.sampled_from(LaneState))
def test_no_step_but_those_drawn(source: LaneState, target: LaneState) -> None:
    """Every step that the table does not have raises, and leaves the state alone."""
    one = Lane(topic="articles", partition=Partition(0), state=source)
    if target in _NEXT[source]:
        one.move(target)
        assert one.state is target
    else:
        with pytest.raises(LaneError):
            one.move(target)
        assert one.state is source


def test_a_closed_lane_is_never_used_again() -> None:
    """Nothing leads out of closed: not a failure, not a commit whose answer comes late."""
    one = lane(LaneState.GUARDED, LaneState.OPEN, LaneState.WRITING)
    one.close()
    one.fail(0.0)
    one.committed(7)
    assert one.state is LaneState.CLOSED


def test_records_are_only_taken_after_the_offset_was_read_behind_the_fence() -> None:
    """From assigned, open is reached only through guarded."""
    assert LaneState.OPEN not in _NEXT[LaneState.ASSIGNED]
    assert all(LaneState.OPEN not in _NEXT[state] for state in (LaneState.BROKEN, LaneState.CLOSED))


@pytest.mark.parametrize("state", LaneState)
def test_records_are_kept_while_those_before_are_written(state: LaneState) -> None:
    """A poll moves the client past them: to drop them in mid-transaction, which then commits, would lose them."""
    one = Lane(topic="articles", partition=Partition(0), state=state)
    assert one.flows == (state in {LaneState.OPEN, LaneState.WRITING})


def test_pauses_grow_and_end_with_a_commit() -> None:
    """Each failure in a row waits twice as long, up to five seconds; a commit starts anew."""
    one = lane(LaneState.GUARDED, LaneState.OPEN)
    pauses = []
    for _ in range(8):
        one.fail(100.0)
        pauses.append(round(one.retry_at - 100.0, 3))
        one.retry()
        one.guard(0)
        one.move(LaneState.OPEN)
    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    one.move(LaneState.WRITING)
    one.committed(1)
    assert one.failures == 0


def test_what_was_refused_is_forgotten_once_it_is_committed() -> None:
    """Offsets below the new position need no substitute any more."""
    one = lane(LaneState.GUARDED, LaneState.OPEN, LaneState.WRITING)
    one.refused = {4: 1, 9: 2}
    one.committed(5)
    assert one.refused == {9: 2}
