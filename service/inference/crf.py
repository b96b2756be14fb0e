"""Tag scores to spans: a linear-chain conditional random field over begin, inside, end, single and outside.

Each layer of tags is a chain of its own, because roles overlap: a content holds the sources and cues of what is quoted
inside it. The best chain is Viterbi's; the probability that exactly this span stands here is the chain's own (Lafferty
et al., ICML 2001), not a guess from single tokens, and is what calibration starts from.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from service.core.deadline import in_time
from service.core.model import Floats, Ints, Tokens
from service.core.quotation_marks import MARKS
from service.core.span import Span

Doubles = NDArray[np.float64]

FORBIDDEN = -1e4  # a score that no chain survives, yet finite: sums of it stay numbers
_BLOCK = 1 << 14  # tokens that are decoded together, two thirds of the longest reportage: some 160 MiB
_STATES = 4  # begin, inside, end, single, in this order for each type, after the one outside state
_GOING_ON = (1, 2)  # inside and end: the states that need a token of their span before them


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


def decode(scores: Floats, layers: Sequence[Layer], breaks: Sequence[int] = ()) -> list[list[TaggedSpan]]:
    """Return, for each layer, the spans of the best chain through `scores`, in order.

    All layers go through the tokens together, padded to the widest: time is in the steps, not in the states. A text of
    more than `_BLOCK` tokens is decoded in blocks, whose chains do not know each other. They end where a paragraph
    does; a paragraph that is longer is cut hard.

    Args:
        scores: the encoder's tag scores of one whole text, shape (tokens, all columns).
        layers: which columns to read, and the transitions.
        breaks: tokens that begin a paragraph. No span runs over one: of 23,289 contents of PolNeAR a single one does.
    """
    found: list[list[TaggedSpan]] = [[] for _ in layers]
    for start, end in _blocks(len(scores), breaks):
        in_time()
        own = [at - start for at in breaks if start < at < end]
        for spans, more in zip(found, _decoded(scores[start:end], layers, own), strict=True):
            spans.extend(replace(span, first=span.first + start, last=span.last + start) for span in more)
    return found


def _blocks(tokens: int, breaks: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield start and end of the blocks of a text."""
    start = 0
    while start < tokens:
        end = min(start + _BLOCK, tokens)
        if end < tokens:
            end = max((at for at in breaks if start < at <= end), default=end)
        yield start, end
        start = end


def _decoded(scores: Floats, layers: Sequence[Layer], breaks: Sequence[int]) -> list[list[TaggedSpan]]:
    """Decode the tokens of one block."""
    width = max(layer.states for layer in layers)
    emissions = np.full((len(scores), len(layers), width), FORBIDDEN)
    transitions = np.full((len(layers), width, width), FORBIDDEN)
    edges = np.full((2, len(layers), width), FORBIDDEN)
    for index, layer in enumerate(layers):
        states = layer.states
        emissions[:, index, :states] = scores[:, layer.column : layer.column + states]
        transitions[index, :states, :states] = layer.transitions
        edges[:, index, :states] = np.where(_edges(len(layer.types)), 0.0, FORBIDDEN)
    going_on = np.flatnonzero(np.isin((np.arange(width) - 1) % _STATES, _GOING_ON))
    emissions[np.asarray(breaks, dtype=np.int64)[:, None], :, going_on] = FORBIDDEN
    emissions -= emissions.max(axis=2, keepdims=True)  # a constant per token, which does not change the order of chains
    paths = _best_paths(emissions, transitions, edges)
    before, after, total = _sums(emissions, transitions, edges)
    return [
        _spans(
            layer,
            paths[:, index],
            emissions[:, index],
            transitions[index],
            before[:, index],
            after[:, index],
            total[index],
        )
        for index, layer in enumerate(layers)
    ]


def _edges(types: int) -> NDArray[np.bool_]:
    """Return which states may begin and which may end a text, shape (2, states)."""
    table = np.zeros((2, 1 + _STATES * types), dtype=np.bool_)
    table[:, 0] = True
    for t in range(types):
        table[0, [1 + _STATES * t, 4 + _STATES * t]] = True
        table[1, [3 + _STATES * t, 4 + _STATES * t]] = True
    return table


def _spans(
    layer: Layer, path: Ints, emissions: Doubles, transitions: Doubles, before: Doubles, after: Doubles, total: float
) -> list[TaggedSpan]:
    place = (path - 1) % _STATES
    firsts = np.flatnonzero((path > 0) & ((place == 0) | (place == _STATES - 1)))
    lasts = np.flatnonzero((path > 0) & (place >= _STATES - 2))
    steps = emissions[np.arange(1, len(path)), path[1:]] + transitions[path[:-1], path[1:]]
    along = np.concatenate([[0.0], np.cumsum(steps)])
    found: list[TaggedSpan] = []
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        log_probability = before[first, path[first]] + along[last] - along[first] + after[last, path[last]] - total
        found.append(
            TaggedSpan(
                first=first,
                last=last,
                type=layer.types[(int(path[first]) - 1) // _STATES],
                probability=math.exp(min(0.0, log_probability)),
            )
        )
    return found


def trim(text: str, start: int, end: int) -> Span | None:
    """Return the span without white space and quotation marks at its edges, or None where nothing is left."""
    while start < end and (text[start].isspace() or text[start] in MARKS):
        start += 1
    while end > start and (text[end - 1].isspace() or text[end - 1] in MARKS):
        end -= 1
    return Span(start, end) if start < end else None


def characters(text: str, tokens: Tokens, first: int, last: int) -> Span | None:
    """Return the trimmed characters under the tokens `first` to `last`, both within."""
    return trim(text, int(tokens.start[first]), int(tokens.end[last]))


def tokens_under(tokens: Tokens, start: int, end: int) -> tuple[int, int] | None:
    """Return the first and last token that share a character with `start` to `end`, or None where there is none."""
    first = int(tokens.end.searchsorted(start, side="right"))
    last = int(tokens.start.searchsorted(end, side="left")) - 1
    return (first, last) if first <= last else None


def _best_paths(emissions: Doubles, transitions: Doubles, edges: Doubles) -> Ints:
    """Return the best chain of each layer (Viterbi), shape (tokens, layers)."""
    tokens, layers, _ = emissions.shape
    table = np.empty_like(emissions)
    table[0] = emissions[0] + edges[0]
    for at in range(1, tokens):
        np.add((table[at - 1][:, :, None] + transitions).max(axis=1), emissions[at], out=table[at])
    paths = np.empty((tokens, layers), dtype=np.int64)
    paths[-1] = (table[-1] + edges[1]).argmax(axis=1)
    into = transitions.transpose(0, 2, 1)  # rows by the state that a step ends in
    rows = np.arange(layers)
    for at in range(tokens - 1, 0, -1):
        paths[at - 1] = (table[at - 1] + into[rows, paths[at]]).argmax(axis=1)
    return paths


def _sums(emissions: Doubles, transitions: Doubles, edges: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return the log sums of all chains up to each token, after it, and in all (Rabiner, 1989, with scaling).

    Shapes (tokens, layers, states) twice, and (layers,). A token's own score counts in the first, not in the second.
    Both directions are one walk: the way back is the way there over turned transitions, from the last token on.
    """
    tokens, layers, _ = emissions.shape
    odds = np.exp(emissions)
    steps = np.exp(transitions)
    both = np.concatenate([steps, steps.transpose(0, 2, 1)])
    towards = np.concatenate([odds, odds[::-1]], axis=1)
    table = np.empty_like(towards)
    sums = np.empty((tokens, 2 * layers, 1))
    current = towards[0] * np.exp(edges).reshape(2 * layers, -1)
    for at in range(tokens):
        if at:
            current = np.matmul(table[at - 1][:, None, :], both)[:, 0] * towards[at]
        sums[at] = current.sum(axis=1, keepdims=True)
        np.divide(current, sums[at], out=table[at])
    scale = np.cumsum(np.log(sums), axis=0)
    with np.errstate(divide="ignore"):
        before = np.log(table[:, :layers]) + scale[:, :layers]
        after = np.empty_like(emissions)
        after[-1] = edges[1]
        back, back_scale = table[::-1, layers:], scale[::-1, layers:]
        after[:-1] = np.log(np.einsum("tlj,lij->tli", back[1:], steps)) + back_scale[1:]
    ends = before[-1] + edges[1]
    highest = ends.max(axis=1)
    total: Doubles = highest + np.log(np.exp(ends - highest[:, None]).sum(axis=1))
    return before, after, total


def layers_of(table: Sequence[tuple[str, Sequence[str], int, Sequence[Sequence[float]]]]) -> tuple[Layer, ...]:
    """Build layers from rows of name, types, first column and transitions, as an artifact's manifest holds them."""
    return tuple(
        Layer(name=name, types=tuple(types), column=column, transitions=np.asarray(transitions, dtype=np.float64))
        for name, types, column, transitions in table
    )
