"""Tag scores to spans."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from service.core.model import Tokens
from service.core.span import Span
from service.inference import crf
from service.inference.crf import FORBIDDEN, Layer, TaggedSpan, allowed, characters, tokens_under, trim
from service.inference.crf import decode as decode_layers

OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)


def layer(types: tuple[str, ...] = ("content",), transitions: np.ndarray | None = None) -> Layer:
    """Return a layer that forbids what is not a chain and prefers nothing."""
    free = np.where(allowed(len(types)), 0.0, FORBIDDEN)
    return Layer(name="layer", types=types, column=0, transitions=free if transitions is None else free + transitions)


def scores(*states: int, count: int = 5, margin: float = 9.0) -> np.ndarray:
    """Return scores that clearly mean these states."""
    return (np.eye(count)[list(states)] * margin).astype(np.float32)


def decode(emissions: np.ndarray, chain: Layer) -> list[TaggedSpan]:
    """Decode one layer beside another of more types, which must make no difference."""
    other = layer(("person", "location"))
    beside = np.concatenate([emissions, np.zeros((len(emissions), 9), dtype=np.float32)], axis=1)
    wide = Layer(name="beside", types=other.types, column=emissions.shape[1], transitions=other.transitions)
    return decode_layers(beside, [chain, wide])[0]


def test_clear_scores_give_their_spans() -> None:
    """A span of three tokens and one of a single token come out as they are, and surely."""
    found = decode(scores(OUTSIDE, BEGIN, INSIDE, END, OUTSIDE, SINGLE), layer())
    assert [(span.first, span.last) for span in found] == [(1, 3), (5, 5)]
    assert all(span.probability > 0.99 for span in found)


def test_neighbouring_spans_stay_apart() -> None:
    """Two spans that touch are two spans."""
    found = decode(scores(BEGIN, END, BEGIN, END, SINGLE, SINGLE), layer())
    assert [(span.first, span.last) for span in found] == [(0, 1), (2, 3), (4, 4), (5, 5)]


def test_types_are_told_apart() -> None:
    """A span has the type of its own four states."""
    found = decode(scores(1, 3, 0, 8, count=9), layer(("person", "location")))
    assert [(span.first, span.last, span.type) for span in found] == [(0, 1, "person"), (3, 3, "location")]


def test_a_span_that_would_break_off_is_mended_or_dropped() -> None:
    """Tokens that look inside with neither begin nor end never leave half a span behind."""
    found = decode(scores(OUTSIDE, INSIDE, INSIDE, OUTSIDE, margin=2.0), layer())
    assert all(0 <= span.first <= span.last < 4 for span in found)
    assert decode(scores(BEGIN, margin=0.5), layer())[:1] == []


def test_no_span_runs_over_a_break() -> None:
    """Where a paragraph begins, what looks like one span becomes two, or ends."""
    whole = scores(BEGIN, INSIDE, INSIDE, INSIDE, END, margin=3.0)
    assert [(span.first, span.last) for span in decode_layers(whole, [layer()])[0]] == [(0, 4)]
    for at in range(1, 5):
        found = decode_layers(whole, [layer()], [at])[0]
        assert found
        assert all(span.last < at or span.first >= at for span in found)


def test_no_tokens_give_no_spans() -> None:
    """A text without tokens has no spans."""
    assert decode(np.zeros((0, 5), dtype=np.float32), layer()) == []


def test_a_long_text_is_decoded_in_blocks_that_end_at_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its spans, places and probabilities are those of the whole; a text without a break is cut all the same."""
    chain = scores(OUTSIDE, BEGIN, INSIDE, END, OUTSIDE, SINGLE, OUTSIDE)
    long = np.concatenate([chain] * 40)
    breaks = [7 * n for n in range(1, 40) if n % 3]
    whole = decode_layers(long, [layer()], breaks)[0]
    assert len(whole) == 80
    monkeypatch.setattr(crf, "_BLOCK", 25)
    cut = decode_layers(long, [layer()], breaks)[0]
    assert [(span.first, span.last, span.type) for span in cut] == [
        (span.first, span.last, span.type) for span in whole
    ]
    assert [span.probability for span in cut] == pytest.approx([span.probability for span in whole], abs=1e-3)
    assert sum(span.first == span.last for span in decode_layers(long, [layer()])[0]) >= 40


def test_the_memory_of_decoding_does_not_grow_with_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the length of a block, a text of four times as many tokens takes no more than half as much again."""
    monkeypatch.setattr(crf, "_BLOCK", 2_048)

    def peak(blocks: int) -> int:
        emissions = np.zeros((blocks * crf._BLOCK, 21), dtype=np.float32)
        chains = [layer(tuple("abcde"))] * 3
        tracemalloc.start()
        decode_layers(emissions, chains)
        try:
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(4) < 1.5 * peak(1)


@settings(deadline=None, max_examples=60)  # every chain is counted; a busy machine takes its time
@given(
    arrays(np.float32, st.tuples(st.integers(1, 5), st.just(5)), elements=st.floats(-4, 4, width=16)),
    arrays(np.float64, (5, 5), elements=st.floats(-2, 2)),
)
def test_the_best_chain_and_its_probability_are_those_of_all_chains(emissions: np.ndarray, table: np.ndarray) -> None:
    """Against every chain counted one by one: the spans are the best chain's, the probability is exact."""
    chains = layer(transitions=table)
    tokens = len(emissions)
    weights: dict[tuple[int, ...], float] = {}
    for path in itertools.product(range(5), repeat=tokens):
        starts, ends = path[0] in (OUTSIDE, BEGIN, SINGLE), path[-1] in (OUTSIDE, END, SINGLE)
        if starts and ends and all(allowed(1)[a, b] for a, b in itertools.pairwise(path)):
            steps = sum(chains.transitions[a, b] for a, b in itertools.pairwise(path))
            weights[path] = float(steps + sum(float(emissions[i, state]) for i, state in enumerate(path)))
    best = max(weights.values())
    found = decode(emissions, chains)
    chosen = [OUTSIDE] * tokens
    for span in found:
        chosen[span.first : span.last + 1] = (
            [SINGLE] if span.first == span.last else [BEGIN, *[INSIDE] * (span.last - span.first - 1), END]
        )
    assert weights[tuple(chosen)] == pytest.approx(best, abs=1e-4)
    total = sum(np.exp(weight - best) for weight in weights.values())
    for span in found:
        piece = chosen[span.first : span.last + 1]
        share = sum(
            np.exp(weight - best) for path, weight in weights.items() if list(path[span.first : span.last + 1]) == piece
        )
        assert span.probability == pytest.approx(share / total, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" “We go,” ", "We go,"),
        ("‘“Nested”’", "Nested"),
        ("half of “them”", "half of “them"),
        ("plain", "plain"),
        ("\u00a0“é” ", "é"),
    ],
)
def test_trimming_takes_outer_white_space_and_quotation_marks(text: str, expected: str) -> None:
    """Only the edges lose marks; what is inside stays."""
    span = trim(text, 0, len(text))
    assert span is not None
    assert span.of(text) == expected


@pytest.mark.parametrize("text", ["", "“”", " \n"])
def test_nothing_but_marks_is_no_span(text: str) -> None:
    """A span of quotation marks alone is none."""
    assert trim(text, 0, len(text)) is None


def test_characters_and_tokens_lead_back_to_each_other() -> None:
    """Tokens under a span and the characters of these tokens agree; what lies between tokens has none."""
    tokens = Tokens(ids=np.arange(3), start=np.asarray([0, 4, 9]), end=np.asarray([3, 8, 12]))
    text = "one four two"
    assert tokens_under(tokens, 4, 12) == (1, 2)
    assert characters(text, tokens, 1, 2) == Span(4, 12)
    assert tokens_under(tokens, 5, 6) == (1, 1)
    assert tokens_under(tokens, 3, 4) is None
