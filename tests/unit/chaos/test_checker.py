"""The chaos suite's checker finds what it is there to find."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from tests.chaos.checker import Content, Input, Live, Outcome, Place, Verdict, check, check_live, longest_stall


def event(offset: int) -> Content:
    """What the record at this offset should give."""
    return Content(kind="event", digest=f"digest of {offset}")


INPUTS = [
    Input(place=(0, offset), at=float(offset), gives=event(offset), article=f"article {offset}") for offset in range(6)
]
OUTCOMES = [
    Outcome(topic="out", partition=0, offset=offset * 2, source=(0, offset), content=event(offset), seen=offset + 0.5)
    for offset in range(6)
]
LOG: Mapping[Place, str] = {(0, offset): f"id {offset}" for offset in range(6)}
SEEN = [Live(place=place, source_id=name) for place, name in LOG.items()]


def verdict(outcomes: Sequence[Outcome], *, committed: int = 6, exactly_once: bool = True) -> Verdict:
    """Hold these outcomes against six inputs of one partition."""
    return check(INPUTS, outcomes, committed={0: committed}, ends={0: 6}, exactly_once=exactly_once)


def placed(*sources: int) -> list[Outcome]:
    """Return outcomes of these inputs in the order of an output log."""
    return [
        Outcome(topic="out", partition=0, offset=at, source=(0, source), content=event(source))
        for at, source in enumerate(sources)
    ]


def test_what_is_right_is_clean() -> None:
    """One outcome each, of the right content, in order, offsets at the end."""
    assert verdict(OUTCOMES).clean
    assert str(verdict(OUTCOMES)).startswith("lost 0, duplicated 0,")


@pytest.mark.parametrize("place", range(6))
def test_a_lost_record_is_found(place: int) -> None:
    """An input without an outcome."""
    found = verdict(OUTCOMES[:place] + OUTCOMES[place + 1 :])
    assert found == Verdict(lost=((0, place),))
    assert not found.clean


@pytest.mark.parametrize("topic", ["out", "dead"])
def test_a_doubled_record_is_found(topic: str) -> None:
    """Two outcomes of one input, in one topic or in two."""
    twice = Outcome(topic=topic, partition=1, offset=0, source=(0, 3), content=event(3))
    assert verdict([*OUTCOMES, twice]) == Verdict(duplicated=((0, 3),))


def test_an_outcome_of_nothing_is_found() -> None:
    """An outcome that names no input."""
    ghost = Outcome(topic="out", partition=0, offset=99, source=(5, 5), content=event(5))
    assert verdict([*OUTCOMES, ghost]).invented == ((5, 5),)


@pytest.mark.parametrize("content", [None, event(1), Content(kind="not-json", digest="digest of 2")])
def test_an_altered_record_is_found(content: Content | None) -> None:
    """An outcome that says what another input should give, something else or nothing."""
    altered = [replace(each, content=content) if each.source == (0, 2) else each for each in OUTCOMES]
    assert verdict(altered) == Verdict(altered=((0, 2),))


def test_a_failure_of_processing_is_right_only_while_it_was_made_to_fail() -> None:
    """A dead letter for an input that should give an event, excused and not."""
    failed = replace(OUTCOMES[2], content=Content(kind="processing-failed", digest="original"))
    assert verdict([*OUTCOMES[:2], replace(failed, excused=True), *OUTCOMES[3:]]).clean
    assert verdict([*OUTCOMES[:2], failed, *OUTCOMES[3:]]).altered == ((0, 2),)
    excused = replace(OUTCOMES[2], content=event(3), excused=True)
    assert verdict([*OUTCOMES[:2], excused, *OUTCOMES[3:]]).altered == ((0, 2),)


def test_disorder_within_an_input_partition_is_found() -> None:
    """Two outcomes of one input partition that changed places."""
    assert verdict(placed(0, 1, 4, 2, 3, 5)) == Verdict(disordered=(((0, 4), (0, 2)),))


def test_partitions_of_the_input_have_no_order_between_them() -> None:
    """Outcomes of two input partitions may lie in one output partition in any order."""
    inputs = [Input(place=(partition, 0), at=0.0, gives=event(partition)) for partition in (0, 1)]
    outcomes = [
        Outcome(topic="out", partition=0, offset=at, source=(partition, 0), content=event(partition))
        for at, partition in enumerate((1, 0))
    ]
    assert check(inputs, outcomes, committed={0: 1, 1: 1}, ends={0: 1, 1: 1}).clean


def test_offsets_that_are_behind_are_found() -> None:
    """A partition whose committed offset is not its log end, or that has none."""
    assert verdict(OUTCOMES, committed=5) == Verdict(behind={0: (5, 6)})
    assert check(INPUTS, OUTCOMES, committed={}, ends={0: 6}).behind == {0: (0, 6)}


def test_what_was_acknowledged_and_is_not_in_the_log_is_found() -> None:
    """A place that the log does not have, or at which it has another article."""
    said = {(0, 1): "article 1", (0, 2): "article 3", (0, 9): "article 9"}
    found = check(INPUTS, OUTCOMES, committed={0: 6}, ends={0: 6}, acknowledged=said)
    assert found == Verdict(forgotten=((0, 2), (0, 9)))


def test_at_least_once_may_repeat_and_still_must_lose_and_alter_nothing() -> None:
    """Written again from the last commit on is right; lost, altered or first seen out of order is not."""
    again = placed(0, 1, 2, 3, 2, 3, 4, 5)
    assert verdict(again, exactly_once=False).clean
    assert verdict(again).duplicated == ((0, 2), (0, 3))
    assert verdict(again[:-1], exactly_once=False) == Verdict(lost=((0, 5),))
    altered = [replace(each, content=event(0)) if each.offset == 4 else each for each in again]
    assert verdict(altered, exactly_once=False) == Verdict(altered=((0, 2),))
    assert verdict(placed(0, 1, 3, 2, 3, 4, 5), exactly_once=False).disordered == (((0, 3), (0, 2)),)


def test_a_live_reader_who_saw_each_event_once_and_in_order_is_content() -> None:
    """What lies before its beginning need not have come."""
    assert check_live(SEEN, LOG, since={}).clean
    assert check_live(SEEN[3:], LOG, since={0: 2}).clean


def test_what_is_wrong_in_the_live_stream_is_found() -> None:
    """An event that came twice, too early, without ever being committed, under another id, or not at all."""
    assert check_live([*SEEN, SEEN[5]], LOG, since={}) == Verdict(live_doubled=((0, 5),))
    swapped = [SEEN[0], SEEN[2], SEEN[1], *SEEN[3:]]
    assert check_live(swapped, LOG, since={}) == Verdict(live_disordered=(((0, 2), (0, 1)),))
    ghost = Live(place=(1, 0), source_id="id of nothing")
    assert check_live([*SEEN, ghost], LOG, since={}) == Verdict(live_aborted=((1, 0),))
    other = [replace(SEEN[0], source_id="id 1"), *SEEN[1:]]
    assert check_live(other, LOG, since={}) == Verdict(live_aborted=((0, 0),))
    assert check_live(SEEN[:2] + SEEN[3:], LOG, since={}) == Verdict(live_missed=((0, 2),))
    assert not check_live(SEEN[:2] + SEEN[3:], LOG, since={}).clean


def test_the_longest_stall_is_that_of_the_inputs_in_the_window() -> None:
    """From writing to reading, of what was written in the window."""
    late = [*OUTCOMES[:5], replace(OUTCOMES[5], seen=25.0)]
    assert longest_stall(INPUTS, late, start=0, end=5, troubles=[]) == 0.5
    assert longest_stall(INPUTS, late, start=0, end=9, troubles=[]) == 20.0


def test_a_stall_is_counted_outside_of_the_times_when_faults_were_at_work() -> None:
    """The longest time in one piece before, between or after them; an input that lay in a fault waits from its end."""
    late = [replace(OUTCOMES[0], seen=30.0)]
    assert longest_stall(INPUTS[:1], late, start=0, end=1, troubles=[(0.0, 10.0), (12.0, 25.0)]) == 5.0
    assert longest_stall(INPUTS[:1], late, start=0, end=1, troubles=[(8.0, 25.0)]) == 8.0
    assert longest_stall(INPUTS[:1], late, start=0, end=1, troubles=[(0.0, 40.0)]) == 0.0
    assert longest_stall(INPUTS[:1], late, start=0, end=1, troubles=[(31.0, 40.0)]) == 30.0
