"""Referees for fakes of the model: who is meant, told by plain words instead of a network."""

import numpy as np

from service.analysis.coreference.question import CANDIDATE, PAIRS
from service.core.frames import SpeakerKind
from service.core.references import Reference, ReferenceQuestion

_INSIDE, _BEGINS = PAIRS.index("named_inside"), PAIRS.index("begins")
_SAME_WORDS = PAIRS.index("same_words")
_SPOKE_LAST, _PERSON = CANDIDATE.index("spoke_last"), CANDIDATE.index("person")


class Literal:
    """Whoever the source names; for a pronoun or no source who spoke last, or the last person named; else the phrase.

    Attributes:
        pronouns: sources that mean somebody else.
    """

    def __init__(self, text: str, pronouns: frozenset[str] = frozenset({"he", "she", "they", "it"})) -> None:
        self._text = text
        self.pronouns = pronouns

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Be nine tenths sure."""
        count = len(question.candidates)
        source = question.source.of(self._text).casefold() if question.source else ""
        named = question.pairs[:, _INSIDE] + question.pairs[:, _SAME_WORDS] * (question.pairs[:, _SAME_WORDS] == 1)
        if count and source and source not in self.pronouns and named.any():
            first = np.flatnonzero(named)[0]
            return _sure(count, int(question.owners[first]))
        if source and source not in self.pronouns:
            return _sure(count, count)
        spoke = np.flatnonzero(question.candidates[:, _SPOKE_LAST]) if count else np.zeros(0, np.int64)
        if len(spoke):
            return _sure(count, int(spoke[0]))
        anchor = question.source or question.cue or question.content
        before = [
            (span.end, int(owner))
            for span, owner in zip(question.mentions, question.owners, strict=True)
            if anchor and span.end <= anchor.start and question.candidates[owner][_PERSON]
        ]
        return _sure(count, max(before)[1] if before else count + 1)


class Author:
    """The author says everything: for a model that finds nothing."""

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Be sure."""
        return _sure(len(question.candidates), len(question.candidates) + 1)


def _sure(count: int, at: int) -> Reference:
    spread = np.full(count + 2, 0.1 / (count + 1), dtype=np.float32)
    spread[at] = 0.9
    return Reference(
        candidates=spread[:-2], unnamed=float(spread[-2]), author=float(spread[-1]), kind=SpeakerKind.UNNAMED
    )
