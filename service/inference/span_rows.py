"""Which rows of a reading a span covers, for many spans at once.

Spans of about one length are padded to the same, so that a head asks all of them in a few large operations and not each
by itself. The padded length depends on the span alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.model import Floats, Ints

Pieces = tuple[tuple[int, int], ...]  # first and last token of each piece, both within

_BLOCK = 1 << 21  # numbers gathered at a time, a single span's more: eight megabytes, whatever the text
_EXACT = 4  # rows up to which a span is not padded


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of n spans, one after the other.

    Attributes:
        rows: ascending within a span, each once, shape (rows of all spans,).
        sizes: how many of them each span has, shape (n,).
    """

    rows: Ints
    sizes: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Some of the spans, padded to one length.

    Attributes:
        spans: their indices, shape (b,).
        rows: the rows of each, the last one repeated as padding, shape (b, length).
        padding: what is added to a score of a row: 0, or minus infinity for padding, shape (b, length).
        shares: the weights of a mean, 0 for padding, shape (b, length).
    """

    spans: Ints
    rows: Ints
    padding: Floats
    shares: Floats


def rows_of(spans: Sequence[Pieces]) -> Rows:
    """Return the rows of spans, none of which may be empty; what several pieces of a span hold counts once."""
    pieces = np.asarray([piece for span in spans for piece in span], dtype=np.int64).reshape(-1, 2)
    lengths = pieces[:, 1] - pieces[:, 0] + 1
    before = np.cumsum(lengths) - lengths
    rows = np.arange(lengths.sum()) + np.repeat(pieces[:, 0] - before, lengths)
    owners = np.repeat(np.repeat(np.arange(len(spans)), [len(span) for span in spans]), lengths)
    if len(pieces) > len(spans):
        step = int(rows.max()) + 1
        owners, rows = np.divmod(np.unique(owners * step + rows), step)
    return Rows(rows=rows, sizes=np.bincount(owners, minlength=len(spans)))


def blocks_of(found: Rows, width: int) -> Iterator[Block]:
    """Yield all spans in blocks, each with at most `_BLOCK` numbers of `width` a row, or with one span."""
    starts = np.cumsum(found.sizes) - found.sizes
    padded = _padded(found.sizes)
    order = np.argsort(padded, kind="stable")
    edges = np.flatnonzero(np.diff(padded[order], prepend=-1, append=-1))
    for first, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        length = int(padded[order[first]])
        step = max(1, _BLOCK // (length * width))
        for at in range(first, end, step):
            spans = order[at : min(at + step, end)]
            sizes = found.sizes[spans][:, None]
            places = np.arange(length)
            real = places < sizes
            yield Block(
                spans=spans,
                rows=found.rows[starts[spans][:, None] + np.minimum(places, sizes - 1)],
                padding=np.where(real, 0.0, -np.inf).astype(np.float32),
                shares=(real / sizes).astype(np.float32),
            )


def _padded(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return lengths rounded up to two bits (1, 2, 3, 4, 6, 8, 12, 16, 24, …), so that padding is a third at most."""
    exponents = np.maximum(np.frexp(np.maximum(sizes - 1, 1))[1] - 2, 0)
    steps = np.left_shift(1, exponents)
    found: NDArray[np.int64] = np.where(sizes <= _EXACT, sizes, -(-sizes // steps) * steps)
    return found
