"""The last stage: what was resolved and judged to one `Enrichment`, numbered and rounded.

Everything here is a function of the article and the model alone: order comes from positions, ids from order, and
confidences are rounded to three decimals so that the last bits of arithmetic never show.
"""

from collections.abc import Mapping, Sequence

from service.analysis.english.objects import is_object
from service.analysis.entities.actor import Actor
from service.analysis.entities.listed import EntityList
from service.analysis.judge import Judgement, Statement
from service.analysis.languages.lookup import language_of
from service.analysis.speakers.voice import Voice
from service.analysis.stances import of_claims, of_topics
from service.analysis.stances.of_claims import HeldStance
from service.analysis.text.quotes import with_both_marks
from service.core.document import Document
from service.core.frames import Claim, ClaimKind, ClaimStance, Enrichment, Entity, Speaker, rounded


def assemble(
    document: Document,
    actors: Sequence[Actor],
    judgement: Judgement,
    thresholds: Mapping[str, float],
    listed: EntityList,
) -> Enrichment:
    """Build the enrichment of one article.

    Args:
        document: what was read.
        actors: everyone named, and everyone who speaks unnamed.
        judgement: the claims, and what the model says of them.
        thresholds: of the model, by name.
        listed: whom and what the user wants recognised.
    """
    ids, entities = _entities(document, actors, listed)
    claims = tuple(
        _claim(f"c{number}", document, one, float(worth), stances, ids)
        for number, (one, worth, stances) in enumerate(
            zip(judgement.statements, judgement.worth, judgement.stances, strict=True), 1
        )
    )
    sure = thresholds.get("topic", of_topics.SURE)
    return Enrichment(
        entities=entities,
        claims=claims,
        stances=of_claims.aggregate(claims),
        topics=tuple(of_topics.position(asked, claims, sure) for asked in judgement.topics),
    )


def _entities(
    document: Document, actors: Sequence[Actor], listed: EntityList
) -> tuple[dict[Actor, str], tuple[Entity, ...]]:
    """Number the actors by first mention."""
    ordered = sorted(actors, key=lambda actor: (actor.mentions[0], actor.name))
    ids = {actor: f"e{number}" for number, actor in enumerate(ordered, 1)}
    entities = tuple(
        Entity(
            id=ids[actor],
            name=actor.name,
            type=actor.type,
            mentions=tuple(sorted(set(actor.mentions))),
            ref=listed.ref(actor, document.text, language_of(document.language)),
        )
        for actor in ordered
    )
    return ids, entities


def _claim(
    number: str,
    document: Document,
    one: Statement,
    worth: float,
    stances: Sequence[HeldStance],
    ids: Mapping[Actor, str],
) -> Claim:
    return Claim(
        id=number,
        spans=tuple(with_both_marks(document.text, piece, document.quotes) for piece in one.attribution.contents),
        kind=one.kind,
        speaker=_speaker(one.voice, ids),
        cue=one.attribution.cue,
        check_worthiness=rounded(worth),
        confidence=rounded(one.attribution.confidence),
        stances=tuple(
            ClaimStance(target=ids[held.target], label=held.label, confidence=rounded(held.confidence))
            for held in stances
        ),
        with_cue=language_of(document.language).has_grammar and _needs_cue(document.text, one),
    )


def _needs_cue(text: str, one: Statement) -> bool:
    """Return whether the content is the object of the cue before it, so that it does not stand on its own."""
    cue, content = one.attribution.cue, one.attribution.contents[0]
    if cue is None or text[cue.end : content.start] != " " or one.kind is ClaimKind.DIRECT_QUOTE:
        return False
    return is_object(cue.of(text), content.of(text))


def _speaker(voice: Voice, ids: Mapping[Actor, str]) -> Speaker:
    return Speaker(
        kind=voice.kind,
        name=voice.name,
        entity=ids[voice.actor] if voice.actor is not None else None,
        span=voice.span,
        confidence=rounded(voice.confidence),
    )
