"""The possible targets of a claim: the entities that its own words name or mean, and those named beside it.

What stands in a claim inside the claim is that inner speaker's business.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.within_claims import references
from service.analysis.entities.actor import Actor
from service.analysis.speakers.voice import Voice
from service.core.document import Document
from service.core.model import Where
from service.core.span import Span

MENTIONS = 3  # of one target in one claim: more say nothing new
TARGETS = 12  # of one claim; a list of names is not a set of targets
SENTENCES = 2  # before a claim in which one may be named whom it is aimed at
BESIDE = 4  # of those, how many are asked about


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A possible target of a claim: the actor, and the spans that name or mean it."""

    actor: Actor
    mentions: tuple[Span, ...]
    where: Where
    about: bool = False


class Targets:
    """Whom the claims of one document can be aimed at."""

    def __init__(self, document: Document, actors: Sequence[Actor], mentions: Mentions) -> None:
        self._document = document
        self._actors = actors
        self._index = mentions
        self._rows = sorted((span, number) for number, actor in enumerate(actors) for span in actor.mentions)
        self._starts = [sentence.span.start for sentence in document.sentences]

    def of(self, pieces: Sequence[Span], inner: Sequence[Span], voice: Voice) -> list[Aim]:
        """Return the possible targets of a claim: those it names, those it means, those named beside it.

        Args:
            pieces: the claim's spans.
            inner: spans of the claims inside it, whose words are another speaker's.
            voice: who makes the claim; nobody is asked about himself.
        """
        found: dict[Actor, Aim] = {}
        named = [row for piece in pieces for row in self._mentions(piece.start, piece.end)]
        self._collect(found, [row for row in named if not _in(row[0], inner)], voice, Where.CONTENT)
        if found:  # what a claim is about is what it names most, or first
            subject = max(found.values(), key=lambda aim: (len(aim.mentions), -aim.mentions[0].start))
            found[subject.actor] = replace(subject, about=True)
        meant = [row for piece in pieces for row in references(self._index, piece, voice.actor)]
        self._collect(found, [row for row in meant if not _in(row[0], inner)], voice, Where.ANAPHOR)
        self._collect(found, self._beside(pieces), voice, Where.NEAR)
        return list(found.values())[:TARGETS]

    @staticmethod
    def _collect(found: dict[Actor, Aim], rows: Iterable[tuple[Span, Actor]], voice: Voice, where: Where) -> None:
        gathered: dict[Actor, list[Span]] = {}
        for span, actor in rows:
            if actor is not voice.actor and actor not in found:
                gathered.setdefault(actor, []).append(span)
        for actor, spans in gathered.items():
            found[actor] = Aim(actor=actor, mentions=tuple(spans[:MENTIONS]), where=where)

    def _mentions(self, start: int, end: int) -> Iterator[tuple[Span, Actor]]:
        """Yield the mentions that lie wholly between two positions, in order."""
        for at in range(bisect_left(self._rows, (Span(start, start + 1), -1)), len(self._rows)):
            span, number = self._rows[at]
            if span.start >= end:
                break
            if span.end <= end:
                yield span, self._actors[number]

    def _beside(self, pieces: Sequence[Span]) -> list[tuple[Span, Actor]]:
        """Return the last mentions before the claim and those after it in its sentence, nearest first."""
        at = max(0, bisect_right(self._starts, pieces[0].start) - 1)
        start = self._starts[max(0, at - SENTENCES)]
        end = self._document.sentences[max(0, bisect_right(self._starts, pieces[-1].end - 1) - 1)].span.end
        rows = [row for row in self._mentions(start, end) if not _in(row[0], pieces) and not row[1].unnamed]
        rows.sort(key=lambda row: min(abs(row[0].end - pieces[0].start), abs(row[0].start - pieces[-1].end)))
        nearest: dict[Actor, Span] = {}
        for span, actor in rows:
            nearest.setdefault(actor, span)
        return [(span, actor) for actor, span in nearest.items()][:BESIDE]


def _in(span: Span, pieces: Sequence[Span]) -> bool:
    return any(piece.overlaps(span) for piece in pieces)
