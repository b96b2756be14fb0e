"""Heads over many spans at once say what they say of each by itself."""

import math
import tracemalloc
from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.inference import span_rows
from service.inference.heads import SpanPooling, StanceHead, softmax
from service.inference.span_rows import Pieces, blocks_of, rows_of
from service.inference.tag_layers import CONTEXT_HEADS

TOKENS, WIDTH, SPAN = 90, 16, 8

pieces = st.tuples(st.integers(0, TOKENS - 1), st.integers(0, 60)).map(
    lambda found: (found[0], min(found[0] + found[1], TOKENS - 1))
)
spans = st.lists(st.lists(pieces, min_size=1, max_size=3).map(tuple), min_size=1, max_size=30)


def of(span: Pieces) -> list[int]:
    """Return the rows of one span."""
    return sorted({row for first, last in span for row in range(first, last + 1)})


@given(spans)
@settings(deadline=None)
def test_every_span_is_in_one_block(found: list[Pieces]) -> None:
    """The blocks hold each span once, with its rows in order and weights of a mean that leave out the padding."""
    seen: list[int] = []
    for block in blocks_of(rows_of(found), WIDTH):
        for at, rows, padding, shares in zip(block.spans, block.rows, block.padding, block.shares, strict=True):
            real = np.isfinite(padding)
            assert rows[real].tolist() == of(found[at])
            assert rows[-1] == of(found[at])[-1]
            assert shares.tolist() == pytest.approx(np.where(real, 1 / real.sum(), 0).tolist())
            seen.append(int(at))
    assert sorted(seen) == list(range(len(found)))


def test_what_is_gathered_at_a_time_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many spans there are, a block holds no more numbers than allowed, and padding is a third at most."""
    monkeypatch.setattr(span_rows, "_BLOCK", 40 * WIDTH)
    found: list[Pieces] = [((first, first + size - 1),) for size in range(1, 81) for first in (0, 3, 9)]
    for block in blocks_of(rows_of(found), WIDTH):
        assert block.rows.size <= 40 or len(block.rows) == 1
        assert (np.isfinite(block.padding).sum(axis=1) >= 2 / 3 * block.rows.shape[1]).all()


class Names(dict[str, np.ndarray]):
    """Weights of any name, drawn when they are asked for."""

    SIZES: ClassVar = {
        "attention": (1, WIDTH),
        "query": (SPAN, 3 * SPAN),
        "hidden": (SPAN, 7 * SPAN),
        "frame": (3, SPAN),
    }

    def __missing__(self, name: str) -> np.ndarray:
        """Draw a weight."""
        _, layer, kind = name.rsplit(".", 2) if name.count(".") > 1 else ("", name.partition(".")[2], "bias")
        default = (SPAN, WIDTH) if layer in {"key", "value"} else (SPAN, 4 * WIDTH)
        outputs, inputs = self.SIZES.get(layer, default)
        chance = np.random.default_rng(sum(map(ord, name)))
        shape = (outputs, inputs) if kind == "weight" else (outputs,)
        self[name] = (chance.standard_normal(shape) / math.sqrt(inputs)).astype(np.float32)
        return self[name]

    def __contains__(self, name: object) -> bool:
        """Return whether there is a weight of that name: of one task alone."""
        return name == "stance.frame.weight"


@pytest.fixture
def hidden() -> np.ndarray:
    """Return the states of a text."""
    return np.random.default_rng(3).standard_normal((TOKENS, WIDTH)).astype(np.float32)


SPANS: list[Pieces] = [((0, 0),), ((5, 9),), ((2, 30), (40, 41)), ((7, 9), (8, 12)), ((0, 89),), ((88, 89),)]


def test_pooling_is_first_last_mean_and_weighted_mean(hidden: np.ndarray) -> None:
    """Each span's vector is what the definition gives for it alone."""
    weights = Names()
    found = SpanPooling(weights, "pool")(hidden, SPANS)
    for span, vector in zip(SPANS, found, strict=True):
        rows = hidden[of(span)]
        attention = softmax(rows @ weights["pool.attention.weight"][0] + weights["pool.attention.bias"])
        expected = np.concatenate([rows[0], rows[-1], rows.mean(axis=0), attention @ rows])
        np.testing.assert_allclose(vector, expected, atol=1e-6)


def queries() -> Iterator[tuple[Pieces, Pieces | None, Pieces]]:
    """Return queries of all spans, with and without a holder."""
    for at, claim in enumerate(SPANS):
        yield claim, None if at % 2 else SPANS[at - 1], SPANS[at - 2]


def test_a_stance_does_not_depend_on_what_else_is_asked(hidden: np.ndarray) -> None:
    """All queries at once get the answers that each gets alone."""
    head = StanceHead(Names())
    asked = list(queries())
    together = head(hidden, asked, "frame")
    alone = np.concatenate([head(hidden, [query], "frame") for query in asked])
    assert np.ptp(together) > 0.1
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_a_query_looks_at_the_tokens_of_its_spans(hidden: np.ndarray) -> None:
    """The context is attention with keys and values of every token of the three spans (Vaswani et al., 2017)."""
    weights = Names()
    head, asked = StanceHead(weights), list(queries())
    wanted = np.random.default_rng(5).standard_normal((len(asked), SPAN)).astype(np.float32)
    found = head._context(hidden, asked, wanted)
    size = SPAN // CONTEXT_HEADS
    for query, own, context in zip(asked, wanted, found, strict=True):
        rows = hidden[of(tuple(piece for span in query if span for piece in span))]
        keys, values = (
            rows @ weights[f"stance.{name}.weight"].T + weights[f"stance.{name}.bias"] for name in ("key", "value")
        )
        for at in range(CONTEXT_HEADS):
            part = slice(at * size, (at + 1) * size)
            attention = softmax(keys[:, part] @ own[part] / math.sqrt(size))
            np.testing.assert_allclose(context[part], attention @ values[:, part], atol=1e-6)


def test_spans_as_long_as_the_text_are_gathered_one_by_one() -> None:
    """Several of them take the memory of one, beside the states themselves."""
    states = np.zeros((8_192, 512), dtype=np.float32)
    whole: list[Pieces] = [((0, 8_191),), ((0, 300), (301, 8_191)), ((0, 5_000), (4_000, 8_191))]
    weights = Names({name: np.zeros((SPAN, 512), np.float32) for name in ("stance.key.weight", "stance.value.weight")})
    weights["pool.attention.weight"] = np.zeros((1, 512), np.float32)
    pool, head = SpanPooling(weights, "pool"), StanceHead(weights)
    asked = [(claim, None, ((5, 9),)) for claim in whole]
    wanted = np.zeros((len(asked), SPAN), np.float32)
    assert _peak(lambda: pool(states, whole)) < 1.5 * states.nbytes
    assert _peak(lambda: head._context(states, asked, wanted)) < 1.5 * states.nbytes


def _peak(work: Callable[[], object]) -> int:
    """Return how many bytes are held at once while this is done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
