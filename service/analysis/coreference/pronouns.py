"""Whom a pronoun stands for, out of all that the article named before.

Candidates are ranked by a small log-linear model over features that the coreference literature has found again and
again (Lappin & Leass, 1994; Mitkov, 1998): nearness, subject position, number of mentions, agreement, and, for news,
who spoke last, and who is spoken of. Its weights are the mean of weights set by hand and of a logistic regression on
the 175 pronouns of the annotated training articles that have several candidates; in cross-validation both choose
correctly 91% of the time, and their mean has the best likelihood.
"""

import math
from collections.abc import Collection

from service.analysis.coreference.agreement import agreement
from service.analysis.coreference.mentions import Mentions
from service.analysis.coreference.positions import is_governed, untitled
from service.analysis.entities.actor import Actor
from service.core.frames import EntityType
from service.core.span import Span

FEATURES = (  # see `_features`
    "sentences",
    "far",
    "same_sentence",
    "subject",
    "possessive",
    "quoted",
    "mentions",
    "spoke_last",
    "spoke",
    "gender",
    "type",
    "first",
    "spoke_near",
    "paragraph",
    "complement",
    "unnamed",
)
WEIGHTS: tuple[float, ...] = (-1.0, -0.3, 0.55, 1.1, 0.0, -1.15, 0.2, 1.3, 0.6, 0.9, 0.45, 0.0, 1.2, 0.85, -0.6, -0.75)
_TOLD_OF = 2.4  # penalty of a candidate who is named in what the antecedent says


def rank(
    mentions: Mentions, source: Span, pronoun: str, *, speaker: Actor | None = None, told: Collection[Span] = ()
) -> list[tuple[Actor, float]]:
    """Return the candidates for a pronoun with their probabilities, likeliest first.

    Args:
        mentions: who was named where.
        source: the pronoun.
        pronoun: its word, in lower case.
        speaker: who says it, where it stands in a quote: speakers do not call themselves "he".
        told: what the antecedent says. Speakers rarely name themselves: "she said that Roe had left" is not Roe's.
    """
    found = [item for item in scored(mentions, source, pronoun, told) if item[0] is not speaker]
    if not found:
        return []
    top = max(score for _, score in found)
    weights = [(actor, math.exp(score - top)) for actor, score in found]
    total = sum(weight for _, weight in weights)
    return [(actor, weight / total) for actor, weight in sorted(weights, key=lambda item: -item[1])]


def scored(mentions: Mentions, source: Span, pronoun: str, told: Collection[Span] = ()) -> list[tuple[Actor, float]]:
    """Return every actor that agrees with a pronoun with the logarithm of its odds, up to a constant."""
    others = mentions.named_in(told, source)
    return [
        (
            actor,
            sum(w * f for w, f in zip(WEIGHTS, features, strict=True)) - (_TOLD_OF if actor in others else 0.0),
        )
        for actor, features in candidates(mentions, source, pronoun)
    ]


def candidates(mentions: Mentions, source: Span, pronoun: str) -> list[tuple[Actor, tuple[float, ...]]]:
    """Return every actor that agrees with a pronoun, with its features in the order of `FEATURES`."""
    found: list[tuple[Actor, tuple[float, ...]]] = []
    for index, span in mentions.in_view(source).items():
        actor = mentions.actors[index]
        fit = agreement(actor, pronoun)
        if fit is None or span.overlaps(source) or _is_dateline(mentions, span, actor):
            continue
        if not actor.unnamed and mentions.is_part_of_group(span):
            continue
        found.append((actor, _features(mentions, index, span, source, fit)))
    return found


def _is_dateline(mentions: Mentions, span: Span, actor: Actor) -> bool:
    """Return whether a place only says where the text was filed: a dateline's town is not meant by "it"."""
    return actor.type is EntityType.LOCATION and any(line.overlaps(span) for line in mentions.document.boilerplate)


def _features(mentions: Mentions, index: int, span: Span, source: Span, fit: float) -> tuple[float, ...]:
    text, actor = mentions.text, mentions.actors[index]
    here, at = mentions.sentence(source.start), mentions.sentence(span.start)
    spoke = mentions.last_spoke(index, source.start)
    distance = here - at
    opening = text[mentions.document.sentences[at].span.start : span.start]
    quoted = bool(mentions.quoted_share(span)) and not mentions.quoted_share(source)
    return (
        min(distance, 6) / 2,
        1.0 if distance > 6 else 0.0,  # noqa: PLR2004
        1.0 if distance == 0 else 0.0,
        1.0 if untitled(opening).count(" ") < 5 or opening.endswith(" by ") else 0.0,  # noqa: PLR2004
        1.0 if text[span.end : span.end + 2] in {"'s", "’s"} else 0.0,
        1.0 if quoted or mentions.is_claimed(span, source) else 0.0,
        math.log(max(mentions.count(index, source.start), 1)),
        1.0 if index == mentions.last_speaker(source.start) else 0.0,
        1.0 if spoke is not None else 0.0,
        fit,
        1.0 if actor.type is EntityType.PERSON else 0.0,
        1.0 if index == 0 else 0.0,
        1.0 if spoke is not None and here - mentions.sentence(spoke) <= 2 else 0.0,  # noqa: PLR2004
        1.0 if mentions.paragraph(span.start) == mentions.paragraph(source.start) else 0.0,
        1.0 if is_governed(text, span) else 0.0,
        1.0 if actor.unnamed and actor.type is EntityType.PERSON else 0.0,
    )
