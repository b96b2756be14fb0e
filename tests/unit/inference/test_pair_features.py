"""What a pair of spans looks like from outside."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.inference.pair_features import LINK_FEATURES, LINK_REACH, near_pairs, pair_features

NO_BREAKS = np.zeros(100, dtype=np.int64)
ORDERS = ("before", "after", "holds", "within", "crosses")


def pairs(one: list[tuple[int, int]], other: list[tuple[int, int]], breaks: np.ndarray = NO_BREAKS) -> np.ndarray:
    """Describe all pairs of spans given as first and last token, shape (n, m, features)."""
    places = [np.asarray(spans, dtype=np.int64).reshape(-1, 2) for spans in (one, other)]
    rows, columns = np.indices((len(one), len(other))).reshape(2, -1)
    return pair_features(*places, (rows, columns), breaks).reshape(len(one), len(other), LINK_FEATURES)


@pytest.mark.parametrize(
    ("one", "other", "order", "gap"),
    [
        ((2, 4), (8, 9), "before", 3),
        ((8, 9), (2, 4), "after", 3),
        ((2, 9), (4, 5), "holds", 0),
        ((4, 5), (2, 9), "within", 0),
        ((2, 5), (4, 9), "crosses", 0),
        ((2, 4), (5, 6), "before", 0),
    ],
)
def test_order_and_distance(one: tuple[int, int], other: tuple[int, int], order: str, gap: int) -> None:
    """Each way in which two spans can lie has its own mark, and the tokens between them are counted."""
    features = pairs([one], [other])
    assert ORDERS[int(features[0, 0, : len(ORDERS)].argmax())] == order
    assert features[0, 0, len(ORDERS)] == pytest.approx(np.log1p(gap) / 5)


def test_spans_and_lines_between_count() -> None:
    """Another span or a line break between two changes how the pair looks; one outside does not."""
    alone = pairs([(2, 3)], [(20, 21)])
    between = pairs([(2, 3), (10, 11)], [(20, 21)])
    outside = pairs([(2, 3), (30, 31)], [(20, 21)])
    broken = pairs([(2, 3)], [(20, 21)], np.cumsum(np.arange(100) == 15))
    assert not np.array_equal(alone[0, 0], between[0, 0])
    assert not np.array_equal(alone[0, 0], broken[0, 0])
    assert np.array_equal(alone[0, 0], outside[0, 0])


spans = st.lists(st.tuples(st.integers(0, 2_000), st.integers(0, 600)), max_size=40).map(
    lambda found: np.asarray(sorted((first, first + more) for first, more in found), dtype=np.int64).reshape(-1, 2)
)


@given(spans, spans)
@settings(deadline=None)
def test_near_pairs_are_those_within_reach(one: np.ndarray, other: np.ndarray) -> None:
    """Every pair with at most `LINK_REACH` tokens between comes once, ordered, however the spans nest."""
    found = [pair for i, j in near_pairs(one, other) for pair in zip(i.tolist(), j.tolist(), strict=True)]
    gaps = [
        (i, j)
        for i, (first, last) in enumerate(one.tolist())
        for j, (begin, end) in enumerate(other.tolist())
        if max(first, begin) - min(last, end) - 1 <= LINK_REACH
    ]
    assert found == gaps


def test_a_long_text_is_looked_at_in_blocks_of_neighbours() -> None:
    """Of fifty thousand cues and as many sources only neighbours are paired, and never more than a block at once."""
    number = 50_000
    firsts = np.arange(number, dtype=np.int64) * 4
    cues, sources = (np.stack([firsts + at, firsts + at], axis=1) for at in (0, 2))
    sizes = [len(i) for i, _ in near_pairs(cues, sources)]
    assert max(sizes) <= 1 << 13
    assert number < sum(sizes) < number * (2 * LINK_REACH // 4 + 2)
