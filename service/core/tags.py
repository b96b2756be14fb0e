"""Tag scores to spans: a linear-chain conditional random field over begin, inside, end, single and outside.

Each layer of tags is a chain of its own, because roles overlap: a content holds the sources and cues of what is quoted
inside it. The best chain is Viterbi's; the probability that exactly this span stands here is the chain's own (Lafferty
et al., ICML 2001), not a guess from single tokens, and is what calibration starts from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.core.frames import Span
from service.core.ports import Floats, Tokens

Doubles = NDArray[np.float64]

FORBIDDEN = -1e4  # a score that no chain survives, yet finite: sums of it stay numbers
QUOTES = "\"“”„‟«»‹›‘’‚‛'`"
_STATES = 4  # begin, inside, end, single, in this order for each type, after the one outside state


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One chain of tags.

    Attributes:
        name: what the layer marks.
        types: the types that a span of it can have.
        column: the first of its `states` columns in the encoder's tag scores.
        transitions: learned scores, shape (states, states), from row to column, forbidden ones set to `FORBIDDEN`.
    """

    name: str
    types: tuple[str, ...]
    column: int
    transitions: Doubles

    @property
    def states(self) -> int:
        """Return how many columns the layer takes."""
        return 1 + _STATES * len(self.types)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedSpan:
    """Tokens `first` to `last`, both within, of one type, and the chain's probability of exactly this span."""

    first: int
    last: int
    type: str
    probability: float


def allowed(types: int) -> NDArray[np.bool_]:
    """Return which state may follow which, shape (states, states).

    State 0 is outside; of type t, states 1 + 4t to 4 + 4t are begin, inside, end, single.
    """
    states = 1 + _STATES * types
    table = np.zeros((states, states), dtype=np.bool_)
    opens = [0, *(1 + _STATES * t for t in range(types)), *(4 + _STATES * t for t in range(types))]
    closes = [0, *(3 + _STATES * t for t in range(types)), *(4 + _STATES * t for t in range(types))]
    for state in closes:
        table[state, opens] = True
    for t in range(types):
        begin, inside, end = (offset + _STATES * t for offset in (1, 2, 3))
        table[begin, [inside, end]] = True
        table[inside, [inside, end]] = True
    return table


def decode(scores: Floats, layer: Layer) -> list[TaggedSpan]:
    """Return the spans of the best chain through `scores`, in order.

    Args:
        scores: the encoder's tag scores of one whole text, shape (tokens, all columns).
        layer: which columns to read, and the transitions.
    """
    if len(scores) == 0:
        return []
    emissions = scores[:, layer.column : layer.column + layer.states].astype(np.float64)
    types = len(layer.types)
    opens = np.full(layer.states, FORBIDDEN)
    closes = np.full(layer.states, FORBIDDEN)
    opens[[0, *(1 + _STATES * t for t in range(types)), *(4 + _STATES * t for t in range(types))]] = 0.0
    closes[[0, *(3 + _STATES * t for t in range(types)), *(4 + _STATES * t for t in range(types))]] = 0.0
    path = _best_path(emissions, layer.transitions, opens, closes)
    spans = _spans_of(path)
    if not spans:
        return []
    forward = _forward(emissions, layer.transitions, opens)
    backward = _backward(emissions, layer.transitions, closes)
    total = _logsumexp(forward[-1] + closes)
    steps = emissions[1:][np.arange(len(path) - 1), path[1:]] + layer.transitions[path[:-1], path[1:]]
    along = np.concatenate([[0.0], np.cumsum(steps)])
    found: list[TaggedSpan] = []
    for first, last in spans:
        inner = along[last] - along[first]
        log_probability = forward[first, path[first]] + inner + backward[last, path[last]] - total
        found.append(
            TaggedSpan(
                first=first,
                last=last,
                type=layer.types[(int(path[first]) - 1) // _STATES],
                probability=float(np.exp(min(0.0, log_probability))),
            )
        )
    return found


def trim(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space and quotation marks at its edges, or None where nothing is left."""
    while start < end and (text[start].isspace() or text[start] in QUOTES):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in QUOTES):
        end -= 1
    return Span(start, end) if start < end else None


def characters(text: str, tokens: Tokens, first: int, last: int) -> Span | None:
    """Return the trimmed characters under the tokens `first` to `last`, both within."""
    return trim(text, int(tokens.start[first]), int(tokens.end[last]))


def tokens_under(tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    """Return the first and last token that share a character with `start` to `end`, or None where there is none."""
    first = int(np.searchsorted(tokens.end, start, side="right"))
    last = int(np.searchsorted(tokens.start, end, side="left")) - 1
    return (first, last) if first <= last else None


def _spans_of(path: NDArray[np.int64]) -> list[tuple[int, int]]:
    place = (path - 1) % _STATES
    inside = path > 0
    firsts = np.flatnonzero(inside & ((place == 0) | (place == _STATES - 1)))
    lasts = np.flatnonzero(inside & (place >= _STATES - 2))
    return [(int(first), int(last)) for first, last in zip(firsts, lasts, strict=True)]


def _best_path(emissions: Doubles, transitions: Doubles, opens: Doubles, closes: Doubles) -> NDArray[np.int64]:
    tokens, states = emissions.shape
    came_from = np.zeros((tokens, states), dtype=np.int64)
    score = emissions[0] + opens
    columns = np.arange(states)
    for at in range(1, tokens):
        through = score[:, None] + transitions
        best = through.argmax(axis=0)
        came_from[at] = best
        score = through[best, columns] + emissions[at]
    path = np.zeros(tokens, dtype=np.int64)
    path[-1] = int((score + closes).argmax())
    for at in range(tokens - 1, 0, -1):
        path[at - 1] = came_from[at, path[at]]
    return path


def _forward(emissions: Doubles, transitions: Doubles, opens: Doubles) -> Doubles:
    """Return the log sum of all chains up to each token, its own score counted, shape (tokens, states)."""
    table = np.empty_like(emissions)
    table[0] = emissions[0] + opens
    for at in range(1, len(emissions)):
        table[at] = _logsumexp(table[at - 1][:, None] + transitions) + emissions[at]
    return table


def _backward(emissions: Doubles, transitions: Doubles, closes: Doubles) -> Doubles:
    """Return the log sum of all chains after each token, its own score not counted, shape (tokens, states)."""
    table = np.empty_like(emissions)
    table[-1] = closes
    for at in range(len(emissions) - 2, -1, -1):
        table[at] = _logsumexp((transitions + (emissions[at + 1] + table[at + 1])[None, :]).T)
    return table


def _logsumexp(values: Doubles) -> Doubles:
    """Return the log of the sum of exponentials over the first axis."""
    highest = values.max(axis=0)
    summed: Doubles = np.log(np.exp(values - highest).sum(axis=0)) + highest
    return summed


def layers_of(table: Sequence[tuple[str, Sequence[str], int, Sequence[Sequence[float]]]]) -> tuple[Layer, ...]:
    """Build layers from rows of name, types, first column and transitions, as an artifact's manifest holds them."""
    return tuple(
        Layer(name=name, types=tuple(types), column=column, transitions=np.asarray(transitions, dtype=np.float64))
        for name, types, column, transitions in table
    )
