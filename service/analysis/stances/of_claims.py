"""What the speaker of a claim thinks of its possible targets, and the sum of that over the article.

Favor and against are said where the model is sure enough; neutral only of what the claim is about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.analysis.entities.actor import Actor
from service.analysis.speakers.voice import Voice
from service.analysis.stances.targets import Aim
from service.core.frames import AUTHOR, Claim, HolderStance, StanceLabel, rounded
from service.core.model import Floats, StanceQuestion, StanceTarget, Where
from service.core.span import Span

LABELS = (StanceLabel.FAVOR, StanceLabel.AGAINST, StanceLabel.NEUTRAL)  # the model's order
_NEUTRAL = 0.5

# Least probabilities for favor or against where a model's manifest has none: the further the target, the surer. F1 is
# highest where the threshold is half of it, so thresholds are low for a model that is right half the time; the
# confidence is reported.
SURE = {Where.CONTENT: 0.25, Where.ANAPHOR: 0.4, Where.NEAR: 0.6}
AUTHOR_SURE = 0.6  # the same for the author: news reports, and a reporter who takes sides does it plainly


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldStance:
    """The speaker's position toward one target in one claim."""

    target: Actor
    label: StanceLabel
    confidence: float


def question(pieces: tuple[Span, ...], voice: Voice, aims: Sequence[Aim]) -> StanceQuestion:
    """Return the question to the model: what the speaker of a claim thinks of each target."""
    return StanceQuestion(
        claim=pieces,
        holder=voice.name if voice.actor else None,
        source=voice.span,
        targets=tuple(StanceTarget(name=aim.actor.name, mentions=aim.mentions) for aim in aims),
    )


def least(thresholds: Mapping[str, float], *, author: bool) -> dict[Where, float]:
    """Return the least probability for favor or against by where the target is, from a manifest's thresholds.

    Their names are `stance_content`, `stance_anaphor`, `stance_near`, and `stance_author`, which is a floor for all.
    """
    floor = thresholds.get("stance_author", AUTHOR_SURE) if author else 0.0
    return {where: max(floor, thresholds.get(f"stance_{where}", sure)) for where, sure in SURE.items()}


def decide(targets: Sequence[Aim], scores: Sequence[Floats], sure: Mapping[Where, float]) -> tuple[HeldStance, ...]:
    """Turn the model's answers for one claim into its stances.

    Args:
        targets: as given by `Targets.of`.
        scores: probabilities of favor, against, neutral of each, shape (3,).
        sure: the least probability for favor or against, by where the target is.
    """
    stances: list[HeldStance] = []
    for aim, row in zip(targets, scores, strict=True):
        held = int(np.argmax(row[:2]))
        if float(row[held]) >= sure[aim.where]:
            label, confidence = LABELS[held], float(row[held])
        elif aim.about and float(row[2]) >= _NEUTRAL:
            label, confidence = StanceLabel.NEUTRAL, float(row[2])
        else:
            continue
        stances.append(HeldStance(target=aim.actor, label=label, confidence=confidence))
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
    return label, rounded(confidence), tuple(claim for _, claim in held[label])
