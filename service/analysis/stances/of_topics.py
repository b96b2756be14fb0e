"""Topics that the caller gave: each claim's position toward each, then per holder and for the article."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.analysis.stances.of_claims import LABELS, strongest
from service.core.frames import AUTHOR, Claim, StanceLabel, TopicHolder, TopicStance, rounded
from service.core.model import Floats, Judge

CLAIMS = 64  # scored a topic, in order: the pairwise pass is the only cost that grows with claims times topics
SURE = 0.6  # default for `ModelInfo.thresholds["topic"]`
_TOUCHING = (
    0.85  # probability of a position, either one: pairs of claim and topic that are unrelated are trained as neutral
)
_UNTOUCHED = 0.2  # confidence of "neutral" where the article says nothing on the topic
_NEUTRAL = 2  # column of the scores
_NOTHING: Floats = np.zeros((0, 3), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicScores:
    """What the model says of the claims that touch a topic: their indices, and probabilities, shape (claims, 3)."""

    topic: str
    claims: tuple[int, ...]
    scores: Floats


def ask(topics: Sequence[str], claims: Sequence[str], scorer: Judge) -> tuple[TopicScores, ...]:
    """Score the words of claims against each topic, in the order given, and keep the claims that touch it.

    Whether a claim touches a topic is told by the same pass that tells its position, not by words they share.
    """
    asked = range(min(len(claims), CLAIMS))
    found: list[TopicScores] = []
    for topic in topics:
        scores = scorer.topics([(claims[number], topic) for number in asked]) if asked else _NOTHING
        touching = [number for number in asked if 1 - scores[number][_NEUTRAL] >= _TOUCHING]
        found.append(TopicScores(topic=topic, claims=tuple(touching), scores=scores[touching]))
    return tuple(found)


def position(asked: TopicScores, claims: Sequence[Claim], threshold: float) -> TopicStance:
    """Return the article's position toward a topic, and each holder's."""
    if not asked.claims:
        return TopicStance(topic=asked.topic, label=StanceLabel.NEUTRAL, confidence=_UNTOUCHED)
    touching = [claims[number] for number in asked.claims]
    return _summed(asked.topic, touching, [[float(value) for value in row] for row in asked.scores], threshold)


def _summed(topic: str, claims: Sequence[Claim], scores: Sequence[Sequence[float]], threshold: float) -> TopicStance:
    by_holder: dict[str, dict[StanceLabel, list[tuple[float, str]]]] = {}
    every: dict[StanceLabel, list[tuple[float, str]]] = {}
    neutral: list[float] = []
    for claim, row in zip(claims, scores, strict=True):
        at = max(range(3), key=lambda index: row[index])
        if at == _NEUTRAL or row[at] < threshold:
            neutral.append(row[_NEUTRAL])
            continue
        entry = (row[at], claim.id)
        by_holder.setdefault(claim.speaker.entity or AUTHOR, {}).setdefault(LABELS[at], []).append(entry)
        every.setdefault(LABELS[at], []).append(entry)
    if not every:
        confidence = rounded(sum(neutral) / len(neutral))
        return TopicStance(topic=topic, label=StanceLabel.NEUTRAL, confidence=confidence)
    label, confidence, _ = strongest(every)
    holders = []
    for holder, labels in by_holder.items():
        held, sure, support = strongest(labels)
        holders.append(TopicHolder(holder=holder, label=held, confidence=sure, claims=support))
    return TopicStance(topic=topic, label=label, confidence=confidence, holders=tuple(holders))
