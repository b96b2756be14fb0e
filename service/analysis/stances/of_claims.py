"""Stances: what the speaker of a claim thinks of those whom the claim names, then summed over the article.

The targets of a claim are the entities that its own words name or mean, and those named beside it; what stands in a
claim inside it is that inner speaker's business. Favor and against are said where the model is sure enough; neutral
only of what the claim is about.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.analysis.coreference.pronouns import Casting
from service.analysis.coreference.within_claims import references
from service.analysis.entities.cluster import Actor
from service.analysis.speakers.resolve import Voice
from service.analysis.text.document import Document
from service.core.frames import AUTHOR, Claim, ClaimStance, HolderStance, StanceLabel
from service.core.model import Floats, StanceQuery, Where
from service.core.span import Span

LABELS = (StanceLabel.FAVOR, StanceLabel.AGAINST, StanceLabel.NEUTRAL)  # the model's order
MENTIONS = 3  # of one target in one claim: more say nothing new
TARGETS = 12  # of one claim; a list of names is no set of targets
SENTENCES = 2  # before a claim in which one may be named whom it is aimed at
BESIDE = 4  # of those, how many are asked about
_NEUTRAL = 0.5


# Least probabilities for favor or against where a model's manifest tells none: the further the target, the surer. F1 is
# highest where the threshold is half of it, so for a model that is right half the time these stand low; the confidence
# is told.
SURE = {Where.CONTENT: 0.25, Where.ANAPHOR: 0.4, Where.NEAR: 0.6}
AUTHOR_SURE = 0.6  # the same for the author: news reports, and a reporter who takes sides does it plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A possible target of a claim: the actor, and the spans that name or mean it."""

    actor: Actor
    mentions: tuple[Span, ...]
    where: Where
    about: bool = False


class Targets:
    """Whom the claims of one document can be aimed at."""

    def __init__(self, document: Document, actors: Sequence[Actor], casting: Casting) -> None:
        self._document = document
        self._actors = actors
        self._casting = casting
        self._rows = sorted((span, number) for number, actor in enumerate(actors) for span in actor.mentions)
        self._starts = [sentence.span.start for sentence in document.sentences]

    def of(self, pieces: Sequence[Span], inner: Sequence[Span], voice: Voice) -> list[Aim]:
        """Return the possible targets of a claim: those it names, those it means, those named beside it.

        Args:
            pieces: the claim's spans.
            inner: spans of the claims inside it, whose words are another speaker's.
            voice: who makes the claim; nobody is asked about himself.
        """
        found: dict[int, Aim] = {}
        named = [row for piece in pieces for row in self._mentions(piece.start, piece.end)]
        self._collect(found, [row for row in named if not _in(row[0], inner)], voice, Where.CONTENT)
        if found:  # what a claim is about is what it names most, or first
            subject = max(found.values(), key=lambda aim: (len(aim.mentions), -aim.mentions[0].start))
            found[id(subject.actor)] = replace(subject, about=True)
        meant = [row for piece in pieces for row in references(self._casting, piece, voice.actor)]
        self._collect(found, [row for row in meant if not _in(row[0], inner)], voice, Where.ANAPHOR)
        self._collect(found, self._beside(pieces), voice, Where.NEAR)
        return list(found.values())[:TARGETS]

    @staticmethod
    def _collect(found: dict[int, Aim], rows: Iterable[tuple[Span, Actor]], voice: Voice, where: Where) -> None:
        gathered: dict[int, tuple[Actor, list[Span]]] = {}
        for span, actor in rows:
            if actor is not voice.actor and id(actor) not in found:
                gathered.setdefault(id(actor), (actor, []))[1].append(span)
        for key, (actor, spans) in gathered.items():
            found[key] = Aim(actor=actor, mentions=tuple(spans[:MENTIONS]), where=where)

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
        nearest: dict[int, tuple[Span, Actor]] = {}
        for span, actor in rows:
            nearest.setdefault(id(actor), (span, actor))
        return list(nearest.values())[:BESIDE]


def _in(span: Span, pieces: Sequence[Span]) -> bool:
    return any(piece.overlaps(span) for piece in pieces)


def queries(pieces: tuple[Span, ...], holder: Span | None, targets: Sequence[Aim]) -> list[StanceQuery]:
    """Return the questions to the model, one for each mention of each target."""
    return [StanceQuery(claim=pieces, holder=holder, target=span) for aim in targets for span in aim.mentions]


def least(thresholds: Mapping[str, float], *, author: bool) -> dict[Where, float]:
    """Return the least probability for favor or against by where the target is, from a manifest's thresholds.

    Their names are `stance_content`, `stance_anaphor`, `stance_near`, and `stance_author`, which is a floor for all.
    """
    floor = thresholds.get("stance_author", AUTHOR_SURE) if author else 0.0
    return {where: max(floor, thresholds.get(f"stance_{where}", sure)) for where, sure in SURE.items()}


def decide(
    targets: Sequence[Aim], scores: Sequence[Floats], ids: Mapping[int, str], sure: Mapping[Where, float]
) -> tuple[ClaimStance, ...]:
    """Turn the model's answers for one claim into its stances.

    Args:
        targets: as given by `Targets.of`.
        scores: probabilities of favor, against, neutral of each, shape (3,).
        ids: entity ids by `id(actor)`.
        sure: the least probability for favor or against, by where the target is.
    """
    stances: list[ClaimStance] = []
    for aim, row in zip(targets, scores, strict=True):
        held = int(np.argmax(row[:2]))
        if float(row[held]) >= sure[aim.where]:
            label, confidence = LABELS[held], float(row[held])
        elif aim.about and float(row[2]) >= _NEUTRAL:
            label, confidence = StanceLabel.NEUTRAL, float(row[2])
        else:
            continue
        stances.append(ClaimStance(target=ids[id(aim.actor)], label=label, confidence=round(confidence, 3)))
    return tuple(stances)


def aggregate(claims: Sequence[Claim]) -> tuple[HolderStance, ...]:
    """Sum the claims' stances to one per holder and target; the author's voice is a holder of its own.

    Claims are taken as independent evidence: a label's weight is one minus the chance that each claim for it errs. The
    label of most weight wins, and contradiction lowers its confidence.
    """
    evidence: dict[tuple[str, str], dict[StanceLabel, list[tuple[float, str]]]] = {}
    for claim in claims:
        holder = claim.speaker.entity or AUTHOR
        for stance in claim.stances:
            labels = evidence.setdefault((holder, stance.target), {})
            labels.setdefault(stance.label, []).append((stance.confidence, claim.id))
    summed: list[HolderStance] = []
    for (holder, target), labels in evidence.items():
        label, confidence, support = strongest(labels)
        summed.append(HolderStance(holder=holder, target=target, label=label, confidence=confidence, claims=support))
    return tuple(summed)


def strongest(labels: Mapping[StanceLabel, Sequence[tuple[float, str]]]) -> tuple[StanceLabel, float, tuple[str, ...]]:
    """Return the label with most evidence, its confidence and the claims for it; a position outweighs none."""
    held: dict[StanceLabel, Sequence[tuple[float, str]]] = dict(labels)
    if len(held) > 1:
        held.pop(StanceLabel.NEUTRAL, None)
    weights = {label: 1 - float(np.prod([1 - confidence for confidence, _ in rows])) for label, rows in held.items()}
    label = max(sorted(weights, key=str), key=lambda one: weights[one])
    confidence = weights[label] * weights[label] / sum(weights.values()) if weights[label] else 0.0
    return label, round(confidence, 3), tuple(claim for _, claim in held[label])
