"""What a pair of spans looks like from outside."""

import numpy as np
import pytest

from service.inference.pair_features import LINK_FEATURES, pair_features

NO_BREAKS = np.zeros(100, dtype=np.int64)
ORDERS = ("before", "after", "holds", "within", "crosses")


def pairs(
    one: list[tuple[int, int]], other: list[tuple[int, int]], breaks: np.ndarray = NO_BREAKS
) -> tuple[np.ndarray, np.ndarray]:
    """Describe pairs of spans given as first and last token."""
    places = (np.asarray(spans, dtype=np.int64).reshape(-1, 2) for spans in (one, other))
    return pair_features(*places, breaks)


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
    features, gaps = pairs([one], [other])
    assert features.shape == (1, 1, LINK_FEATURES)
    assert ORDERS[int(features[0, 0, : len(ORDERS)].argmax())] == order
    assert gaps[0, 0] == gap


def test_spans_and_lines_between_count() -> None:
    """Another span or a line break between two changes how the pair looks; one outside does not."""
    alone, _ = pairs([(2, 3)], [(20, 21)])
    between, _ = pairs([(2, 3), (10, 11)], [(20, 21)])
    outside, _ = pairs([(2, 3), (30, 31)], [(20, 21)])
    broken, _ = pairs([(2, 3)], [(20, 21)], np.cumsum(np.arange(100) == 15))
    assert not np.array_equal(alone[0, 0], between[0, 0])
    assert not np.array_equal(alone[0, 0], broken[0, 0])
    assert np.array_equal(alone[0, 0], outside[0, 0])


def test_no_spans_give_no_pairs() -> None:
    """With nothing on one side the table is empty."""
    features, gaps = pairs([(2, 3)], [])
    assert features.shape == (1, 0, LINK_FEATURES)
    assert gaps.shape == (1, 0)
