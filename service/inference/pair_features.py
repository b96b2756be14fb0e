"""What a pair of spans looks like from outside: distance, order and what stands between. Training uses the same."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from service.core.model import Floats

LINK_KINDS = (("content", "cue"), ("content", "source"), ("source", "cue"), ("content", "content"))
LINK_REACH = 160  # tokens between two spans past which no pair is scored: on PolNeAR 99.8% of the true ones are nearer

_BLOCK = 1 << 13  # pairs that are looked at together, a single row's more: some ten megabytes, whatever the text

_GAPS = (0, 2, 5, 10, 20, 40, 80)  # upper bounds of the buckets of tokens between
_BETWEEN = 4  # 0, 1, 2, more spans of a role between
_BREAKS = 3  # 0, 1, more line breaks between
_ORDERS = 5
LINK_FEATURES = _ORDERS + 1 + len(_GAPS) + 1 + 2 * _BETWEEN + _BREAKS

Places = NDArray[np.int64]


def near_pairs(one: Places, other: Places) -> Iterator[tuple[Places, Places]]:
    """Yield the pairs of spans with at most `LINK_REACH` tokens between them, in blocks, by row and then by column.

    Args:
        one: first and last token of each span of one role, ordered by the first, shape (n, 2).
        other: the same of the other role, shape (m, 2).

    Yields:
        rows in `one` and in `other` of each pair of a block, shapes (pairs,).
    """
    if not len(one) or not len(other):
        return
    reached = np.maximum.accumulate(other[:, 1])  # a span may end behind the next one's end
    begins = np.searchsorted(reached, one[:, 0] - LINK_REACH - 1, side="left")
    ends = np.searchsorted(other[:, 0], one[:, 1] + LINK_REACH + 1, side="right")
    sizes = np.maximum(ends - begins, 0)
    total = np.concatenate([[0], np.cumsum(sizes)])
    start = 0
    while start < len(one):
        end = max(start + 1, int(np.searchsorted(total, total[start] + _BLOCK, side="right")) - 1)
        i = np.repeat(np.arange(start, end), sizes[start:end])
        j = np.arange(len(i)) - (total[i] - total[start]) + begins[i]
        near = _gaps(one[i], other[j]) <= LINK_REACH
        yield i[near], j[near]
        start = end


def pair_features(one: Places, other: Places, pairs: tuple[Places, Places], breaks: Places) -> Floats:
    """Describe pairs of spans.

    Args:
        one: first and last token of each span of one role, ordered by the first, shape (n, 2).
        other: the same of the other role, shape (m, 2).
        pairs: rows in `one` and in `other` of each pair, shapes (pairs,).
        breaks: how many tokens up to each one begin a line, shape (tokens,).

    Returns:
        the features, shape (pairs, LINK_FEATURES).
    """
    a, b = one[pairs[0]], other[pairs[1]]
    (first_a, last_a), (first_b, last_b) = a.T, b.T
    low, high = np.minimum(last_a, last_b), np.maximum(first_a, first_b)
    gap = _gaps(a, b)
    holds = (first_a <= first_b) & (last_b <= last_a)
    within = (first_b <= first_a) & (last_a <= last_b)
    order = np.select([last_a < first_b, last_b < first_a, holds, within], [0, 1, 2, 3], default=4)
    lines = np.where(high > low, breaks[high] - breaks[np.minimum(low, high)], 0)
    parts = [
        np.eye(_ORDERS)[order],
        (np.log1p(gap) / 5.0)[:, None],
        np.eye(len(_GAPS) + 1)[np.searchsorted(_GAPS, gap)],
        np.eye(_BETWEEN)[np.minimum(_count_between(one[:, 0], low, high), _BETWEEN - 1)],
        np.eye(_BETWEEN)[np.minimum(_count_between(other[:, 0], low, high), _BETWEEN - 1)],
        np.eye(_BREAKS)[np.minimum(lines, _BREAKS - 1)],
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def _gaps(a: Places, b: Places) -> Places:
    """Return the tokens between the spans of each pair, 0 where they touch or overlap, shape (pairs,)."""
    found: Places = np.maximum(np.maximum(a[:, 0], b[:, 0]) - np.minimum(a[:, 1], b[:, 1]) - 1, 0)
    return found


def _count_between(firsts: Places, low: Places, high: Places) -> Places:
    found: Places = np.searchsorted(firsts, high, side="left") - np.searchsorted(firsts, low, side="right")
    return np.maximum(found, 0)
