"""The chaos suite's checker finds what it is there to find."""

import pytest

from tests.chaos.checker import Input, Outcome, check, longest_stall

INPUTS = [Input(place=(0, offset), key=f"k{offset % 2}", at=float(offset)) for offset in range(6)]
OUTCOMES = [
    Outcome(topic="out", partition=0, offset=offset * 2, source=(0, offset), key=f"k{offset % 2}", seen=offset + 0.5)
    for offset in range(6)
]
ENDS = {0: 6}


def test_what_is_right_is_clean() -> None:
    """One outcome each, in order, offsets at the end."""
    assert check(INPUTS, OUTCOMES, committed={0: 6}, ends=ENDS).clean


@pytest.mark.parametrize("place", range(6))
def test_a_lost_record_is_found(place: int) -> None:
    """An input without an outcome."""
    verdict = check(INPUTS, OUTCOMES[:place] + OUTCOMES[place + 1 :], committed={0: 6}, ends=ENDS)
    assert verdict.lost == ((0, place),)


def test_a_doubled_record_is_found() -> None:
    """Two outcomes of one input, even in different topics."""
    twice = Outcome(topic="dead", partition=0, offset=0, source=(0, 3), key="k1")
    assert check(INPUTS, [*OUTCOMES, twice], committed={0: 6}, ends=ENDS).duplicated == ((0, 3),)


def test_an_outcome_of_nothing_is_found() -> None:
    """An outcome that names no input."""
    ghost = Outcome(topic="out", partition=0, offset=99, source=(5, 5), key="k")
    assert check(INPUTS, [*OUTCOMES, ghost], committed={0: 6}, ends=ENDS).invented == ((5, 5),)


def test_disorder_within_a_key_is_found_and_across_keys_is_none() -> None:
    """Two outcomes of one key that changed places; two of different keys may."""
    swapped = [
        Outcome(topic="out", partition=0, offset=offset, source=(0, source), key=f"k{source % 2}")
        for offset, source in enumerate([1, 0, 4, 2, 3, 5])
    ]
    assert check(INPUTS, swapped, committed={0: 6}, ends=ENDS).disordered == (((0, 4), (0, 2)),)


def test_offsets_that_lag_are_found() -> None:
    """A partition whose committed offset is not its log end."""
    assert check(INPUTS, OUTCOMES, committed={0: 5}, ends=ENDS).behind == {0: (5, 6)}


def test_the_longest_stall_is_that_of_the_inputs_in_the_window() -> None:
    """From writing to reading, of what was written in the window."""
    late = [*OUTCOMES[:5], Outcome(topic="out", partition=0, offset=9, source=(0, 5), key="k1", seen=25.0)]
    assert longest_stall(INPUTS, late, start=0, end=5) == 0.5
    assert longest_stall(INPUTS, late, start=0, end=9) == 20.0
