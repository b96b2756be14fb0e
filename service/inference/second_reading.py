"""The window of a second reading: who says it, whom it may be about, and the sentences around one claim.

Names come first, each as a text of its own and parted by the separator, then the sentences of the claim with as many of
those before it as fit. A span of the window is a name in front together with where the article says it in place.
Training makes its windows by the same function.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from service.core.model import Floats, Ints, StanceQuestion, Tokens
from service.core.span import Span
from service.inference.crf import tokens_under
from service.inference.span_rows import Pieces

NAME = 12  # tokens of a name; what is longer says no more about whom it means
NAMES = 110  # tokens of all names together
BEFORE = 48  # tokens of the sentences before those of the claim
WINDOW = 254  # tokens of the whole, special tokens not counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The window of a question: ids without the framing special tokens, and the spans as its tokens.

    `targets` are as many of the question's, from the first on, as there was room for.
    """

    ids: Ints
    claim: Pieces
    holder: Pieces | None
    targets: tuple[Pieces, ...]


class Tokenizes(Protocol):
    """What is needed of a tokenizer."""

    def __call__(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Tokenize whole texts."""
        ...


def window(
    question: StanceQuestion, tokenizer: Tokenizes, tokens: Tokens, sentences: Sequence[Span], separator: int
) -> Window | None:
    """Return the window of a question, or None where no token stands under the claim.

    Args:
        question: what is asked.
        tokenizer: of the names.
        tokens: the article's.
        sentences: the article's, in order.
        separator: the token between the parts.
    """
    hull = tokens_under(tokens, question.claim[0].start, question.claim[-1].end)
    if hull is None:
        return None
    names = [question.holder or "", *(target.name for target in question.targets)]
    front: list[Ints] = []
    places: list[tuple[int, int] | None] = []
    at = 0
    for name, tokenized in zip(names, tokenizer(names), strict=True):
        ids = tokenized.ids[:NAME]
        if name and at + len(ids) + 1 > NAMES:
            break
        places.append((at, at + len(ids) - 1) if len(ids) else None)
        if len(ids):
            front.extend((ids, np.asarray([separator], dtype=np.int64)))
            at += len(ids) + 1
    start, end = _context(tokens, sentences, hull, WINDOW - at)

    def within(spans: Iterable[Span], name: tuple[int, int] | None = None) -> Pieces:
        found = [name] if name else []
        for span in spans:
            place = tokens_under(tokens, span.start, span.end)
            if place is not None and place[0] < end and place[1] >= start:
                found.append((max(place[0], start) - start + at, min(place[1], end - 1) - start + at))
        return tuple(sorted(set(found)))

    claim = within(question.claim)
    if not claim:
        return None
    return Window(
        ids=np.concatenate([*front, tokens.ids[start:end]]),
        claim=claim,
        holder=within([question.source] if question.source else [], places[0]) or None,
        targets=tuple(
            within(target.mentions, place) for target, place in zip(question.targets, places[1:], strict=False)
        ),
    )


def joined(
    windows: Sequence[Window], read: Sequence[Floats]
) -> tuple[Floats, list[tuple[Pieces, Pieces | None, Pieces]]]:
    """Return what was read of several windows as one, and a query for each target of each: claim, holder, target.

    Args:
        windows: what was asked.
        read: the encoder's states of each, with special and padding tokens, shape (tokens of the window, width).
    """
    hidden = [rows[1 : len(window.ids) + 1] for window, rows in zip(windows, read, strict=True)]
    queries: list[tuple[Pieces, Pieces | None, Pieces]] = []
    at = 0
    for window in windows:
        claim, holder = _shifted(window.claim, at), window.holder and _shifted(window.holder, at)
        queries.extend((claim, holder, _shifted(target, at)) for target in window.targets)
        at += len(window.ids)
    return np.concatenate(hidden) if hidden else np.zeros((0, 0), dtype=np.float32), queries


def _shifted(pieces: Pieces, by: int) -> Pieces:
    return tuple((first + by, last + by) for first, last in pieces)


def _context(tokens: Tokens, sentences: Sequence[Span], hull: tuple[int, int], room: int) -> tuple[int, int]:
    """Return the tokens of the claim's sentences, with sentences before them as far as `BEFORE` and `room` allow."""
    starts = [sentence.start for sentence in sentences]
    first = max(0, bisect_right(starts, int(tokens.start[hull[0]])) - 1)
    last = max(0, bisect_right(starts, int(tokens.start[hull[1]])) - 1)
    begin = int(np.searchsorted(tokens.start, sentences[first].start)) if sentences else hull[0]
    end = int(np.searchsorted(tokens.start, sentences[last].end)) if sentences else hull[1] + 1
    begin, end = min(begin, hull[0]), max(end, hull[1] + 1)
    if end - begin > room:
        begin = max(begin, min(hull[0] - room // 8, end - room))
        return begin, begin + room
    own = begin
    while first > 0:
        first -= 1
        earlier = int(np.searchsorted(tokens.start, sentences[first].start))
        if own - earlier > BEFORE or end - earlier > room:
            break
        begin = earlier
    return begin, end
