"""The last stage: attributions, voices and the model's scores to one `Enrichment`, numbered and rounded.

Everything here is a function of the article and the model alone: order comes from positions, ids from order, and
confidences are rounded to three decimals so that the last bits of arithmetic never show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference.pronouns import Casting
from service.analysis.entities.cluster import Actor
from service.analysis.speakers.resolve import Voice
from service.analysis.stances import of_claims as stance_stage
from service.analysis.stances import of_topics as topic_stage
from service.analysis.text.document import Document
from service.analysis.text.quotes import quotes_over
from service.core.frames import Claim, ClaimKind, ClaimStance, Enrichment, Entity, Speaker, SpeakerKind
from service.core.model import Candidate, Floats, Model, Reading
from service.core.span import Span

_DIRECT = 0.85  # share of the content's letters inside quotation marks from which it is a direct quote
_MIXED = 0.1  # below it is indirect: one scare-quoted word makes no mixed quote
_STATEMENT_WORDS = 5  # an author's statement has a subject, a verb and something to check
AUTHOR_STATEMENT = 0.5  # default for `ModelInfo.thresholds["author_statement"]`
PRECISION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A claim before it has an id."""

    attribution: Attribution
    voice: Voice
    kind: ClaimKind


def assemble(
    *,
    document: Document,
    reading: Reading,
    actors: Sequence[Actor],
    spoken: Sequence[tuple[Attribution, Voice]],
    casting: Casting,
    topics: Sequence[str],
    model: Model,
) -> Enrichment:
    """Build the enrichment of one document.

    Args:
        document: the segmented text.
        reading: what the encoder saw.
        actors: named actors, and unnamed ones that speak.
        spoken: each attribution with its voice, in order.
        casting: who was named where, and who spoke.
        topics: what the sender wants a stance on.
        model: the heads for check-worthiness, stance and topics.
    """
    thresholds = model.info.thresholds
    drafts = [Draft(attribution=a, voice=v, kind=kind_of(document, a.contents)) for a, v in spoken]
    drafts += _statements(document, reading, drafts, model, thresholds.get("author_statement", AUTHOR_STATEMENT))
    drafts.sort(key=lambda draft: (draft.attribution.hull.start, -draft.attribution.hull.end, draft.kind))
    ids, entities = _entities(actors)
    worth = model.worth(reading, [draft.attribution.hull for draft in drafts])
    held = _stances(
        text=document.text,
        reading=reading,
        drafts=drafts,
        targets_of=stance_stage.Targets(document, actors, casting),
        ids=ids,
        model=model,
        thresholds=thresholds,
    )
    claims = tuple(
        Claim(
            id=f"c{number}",
            spans=draft.attribution.contents,
            kind=draft.kind,
            speaker=_speaker(draft.voice, ids),
            cue=draft.attribution.cue,
            check_worthiness=_rounded(float(worth[number - 1])),
            confidence=_rounded(draft.attribution.confidence),
            stances=held[number - 1],
        )
        for number, draft in enumerate(drafts, 1)
    )
    return Enrichment(
        entities=entities,
        claims=claims,
        stances=stance_stage.aggregate(claims),
        topics=topic_stage.position(topics, claims, document.text, model, thresholds.get("topic", topic_stage.SURE)),
    )


def _rounded(probability: float) -> float:
    return round(min(1.0, max(0.0, probability)), PRECISION)


def kind_of(document: Document, contents: Sequence[Span]) -> ClaimKind:
    """Tell direct, mixed and indirect quotes by how much of the content stands in quotation marks."""
    total = sum(span.end - span.start for span in contents)
    quoted = 0
    for quote in quotes_over(document.quotes, Span(contents[0].start, contents[-1].end)):
        if quote.depth == 0:
            quoted += sum(
                max(0, min(quote.span.end, span.end) - max(quote.span.start, span.start)) for span in contents
            )
    if quoted >= _DIRECT * total:
        return ClaimKind.DIRECT_QUOTE
    return ClaimKind.MIXED_QUOTE if quoted >= _MIXED * total else ClaimKind.INDIRECT_QUOTE


def _statements(
    document: Document, reading: Reading, drafts: Sequence[Draft], model: Model, threshold: float
) -> list[Draft]:
    """Return the author's own sentences that are worth checking: in no claim, in no quote, no boilerplate."""
    taken = sorted(
        [piece for draft in drafts for piece in draft.attribution.contents]
        + [draft.attribution.cue for draft in drafts if draft.attribution.cue]
        + [quote.span for quote in document.quotes if quote.depth == 0 and quote.inner.of(document.text).count(" ") > 2]  # noqa: PLR2004
        + list(document.boilerplate)
    )
    spans: list[Span] = []
    at = 0
    reach = 0  # the furthest end of the taken spans that start before the sentence ends
    for sentence in document.sentences:
        span = sentence.span
        while at < len(taken) and taken[at].start < span.end:
            reach = max(reach, taken[at].end)
            at += 1
        if reach <= span.start and span.of(document.text).count(" ") + 1 >= _STATEMENT_WORDS:
            spans.append(span)
    if not spans:
        return []
    worth = model.worth(reading, spans)
    voice = Voice(kind=SpeakerKind.AUTHOR, actor=None, span=None, confidence=1.0)
    return [
        Draft(
            attribution=Attribution(contents=(span,), cue=None, source=None, confidence=float(score)),
            voice=voice,
            kind=ClaimKind.AUTHOR_STATEMENT,
        )
        for span, score in zip(spans, worth, strict=True)
        if float(score) >= threshold
    ]


def _entities(actors: Sequence[Actor]) -> tuple[dict[int, str], tuple[Entity, ...]]:
    """Number the actors by first mention."""
    ordered = sorted(actors, key=lambda actor: (actor.mentions[0], actor.name))
    ids = {id(actor): f"e{number}" for number, actor in enumerate(ordered, 1)}
    entities = tuple(
        Entity(id=ids[id(actor)], name=actor.name, type=actor.type, mentions=tuple(sorted(set(actor.mentions))))
        for actor in ordered
    )
    return ids, entities


def _speaker(voice: Voice, ids: dict[int, str]) -> Speaker:
    return Speaker(
        kind=voice.kind,
        name=voice.name,
        entity=ids[id(voice.actor)] if voice.actor is not None else None,
        span=voice.span,
        confidence=_rounded(voice.confidence),
    )


def _stances(
    *,
    text: str,
    reading: Reading,
    drafts: Sequence[Draft],
    targets_of: stance_stage.Targets,
    ids: dict[int, str],
    model: Model,
    thresholds: Mapping[str, float],
) -> list[tuple[ClaimStance, ...]]:
    """Ask the model about every target of every claim at once, then about all answers together."""
    targets: list[list[stance_stage.Aim]] = []
    asked = []
    for number, draft in enumerate(drafts):
        pieces = draft.attribution.contents
        inner = [
            piece
            for other in drafts[number + 1 : number + 9]
            if draft.attribution.hull.covers(other.attribution.hull)
            for piece in other.attribution.contents
        ]
        aimed = targets_of.of(pieces, inner, draft.voice)
        targets.append(aimed)
        asked.append(stance_stage.queries(pieces, draft.voice.span, aimed))
    flat = [query for queries in asked for query in queries]
    if not flat:
        return [()] * len(drafts)
    answers = iter(model.stance(reading, flat))
    weighed = iter(
        model.weigh(
            [
                _candidate(text, draft, aim, ids, np.mean([next(answers) for _ in aim.mentions], axis=0))
                for draft, aimed in zip(drafts, targets, strict=True)
                for aim in aimed
            ]
        )
    )
    return [
        stance_stage.decide(
            aimed,
            [next(weighed) for _ in aimed],
            ids,
            stance_stage.least(thresholds, author=draft.voice.actor is None),
        )
        for draft, aimed in zip(drafts, targets, strict=True)
    ]


def _candidate(text: str, draft: Draft, aim: stance_stage.Aim, ids: Mapping[int, str], answer: Floats) -> Candidate:
    voice = draft.voice
    return Candidate(
        claim=draft.attribution.hull,
        holder=ids[id(voice.actor)] if voice.actor is not None else voice.name,
        kind=voice.kind,
        target=ids[id(aim.actor)],
        mentions=len(aim.actor.mentions),
        words=sum(len(piece.of(text).split()) for piece in draft.attribution.contents),
        where=aim.where,
        answer=answer,
    )
