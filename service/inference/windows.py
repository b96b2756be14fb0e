"""Documents to windows, and what the encoder says of windows back to one reading per document.

A window holds whole sentences as far as they fit and overlaps the next one at a sentence edge, so that every token is
seen with context on both sides; training cuts its texts by the same function. The encoder runs every window by itself,
so what is computed for one does not depend on its neighbours.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import numpy as np

from service.core.document import Document
from service.core.model import MAX_TOKENS, Floats, Ints, Reading, Tokens
from service.core.span import Span

SPECIAL_TOKENS = 2  # that the encoder puts around each window
LENGTH_STEP = 32  # tokens; each padded length is one shape that the engine prepares, so few of them are wanted
OVERLAP = 4  # a window shares up to 1/4 of its tokens with the next one
_TOO_MANY = Tokens(ids=np.zeros(0, np.int64), start=np.zeros(0, np.int64), end=np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """What the encoder gives for one window of n tokens (special tokens removed again).

    `hidden` has shape (n, width). `tags` holds the raw scores of every tagging head, shape (n, tags); only
    the tagger knows which column means what.
    """

    hidden: Floats
    tags: Floats


class Encoder(Protocol):
    """The transformer over windows. Both methods block; `encode` releases the GIL while it runs."""

    @property
    def window(self) -> int:
        """The most tokens that one window may hold, special tokens not counted."""
        ...

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Tokenize whole texts of any length. Offsets are code points; white space is in no token."""
        ...

    def encode(self, windows: Sequence[Ints]) -> Iterable[Encoded]:
        """Run windows of token ids (without special tokens), each by itself.

        The answers come in order, each as soon as it is there; the windows after it may be worked on meanwhile.
        """
        ...


def padded_length(tokens: int) -> int:
    """Return the length that a window of `tokens` tokens (special tokens counted) is padded to."""
    return -(-max(tokens, 1) // LENGTH_STEP) * LENGTH_STEP


def starts(tokens: Tokens, spans: Iterable[Span]) -> list[int]:
    """Return the indices of the tokens that begin a span, ascending, without 0."""
    found = {int(np.searchsorted(tokens.start, span.start)) for span in spans}
    return sorted(index for index in found if 0 < index < len(tokens))


def cut(length: int, starts: Sequence[int], limit: int) -> list[tuple[int, int]]:
    """Cut `length` tokens into windows of at most `limit` tokens.

    Args:
        length: how many tokens the text has.
        starts: where sentences begin (token indices, ascending).
        limit: the most tokens that a window may hold.

    Returns:
        (start, end) of each window, both ascending; together they cover every token. A window ends at a sentence edge
        unless one sentence is longer than the window: that is cut hard.
    """
    if limit < 1:
        raise ValueError(f"a window must hold at least one token, not {limit}")
    edges = [*(index for index in starts if 0 < index < length), length]
    overlap = limit // OVERLAP
    windows: list[tuple[int, int]] = []
    start = end = 0
    while end < length:
        last = bisect_right(edges, start + limit) - 1
        whole = last >= 0 and edges[last] > end
        end = edges[last] if whole else min(start + limit, length)
        windows.append((start, end))
        start = _next_start(edges, start, end, limit, overlap) if whole else end - overlap
    return windows


def _next_start(edges: Sequence[int], start: int, end: int, limit: int, overlap: int) -> int:
    """Return the sentence edge from which the next window still reaches the end of the sentence after `end`."""
    following = edges[min(bisect_right(edges, end), len(edges) - 1)]
    reach = min(following - limit, end)  # a sentence to come that fits no window is cut hard anyway
    earliest = max(end - overlap, reach, start + 1)
    at = edges[bisect_left(edges, earliest)]
    if at == end:  # no edge within the overlap: take the last sentence whole where it is not too long
        before = edges[bisect_left(edges, end) - 1] if edges[0] < end else 0
        if before > start and end - before <= limit // 2 and before >= reach:
            return before
    return min(at, end)


def central_windows(length: int, windows: Sequence[tuple[int, int]]) -> Ints:
    """Return, for each of `length` tokens, the window in which it lies most centrally, shape (length,)."""
    best = np.full(length, -1, dtype=np.int64)
    chosen = np.zeros(length, dtype=np.int64)
    for index, (start, end) in enumerate(windows):
        position = np.arange(start, end)
        left = position - start if start > 0 else np.full(end - start, length)
        right = end - 1 - position if end < length else np.full(end - start, length)
        depth = np.minimum(left, right)
        better = depth > best[start:end]
        chosen[start:end][better] = index
        best[start:end][better] = depth[better]
    return chosen


def read(encoder: Encoder, documents: Sequence[Document]) -> Iterator[Reading]:
    """Send documents through the encoder: tokenize, cut, encode, merge.

    Args:
        encoder: the transformer.
        documents: texts of any length; one without tokens gives an empty reading, one of more than `MAX_TOKENS` is not
            read.

    Yields:
        The reading of each document in order, as soon as its windows are through; the encoder goes on with the next.
    """
    tokenized = [_tokens(encoder, document.text) for document in documents]
    cuts = [
        cut(len(tokens), starts(tokens, (one.span for one in document.sentences)), encoder.window) or [(0, 0)]
        for tokens, document in zip(tokenized, documents, strict=True)
    ]
    windows = [tokens.ids[start:end] for tokens, parts in zip(tokenized, cuts, strict=True) for start, end in parts]
    encoded = iter(encoder.encode(windows))
    for document, tokens, parts in zip(documents, tokenized, cuts, strict=True):
        yield _merged(document, tokens, parts, islice(encoded, len(parts)))  # held by nobody here: it may be large


def _tokens(encoder: Encoder, text: str) -> Tokens:
    """Return the tokens of one text, or `_TOO_MANY`. Not of several at once: what the tokenizer makes is large."""
    (tokens,) = encoder.tokenize([text])
    return tokens if len(tokens) <= MAX_TOKENS else _TOO_MANY


def _merged(
    document: Document, tokens: Tokens, windows: Sequence[tuple[int, int]], encoded: Iterator[Encoded]
) -> Reading:
    """Join the windows of one text: each token keeps the row of the window in which it has most context.

    The edges of the text itself do not count as edges: there is nothing beyond them to miss. Of two windows that serve
    a token equally well the first is taken.
    """
    chosen = central_windows(len(tokens), windows)
    hidden = tags = np.empty((0, 0), dtype=np.float32)
    for index, ((start, end), part) in enumerate(zip(windows, encoded, strict=True)):
        if not index:
            hidden = np.empty((len(tokens), part.hidden.shape[1]), dtype=np.float32)
            tags = np.empty((len(tokens), part.tags.shape[1]), dtype=np.float32)
        rows = chosen[start:end] == index
        hidden[start:end][rows] = part.hidden[rows]
        tags[start:end][rows] = part.tags[rows]
    lengths = [end - start for start, end in windows]
    return Reading(
        document=document,
        tokens=tokens,
        hidden=hidden,
        tags=tags,
        encoded=sum(lengths),
        padded=sum(padded_length(length + SPECIAL_TOKENS) for length in lengths),
        too_long=tokens is _TOO_MANY,
    )
