"""A question about a reference, its answer, and the port that answers: whom does the text mean here?"""

from dataclasses import dataclass
from typing import Protocol

from service.core.frames import SpeakerKind
from service.core.model import Floats, Ints
from service.core.span import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceQuestion:
    """Whom does the text mean here, of n candidates who are named or described at m places?

    Attributes:
        source: the phrase that says who speaks; None where nothing does.
        cue: the words that report the speech, if any.
        content: from the first to the last character of what is said; None where nothing is.
        mentions: the m places.
        owners: which candidate each of them names, shape (m,), from 0 to n - 1.
        pairs: how each place lies toward the phrase, shape (m, features).
        candidates: what is known of each candidate, shape (n, features).
        circumstances: what is known of the phrase, shape (features,).
    """

    source: Span | None
    cue: Span | None
    content: Span | None
    mentions: tuple[Span, ...]
    owners: Ints
    pairs: Floats
    candidates: Floats
    circumstances: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Whom the text means: calibrated probabilities that sum to one.

    Attributes:
        candidates: that it is each of them, shape (n,).
        unnamed: that it is somebody whom only this phrase describes.
        author: that it is the author.
        kind: what kind of speaker it is if unnamed.
    """

    candidates: Floats
    unnamed: float
    author: float
    kind: SpeakerKind


class Referee(Protocol):
    """Who tells whom the phrases of one article mean."""

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Score the candidates."""
        ...
