"""The stage that asks the model about claims.

Which of the author's own sentences are claims, what is worth checking, and who stands where toward whom and toward the
sender's topics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.analysis.attributions.attribution import Attribution
from service.analysis.coreference import within_claims
from service.analysis.coreference.mentions import Mentions
from service.analysis.entities.actor import Actor
from service.analysis.speakers.voice import Voice
from service.analysis.stances import of_claims, of_topics
from service.analysis.stances.of_claims import HeldStance
from service.analysis.stances.of_topics import TopicScores
from service.analysis.stances.targets import Aim, Targets
from service.analysis.text.quotes import quotes_over
from service.core.deadline import in_time
from service.core.document import Document
from service.core.frames import ClaimKind, SpeakerKind
from service.core.model import Candidate, Floats, Model, Reading
from service.core.span import Span

_DIRECT = 0.85  # share of the content's letters inside quotation marks from which it is a direct quote
_MIXED = 0.1  # below it is indirect: one scare-quoted word does not make a mixed quote
_STATEMENT_WORDS = 5  # an author's statement has a subject, a verb and something to check
_INNER = 8  # claims after a claim that are looked through for those inside it
_AUTHOR_STATEMENT = 0.5  # default for `ModelInfo.thresholds["author_statement"]`


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A claim before it is judged: an attribution, who makes it, and how it is put."""

    attribution: Attribution
    voice: Voice
    kind: ClaimKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the model says of the claims of one article. Rows are in the order of `statements`, which is the text's."""

    statements: tuple[Statement, ...]
    worth: Floats
    stances: tuple[tuple[HeldStance, ...], ...]
    topics: tuple[TopicScores, ...]


def judge(
    *,
    reading: Reading,
    actors: Sequence[Actor],
    spoken: Sequence[tuple[Attribution, Voice]],
    mentions: Mentions,
    topics: Sequence[str],
    asked: Sequence[Span] = (),
    model: Model,
) -> Judgement:
    """Ask the model about the claims of one article.

    Args:
        reading: the article as the encoder saw it.
        actors: everyone named, and everyone who speaks unnamed.
        spoken: each attribution with its voice, in order.
        mentions: who is named where, and who spoke.
        topics: what the sender wants a stance on.
        asked: the questions of an interview, which are not statements.
        model: what is asked.
    """
    document, thresholds = reading.document, model.info.thresholds
    found = [
        Statement(attribution=a, voice=v, kind=ClaimKind.DIRECT_QUOTE if a.spoken else claim_kind(document, a.contents))
        for a, v in spoken
    ]
    found += _of_the_author(reading, found, asked, model, thresholds.get("author_statement", _AUTHOR_STATEMENT))
    found.sort(key=lambda one: (one.attribution.hull.start, -one.attribution.hull.end, one.kind))
    wordings = [" ".join(piece.of(document.text) for piece in one.attribution.contents) for one in found]
    return Judgement(
        statements=tuple(found),
        worth=model.worth(reading, [one.attribution.hull for one in found]),
        stances=_stances(reading, found, mentions, Targets(document, actors, mentions), model),
        topics=of_topics.ask(topics, wordings, model),
    )


def claim_kind(document: Document, contents: Sequence[Span]) -> ClaimKind:
    """Return direct, mixed or indirect by how much of the content stands in quotation marks."""
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


def _of_the_author(
    reading: Reading, statements: Sequence[Statement], asked: Sequence[Span], model: Model, threshold: float
) -> list[Statement]:
    """Return the author's own sentences that are worth checking: in no claim, in no quote, no boilerplate."""
    document = reading.document
    taken = sorted(
        [piece for one in statements for piece in one.attribution.contents]
        + [one.attribution.cue for one in statements if one.attribution.cue]
        + [quote.span for quote in document.quotes if quote.depth == 0 and quote.inner.of(document.text).count(" ") > 2]  # noqa: PLR2004
        + [*document.boilerplate, *asked]
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
        Statement(
            attribution=Attribution(contents=(span,), cue=None, source=None, confidence=float(score)),
            voice=voice,
            kind=ClaimKind.AUTHOR_STATEMENT,
        )
        for span, score in zip(spans, worth, strict=True)
        if float(score) >= threshold
    ]


def _stances(
    reading: Reading, statements: Sequence[Statement], mentions: Mentions, targets: Targets, model: Model
) -> tuple[tuple[HeldStance, ...], ...]:
    """Ask the model about every target of every claim at once, then about all answers together."""
    aims: list[list[Aim]] = []
    for at, one in enumerate(statements):
        in_time()
        for piece in one.attribution.contents:
            within_claims.add_groups(mentions, piece)
        aims.append(targets.of(one.attribution.contents, _inside(statements, at), one.voice))
    questions = [
        of_claims.question(one.attribution.contents, one.voice, aimed)
        for one, aimed in zip(statements, aims, strict=True)
        if aimed
    ]
    if not questions:
        return ((),) * len(statements)
    answers = iter(model.stance(reading, questions))
    weighed = iter(
        model.weigh(
            [
                _candidate(reading.document.text, one, aim, next(answers))
                for one, aimed in zip(statements, aims, strict=True)
                for aim in aimed
            ]
        )
    )
    thresholds: Mapping[str, float] = model.info.thresholds
    return tuple(
        of_claims.decide(
            aimed, [next(weighed) for _ in aimed], of_claims.least(thresholds, author=one.voice.actor is None)
        )
        for one, aimed in zip(statements, aims, strict=True)
    )


def _inside(statements: Sequence[Statement], at: int) -> list[Span]:
    """Return the pieces of the claims that lie inside a claim."""
    hull = statements[at].attribution.hull
    return [
        piece
        for other in statements[at + 1 : at + 1 + _INNER]
        if hull.covers(other.attribution.hull)
        for piece in other.attribution.contents
    ]


def _candidate(text: str, one: Statement, aim: Aim, answer: Floats) -> Candidate:
    return Candidate(
        claim=one.attribution.hull,
        holder=one.voice.actor or one.voice.name,
        kind=one.voice.kind,
        target=aim.actor,
        mentions=len(aim.actor.mentions),
        words=sum(len(piece.of(text).split()) for piece in one.attribution.contents),
        where=aim.where,
        answer=answer,
    )
