"""Stances: what the speaker of a claim thinks of those whom the claim names, then summed over the article.

The targets of a claim are the entities mentioned in its own words; what stands in a claim inside it is that inner
speaker's business. Favor and against are said where the model is sure enough; neutral only of what the claim is about.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.core.entities import Actor
from service.core.frames import AUTHOR, Claim, ClaimStance, HolderStance, Span, StanceLabel
from service.core.ports import Floats, StanceQuery

LABELS = (StanceLabel.FAVOR, StanceLabel.AGAINST, StanceLabel.NEUTRAL)  # the model's order
MENTIONS = 3  # of one target in one claim: more say nothing new
TARGETS = 12  # of one claim; a list of names is no set of targets
SURE = 0.5  # default for `ModelInfo.thresholds["stance"]`


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """A possible target of a claim: the actor and where the claim names it."""

    actor: Actor
    mentions: tuple[Span, ...]
    about: bool


class Mentions:
    """All mentions of all actors by position, to find those inside a claim without looking at the others."""

    def __init__(self, actors: Sequence[Actor]) -> None:
        self._actors = actors
        self._rows = sorted((span, number) for number, actor in enumerate(actors) for span in actor.mentions)

    def within(self, pieces: Sequence[Span]) -> Iterator[tuple[Span, Actor]]:
        """Yield the mentions that lie wholly in a piece, in order."""
        for piece in pieces:
            for at in range(bisect_left(self._rows, (piece, -1)), len(self._rows)):
                span, number = self._rows[at]
                if span.start >= piece.end:
                    break
                if piece.covers(span):
                    yield span, self._actors[number]


def aims(pieces: Sequence[Span], inner: Sequence[Span], mentions: Mentions, speaker: Actor | None) -> list[Aim]:
    """Return the possible targets of a claim, in order of mention.

    Args:
        pieces: the claim's spans.
        inner: spans of the claims inside it.
        mentions: where the article mentions whom.
        speaker: who makes the claim; nobody is asked about himself.
    """
    found: dict[int, tuple[Actor, list[Span]]] = {}
    for span, actor in mentions.within(pieces):
        if actor is not speaker and not any(piece.overlaps(span) for piece in inner):
            found.setdefault(id(actor), (actor, []))[1].append(span)
    if not found:
        return []
    # What a claim is about is what it names most, or first.
    subject = max(found, key=lambda key: (len(found[key][1]), -found[key][1][0].start))
    return [
        Aim(actor=actor, mentions=tuple(spans[:MENTIONS]), about=key == subject)
        for key, (actor, spans) in found.items()
    ][:TARGETS]


def queries(pieces: tuple[Span, ...], holder: Span | None, targets: Sequence[Aim]) -> list[StanceQuery]:
    """Return the questions to the model, one for each mention of each target."""
    return [StanceQuery(claim=pieces, holder=holder, target=span) for aim in targets for span in aim.mentions]


def decide(targets: Sequence[Aim], scores: Floats, ids: Mapping[int, str], threshold: float) -> tuple[ClaimStance, ...]:
    """Turn the model's answers for one claim into its stances.

    Args:
        targets: as given by `aims`.
        scores: probabilities in the order of `queries`, shape (mentions, 3).
        ids: entity ids by `id(actor)`.
        threshold: the least probability for favor or against.
    """
    stances: list[ClaimStance] = []
    at = 0
    for aim in targets:
        rows = scores[at : at + len(aim.mentions)]
        at += len(aim.mentions)
        mean = rows.mean(axis=0)
        held = int(np.argmax(mean[:2]))
        if float(mean[held]) >= threshold:
            label, confidence = LABELS[held], float(mean[held])
        elif aim.about and float(mean[2]) >= threshold:
            label, confidence = StanceLabel.NEUTRAL, float(mean[2])
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
