"""An event as rows of the tables. Pure: it knows no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from schemas.enriched import Claim, EnrichedArticle, RetractedArticle
from service.ledger.corrections import Corrections
from service.ledger.events import Told
from service.ledger.identity import Identity, identities, normalized, shared_id

AUTHOR = "author"

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Rows:
    """What one event gives. Claims have no id and no group yet, and their stances hang on them by `claim`."""

    article: Row
    entities: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)
    stances: list[Row] = field(default_factory=list)
    article_stances: list[Row] = field(default_factory=list)
    topics: list[Row] = field(default_factory=list)
    speakers: list[str] = field(default_factory=list)  # of each claim: whose repeats it may be one of


def rows_of(told: Told, *, log_id: int, corrections: Corrections) -> Rows:
    """Return the rows of an event that is not an erasure.

    Args:
        told: The event.
        log_id: Of the log that it is in.
        corrections: Of who is who.
    """
    data = told.data
    if data is None:
        raise ValueError("an erasure has no rows")
    article = data.article
    published_at = _time(article.published_at)
    row: Row = {
        "id": article.id,
        "version": article.version,
        "status": "enriched",
        "reason": None,
        "title": article.title,
        "url": article.url,
        "language": article.language,
        "source": article.source,
        "published_at": published_at,
        "said_at": published_at or told.written_at,
        "text_sha256": article.text_sha256,
        "text_length": article.text_length,
        "model": None,
        "model_sha256": None,
        "event_id": told.event_id,
        "log_id": log_id,
        "log_offset": told.offset,
        "recorded_at": told.written_at,
    }
    if isinstance(data, RetractedArticle):
        return Rows(article=row | {"status": data.status})
    row |= {"model": f"{data.model.name} {data.model.version}", "model_sha256": data.model.sha256}
    if not isinstance(data, EnrichedArticle):
        return Rows(article=row | {"status": "skipped", "reason": data.reason})
    return _enriched(data, Rows(article=row), corrections)


def _enriched(event: EnrichedArticle, rows: Rows, corrections: Corrections) -> Rows:
    article_id = event.article.id
    found = identities(event)
    who = {number: corrections.of(identity, article_id) for number, identity in found.items()}
    rows.entities = [
        {
            "id": each.id,
            "type": each.type,
            "name": each.name,
            "normalized_name": each.normalized_name,
            "article_id": each.article_id,
            "ref": each.ref,
            "canonical_id": each.canonical_id,
            "canonical_name": each.name,
        }
        for each in {identity.id: identity for identity in who.values()}.values()
    ]
    spans = {
        (who[entity.id].id, mention.start, mention.end) for entity in event.entities for mention in entity.mentions
    }
    rows.mentions = [
        {"article_id": article_id, "entity_id": entity, "start_char": start, "end_char": end}
        for entity, start, end in sorted(spans)
    ]
    for claim in event.claims:
        rows.claims.append(_claim(claim, rows.article, who))
        rows.speakers.append(_speaker(claim, found))
        rows.stances += _stances(claim, rows.article, who)
    rows.article_stances = [
        {
            "article_id": article_id,
            "holder_id": _id(stance.holder, who),
            "target_id": who[stance.target].id,
            "label": stance.label,
            "confidence": stance.confidence,
            "claims": list(stance.claims),
        }
        for stance in event.stances
    ]
    for topic in event.topics:
        common: Row = {"article_id": article_id, "topic": topic.topic}
        own: Row = {"label": topic.label, "confidence": topic.confidence, "claims": []}
        rows.topics.append(common | {"holder": "article", "holder_id": None} | own)
        rows.topics += [
            common
            | {
                "holder": AUTHOR if each.holder == AUTHOR else "entity",
                "holder_id": _id(each.holder, who),
                "label": each.label,
                "confidence": each.confidence,
                "claims": list(each.claims),
            }
            for each in topic.holders
        ]
    return rows


def _claim(claim: Claim, article: Row, who: Mapping[str, Identity]) -> Row:
    speaker, cue = claim.speaker, claim.cue
    return {
        "article_id": article["id"],
        "claim": claim.id,
        "start_char": claim.start,
        "end_char": claim.end,
        "spans": [[span.start, span.end] for span in claim.spans],
        "text": claim.text,
        "kind": claim.kind,
        "speaker_id": None if speaker.entity is None else who[speaker.entity].id,
        "speaker_name": speaker.name,
        "speaker_kind": speaker.kind,
        "speaker_confidence": speaker.confidence,
        "cue": None if cue is None else cue.text,
        "cue_start_char": None if cue is None else cue.start,
        "cue_end_char": None if cue is None else cue.end,
        "check_worthiness": claim.check_worthiness,
        "confidence": claim.confidence,
        "said_at": article["said_at"],
        "source": article["source"],
        "language": article["language"],
    }


def _stances(claim: Claim, article: Row, who: Mapping[str, Identity]) -> list[Row]:
    """Return a row for each target; of two that are one entity, the surer answer counts."""
    holder = None if claim.speaker.entity is None else who[claim.speaker.entity].id
    surest = {who[stance.target].id: stance for stance in sorted(claim.stances, key=lambda stance: stance.confidence)}
    return [
        {
            "claim": claim.id,
            "target_id": target,
            "holder_id": holder,
            "label": stance.label,
            "confidence": stance.confidence,
            "said_at": article["said_at"],
        }
        for target, stance in sorted(surest.items())
    ]


def _speaker(claim: Claim, who: Mapping[str, Identity]) -> str:
    """Return whose claim it is, across articles and corrections: see `voice`."""
    if claim.speaker.entity is None:
        return AUTHOR
    identity = who[claim.speaker.entity]
    return voice(
        identity.type,
        identity.normalized_name,
        ref=identity.ref,
        is_local=identity.article_id is not None,
        name=claim.speaker.name,
    )


def voice(kind: str, normalized_name: str | None, *, ref: str | None, is_local: bool, name: str | None) -> str:
    """Return whose claims may repeat one another; one that no other article knows goes by the words for it."""
    return f"{kind} {normalized(name or '')}" if is_local else ref or shared_id(kind, normalized_name, None)


def _id(holder: str, who: Mapping[str, Identity]) -> str | None:
    return None if holder == AUTHOR else who[holder].id


def _time(text: str | None) -> datetime | None:
    """Return a time of RFC 3339 in UTC; None for none, and for what no table can hold."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
