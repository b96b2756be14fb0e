"""The reference head in numpy, on drawn weights: what it may answer, whatever its weights are."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from service.analysis.coreference.question import CANDIDATE, CIRCUMSTANCES, PAIRS
from service.analysis.text.document import segment
from service.core.model import Floats, Reading, Tokens
from service.core.references import ReferenceQuestion
from service.core.span import Span
from service.inference.references import KINDS, ROLES, ArticleReferences, ReferenceHead, pooled

TEXT = "Jane Roe met Paul Lind and she said so"
STATES, SPAN, HIDDEN = 6, 8, 5


def _weights() -> dict[str, Floats]:
    draw = np.random.default_rng(4)

    def linear(name: str, rows: int, columns: int) -> dict[str, Floats]:
        return {
            f"reference.{name}.weight": draw.normal(size=(rows, columns)).astype(np.float32),
            f"reference.{name}.bias": draw.normal(size=rows).astype(np.float32),
        }

    known = 3 * SPAN + len(CIRCUMSTANCES)
    shapes = {
        **dict.fromkeys(ROLES, (SPAN, 3 * STATES)),
        "ask": (SPAN, known),
        "rest": (SPAN, known),
        "pair": (HIDDEN, 2 * SPAN + len(PAIRS) + len(CANDIDATE) + len(CIRCUMSTANCES)),
        "score": (1, HIDDEN),
        "nobody": (HIDDEN, SPAN + len(CIRCUMSTANCES) + 1),
        "others": (2, HIDDEN),
        "kind": (len(KINDS), SPAN),
    }
    found = {key: value for name, shape in shapes.items() for key, value in linear(name, *shape).items()}
    return found | {"reference.absent": draw.normal(size=(len(ROLES) - 1, SPAN)).astype(np.float32)}


def _reading() -> Reading:
    words = TEXT.split()
    starts = np.cumsum([0, *(len(word) + 1 for word in words[:-1])])
    ends = starts + [len(word) for word in words]
    tokens = Tokens(ids=np.arange(len(words)), start=starts, end=ends)
    hidden = np.random.default_rng(5).normal(size=(len(words), STATES)).astype(np.float32)
    return Reading(
        document=segment(TEXT),
        tokens=tokens,
        hidden=hidden,
        tags=np.zeros((len(words), 1), np.float32),
        encoded=len(words),
        padded=len(words),
    )


def _question(source: Span | None, *mentions: tuple[str, int]) -> ReferenceQuestion:
    draw = np.random.default_rng(6)
    count = 1 + max((owner for _, owner in mentions), default=-1)
    return ReferenceQuestion(
        source=source,
        cue=None,
        content=Span(TEXT.index("so"), len(TEXT)),
        mentions=tuple(Span(TEXT.index(name), TEXT.index(name) + len(name)) for name, _ in mentions),
        owners=np.asarray([owner for _, owner in mentions], dtype=np.int64),
        pairs=draw.normal(size=(len(mentions), len(PAIRS))).astype(np.float32),
        candidates=draw.normal(size=(count, len(CANDIDATE))).astype(np.float32),
        circumstances=draw.normal(size=len(CIRCUMSTANCES)).astype(np.float32),
    )


def _referee() -> ArticleReferences:
    return ArticleReferences(ReferenceHead(_weights()), _reading())


SHE = Span(TEXT.index("she"), TEXT.index("she") + 3)


def test_probabilities_sum_to_one() -> None:
    """Candidates, somebody unnamed and the author share one probability."""
    answer = _referee().refer(_question(SHE, ("Jane Roe", 0), ("Paul Lind", 1), ("Jane", 0)))
    assert len(answer.candidates) == 2
    assert float(answer.candidates.sum()) + answer.unnamed + answer.author == pytest.approx(1.0)
    assert answer.kind in KINDS


def test_nobody_is_unnamed_without_a_phrase() -> None:
    """Where no source stands nobody can be described by it."""
    assert _referee().refer(_question(None, ("Jane Roe", 0))).unnamed == 0.0


def test_a_text_without_candidates_has_an_answer() -> None:
    """Then it is somebody unnamed or the author."""
    answer = _referee().refer(_question(SHE))
    assert len(answer.candidates) == 0
    assert answer.unnamed + answer.author == pytest.approx(1.0)


def test_what_was_asked_before_plays_no_part() -> None:
    """Spans are kept for the next question, and the answer is the same but for how a processor rounds."""
    question = _question(SHE, ("Jane Roe", 0), ("Paul Lind", 1))
    first, again = _referee(), _referee()
    again.refer(_question(None, ("Paul Lind", 0)))
    np.testing.assert_allclose(first.refer(question).candidates, again.refer(question).candidates, rtol=1e-4)


def test_spans_are_pooled_to_first_last_and_mean() -> None:
    """Also where spans overlap, and where one is a single row."""
    hidden = np.arange(12, dtype=np.float32).reshape(4, 3)
    rows = pooled(hidden, np.asarray([[1, 3], [2, 2]]))
    assert np.allclose(rows[0], np.concatenate([hidden[1], hidden[3], hidden[1:4].mean(0)]))
    assert np.allclose(rows[1], np.tile(hidden[2], 3))


def test_a_long_text_costs_no_more_than_the_spans_that_are_asked_about() -> None:
    """What is held beside the states is a small part of them."""
    hidden = np.random.default_rng(5).normal(size=(200_000, STATES)).astype(np.float32)
    reading, head = replace(_reading(), hidden=hidden), ReferenceHead(_weights())
    tracemalloc.start()
    try:
        ArticleReferences(head, reading).refer(_question(SHE, ("Jane Roe", 0), ("Paul Lind", 1)))
        assert tracemalloc.get_traced_memory()[1] < hidden.nbytes / 20
    finally:
        tracemalloc.stop()
