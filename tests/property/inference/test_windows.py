"""Cutting texts into windows and putting the windows together again."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.analysis.text.document import segment
from service.core.document import Sentence
from service.core.model import Ints, ModelInfo, Tokens
from service.core.span import Span
from service.inference import windows
from service.inference.windows import Encoded


@st.composite
def cuts(draw: st.DrawFn) -> tuple[int, list[int], int]:
    """Return a number of tokens, sentence starts among them, and a window's limit."""
    length = draw(st.integers(0, 900))
    limit = draw(st.integers(1, 256))
    starts = draw(st.lists(st.integers(1, max(length - 1, 1)), max_size=60, unique=True)) if length > 1 else []
    return length, sorted(starts), limit


@settings(deadline=None)
@given(cuts())
def test_every_token_lies_in_a_window_and_no_window_passes_the_limit(case: tuple[int, list[int], int]) -> None:
    """Windows cover the text without a gap, each moves on, and none holds more than the limit."""
    length, starts, limit = case
    parts = windows.cut(length, starts, limit)
    covered: set[int] = set()
    for start, end in parts:
        assert 0 < end - start <= limit
        covered.update(range(start, end))
    assert covered == set(range(length))
    assert [end for _, end in parts] == sorted({end for _, end in parts})
    assert [start for start, _ in parts] == sorted({start for start, _ in parts})


@settings(deadline=None)
@given(cuts())
def test_a_window_ends_inside_a_sentence_only_if_that_sentence_is_too_long(case: tuple[int, list[int], int]) -> None:
    """A hard cut happens only where no sentence edge is within reach of what was already covered."""
    length, starts, limit = case
    edges = {*starts, length}
    covered = 0
    for start, end in windows.cut(length, starts, limit):
        if end not in edges:
            assert not any(covered < edge <= start + limit for edge in edges)
        covered = end


@settings(deadline=None)
@given(cuts())
def test_each_token_has_one_owner_that_holds_it(case: tuple[int, list[int], int]) -> None:
    """A token's row comes from the window in which it is farthest from an edge."""
    length, starts, limit = case
    parts = windows.cut(length, starts, limit)
    chosen = windows.central_windows(length, parts)

    def depth(token: int, window: tuple[int, int]) -> int:
        start, end = window
        return min(token - start if start else length, end - 1 - token if end < length else length)

    for token in range(length):
        start, end = parts[chosen[token]]
        assert start <= token < end
        holders = [window for window in parts if window[0] <= token < window[1]]
        assert depth(token, (start, end)) == max(depth(token, window) for window in holders)


class Echo:
    """An encoder whose hidden state is the token's own number, so that a merge can be checked."""

    def __init__(self, window: int) -> None:
        self.window = window
        self.info = ModelInfo(name="echo", version="1", sha256="")

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """Make each character a token."""
        return [
            Tokens(
                ids=np.asarray([ord(letter) for letter in text], dtype=np.int64),
                start=np.arange(len(text)),
                end=np.arange(1, len(text) + 1),
            )
            for text in texts
        ]

    def encode(self, windows: Sequence[Ints]) -> list[Encoded]:
        """Return the ids themselves, and each token's place in its window."""
        return [
            Encoded(hidden=ids[:, None].astype(np.float32), tags=np.arange(len(ids), dtype=np.float32)[:, None])
            for ids in windows
        ]


@settings(deadline=None)
@given(st.lists(st.text(max_size=120), max_size=6), st.integers(2, 40), st.data())
def test_a_reading_has_one_row_a_token_in_order(texts: list[str], window: int, data: st.DataObject) -> None:
    """However a text is cut and batched, row i of its reading is the row of token i."""
    documents = []
    for text in texts:
        edges = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=8))})
        sentences = tuple(Sentence(span=Span(start, end), paragraph=0) for start, end in pairwise(edges))
        documents.append(replace(segment(text), sentences=sentences))
    readings = list(windows.read(Echo(window), documents))
    assert len(readings) == len(texts)
    for text, reading in zip(texts, readings, strict=True):
        assert reading.hidden[:, 0].tolist() == [ord(letter) for letter in text]
        assert reading.tags.shape == (len(text), 1)
