"""What was found, in the words of the wire: core types to the models of `schemas.enriched`."""

import hashlib

from schemas import enriched as wire
from service.core.article import Article, BodyType, Enriched, Extraction, Retracted, Skipped
from service.core.frames import Claim, Enrichment, rounded
from service.core.model import ModelInfo
from service.core.span import Span
from service.wire.times import rfc_3339


def enriched_event(outcome: Enriched, *, quotes: bool) -> wire.EnrichedArticle:
    """Return the data of an enriched event; without `quotes`, no text or name out of the article."""
    article, text, found = outcome.article, outcome.text, outcome.enrichment
    return wire.EnrichedArticle(
        article=_reference(
            article,
            language=outcome.language,
            told=quotes,
            text_sha256=hashlib.sha256(text.encode()).hexdigest(),
            text_length=len(text),
            text=text if quotes and article.body_type is BodyType.HTML else None,
            extraction=outcome.extraction,
        ),
        model=_model(outcome.model),
        entities=tuple(
            wire.Entity(
                id=entity.id,
                name=entity.name if quotes else None,
                type=entity.type.value,
                mentions=tuple(_span(mention) for mention in entity.mentions),
                ref=entity.ref if quotes else None,
            )
            for entity in found.entities
        ),
        claims=tuple(_claim(claim, text=text, quotes=quotes) for claim in found.claims),
        stances=tuple(
            wire.HolderStance(
                holder=stance.holder,
                target=stance.target,
                label=stance.label.value,
                confidence=rounded(stance.confidence),
                claims=stance.claims,
            )
            for stance in found.stances
        ),
        topics=_topics(found),
    )


def retracted_event(outcome: Retracted) -> wire.RetractedArticle:
    """Return the data of a retraction. It repeats of what is taken back only ids and where it stood."""
    status = outcome.article.status.value
    if status == "usable":
        raise ValueError("a usable article is not retracted")
    return wire.RetractedArticle(
        article=_reference(outcome.article, language=outcome.article.language, told=False), status=status
    )


def skipped_event(outcome: Skipped, *, model: ModelInfo, quotes: bool) -> wire.SkippedArticle:
    """Return the data of an event that says why a sound article was not read."""
    article = outcome.article
    return wire.SkippedArticle(
        article=_reference(article, language=article.language, told=quotes),
        model=_model(model),
        reason=outcome.reason,
        detail=outcome.detail,
        detected_language=outcome.detected_language,
    )


def _reference(
    article: Article,
    *,
    language: str | None,
    told: bool,
    text_sha256: str | None = None,
    text_length: int | None = None,
    text: str | None = None,
    extraction: Extraction | None = None,
) -> wire.ArticleRef:
    """Return what the event says of its article. What may hold names is there only where it may be `told`."""
    return wire.ArticleRef(
        id=article.id,
        version=article.version,
        title=article.title if told else None,
        url=article.url,
        language=language,
        published_at=article.published_at and rfc_3339(article.published_at),
        source=article.source,
        text_sha256=text_sha256,
        text_length=text_length,
        text=text,
        extraction=extraction and wire.Extraction(method=extraction.method, share=rounded(extraction.share)),
        authors=article.authors if told else (),
        tags=article.tags if told else (),
        metadata=dict(sorted(article.metadata.items())),
    )


def _claim(claim: Claim, *, text: str, quotes: bool) -> wire.Claim:
    hull, speaker, cue = claim.hull, claim.speaker, claim.cue
    return wire.Claim(
        id=claim.id,
        start=hull.start,
        end=hull.end,
        text=claim.wording(text) if quotes else None,
        spans=tuple(_span(span) for span in claim.spans),
        kind=claim.kind.value,
        speaker=wire.Speaker(
            entity=speaker.entity,
            name=speaker.name if quotes else None,
            kind=speaker.kind.value,
            start=speaker.span and speaker.span.start,
            end=speaker.span and speaker.span.end,
            confidence=rounded(speaker.confidence),
        ),
        cue=cue and wire.Cue(start=cue.start, end=cue.end, text=cue.of(text) if quotes else None),
        check_worthiness=rounded(claim.check_worthiness),
        confidence=rounded(claim.confidence),
        stances=tuple(
            wire.ClaimStance(target=stance.target, label=stance.label.value, confidence=rounded(stance.confidence))
            for stance in claim.stances
        ),
    )


def _topics(found: Enrichment) -> tuple[wire.TopicStance, ...]:
    """A topic's words are the sender's own, so they stay where quotes are switched off."""
    return tuple(
        wire.TopicStance(
            topic=topic.topic,
            label=topic.label.value,
            confidence=rounded(topic.confidence),
            holders=tuple(
                wire.TopicHolder(
                    holder=holder.holder,
                    label=holder.label.value,
                    confidence=rounded(holder.confidence),
                    claims=holder.claims,
                )
                for holder in topic.holders
            ),
        )
        for topic in found.topics
    )


def _model(model: ModelInfo) -> wire.ModelRef:
    return wire.ModelRef(name=model.name, version=model.version, sha256=model.sha256)


def _span(span: Span) -> wire.Span:
    return wire.Span(start=span.start, end=span.end)
