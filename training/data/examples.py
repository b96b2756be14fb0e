"""Examples: a window of token ids with all its labels, offsets converted to tokens."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from service.core.model import Tokens
from service.inference.crf import tokens_under
from training.data.readers import Offsets

STANCES = ("favor", "against", "neutral")
DIRECTIONS = ("neutral", "p_to_q_positive", "p_to_q_negative", "q_to_p_positive", "q_to_p_negative")
AUTHOR_LABELS = {"positive": "favor", "negative": "against", "neutral": "neutral"}
DISCOURSE_ROLES = (
    "Main",
    "Main_Consequence",
    "Cause_Specific",
    "Cause_General",
    "Distant_Historical",
    "Distant_Anecdotal",
    "Distant_Evaluation",
    "Distant_Expectations_Consequences",
)


Pieces = tuple[tuple[int, int], ...]  # first and last token of each piece of a span, both within


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A stance question: indices into the window's spans (holder -1: the author) and the number of the answer."""

    claim: int
    holder: int
    target: int
    label: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A stance question and how a teacher spreads its answer: over three labels, or over the five directions."""

    claim: int
    holder: int
    target: int
    said: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Antecedents:
    """Which of some spans of the window an anaphor means.

    Attributes:
        anaphor: an index into the window's spans.
        candidates: indices of those that it may mean, at least one.
        right: those of them that it means; none if it means somebody else.
    """

    anaphor: int
    candidates: tuple[int, ...]
    right: frozenset[int]


@dataclass(slots=True, kw_only=True)
class Example:
    """One window. An empty field means unknown, not absent: it does not contribute to the loss.

    Attributes:
        ids: token ids with shapes, without special tokens.
        states: by tag layer, the state of each token.
        spans: the spans that the other fields point at.
        roles: by role, which spans of an attribution article have it, in order, for links.
        owners: by span, the attributions that it belongs to.
        frame: stance questions answered by gold frames.
        second: the same, where the window is one claim read a second time (`second_examples`).
        directed: (holder p, target q, sentence, label).
        author: stance questions about the author.
        worth: (span, label) of frames.
        discourse: (span, role or -1, speech).
        antecedents: whom spans mean.
        taught_directed: directed questions answered by a teacher.
        taught_author: author questions answered by a teacher.
    """

    ids: NDArray[np.int64]
    states: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    spans: list[Pieces] = field(default_factory=list)
    roles: dict[str, list[int]] = field(default_factory=dict)
    owners: dict[int, frozenset[str]] = field(default_factory=dict)
    frame: list[Query] = field(default_factory=list)
    second: list[Query] = field(default_factory=list)
    directed: list[tuple[int, int, int, int]] = field(default_factory=list)
    author: list[Query] = field(default_factory=list)
    worth: list[tuple[int, bool]] = field(default_factory=list)
    discourse: list[tuple[int, int, bool]] = field(default_factory=list)
    antecedents: list[Antecedents] = field(default_factory=list)
    taught_directed: list[Lesson] = field(default_factory=list)
    taught_author: list[Lesson] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Return the tokens of the window, special tokens counted."""
        return len(self.ids) + 2

    def add(self, pieces: Pieces) -> int:
        """Add a span, or find it, and return its index."""
        if pieces not in self.spans:
            self.spans.append(pieces)
        return self.spans.index(pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A text and a topic, for the pairwise pass, and how the answer spreads over favor, against and neutral."""

    text: NDArray[np.int64]
    topic: NDArray[np.int64]
    said: tuple[float, ...]

    @property
    def length(self) -> int:
        """Return the tokens of both, special tokens counted."""
        return len(self.text) + len(self.topic) + 3


def mark(states: NDArray[np.int64], place: tuple[int, int] | None, kind: int = 0) -> None:
    """Write the states of one span of a kind (BIOES) where no other span stands; without a place, nothing."""
    if place is None or states[place[0] : place[1] + 1].any():
        return
    first, last = place
    offset = 1 + 4 * kind
    if first == last:
        states[first] = offset + 3
    else:
        states[first] = offset
        states[first + 1 : last] = offset + 1
        states[last] = offset + 2


def within(tokens: Tokens, spans: Iterable[Offsets], start: int, end: int) -> Pieces | None:
    """Return the spans as tokens of the window `start` to `end`, or None if one does not lie wholly inside."""
    pieces: list[tuple[int, int]] = []
    for span in spans:
        place = tokens_under(tokens, *span)
        if place is None or place[0] < start or place[1] >= end:
            return None
        pieces.append((place[0] - start, place[1] - start))
    return tuple(sorted(pieces)) or None
