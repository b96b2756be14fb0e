"""From a record of the output topic to what it tells the ledger, or to the reason why it cannot be kept."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from schemas.enriched import (
    ENRICHED_TYPE,
    RETRACTED_TYPE,
    SKIPPED_TYPE,
    EnrichedArticle,
    RetractedArticle,
    SkippedArticle,
)
from service.core.article import Rejected
from service.core.message import Message, nearest_time_of
from service.streaming.schema_registry.framing import unframed

_TYPES: dict[str, type[EnrichedArticle | RetractedArticle | SkippedArticle]] = {
    ENRICHED_TYPE: EnrichedArticle,
    RETRACTED_TYPE: RetractedArticle,
    SKIPPED_TYPE: SkippedArticle,
}
_NUL = b"\\u0000"  # how JSON writes the one character that PostgreSQL's text cannot hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one record says.

    Attributes:
        index: which record of its batch it is.
        article_id: of the article that it is about.
        version: of the article; 0 for an erasure.
        data: of the event; None for a tombstone, which erases the article.
        event_id: of the event.
        offset: where the record lies in its partition.
        written_at: when it was written.
    """

    index: int
    article_id: str
    version: int
    data: EnrichedArticle | RetractedArticle | SkippedArticle | None
    event_id: str | None
    offset: int
    written_at: datetime


def read(message: Message, index: int) -> Told | Rejected:
    """Return what the record says.

    Codes: `unreadable-record`, `tombstone-without-key`, `unknown-event-type`, `malformed-event`, `nul-character`.
    """
    if message.unreadable:
        return Rejected(code="unreadable-record", message="The record cannot be read: its batch is damaged.")
    written_at = nearest_time_of(message.timestamp or 0)
    offset = message.offset or 0
    if message.value is None:
        try:
            article_id = (message.key or b"").decode()
        except UnicodeDecodeError:
            article_id = ""
        if not article_id:
            return Rejected(code="tombstone-without-key", message="The tombstone's key is not the id of an article.")
        return Told(
            index=index,
            article_id=article_id,
            version=0,
            data=None,
            event_id=None,
            offset=offset,
            written_at=written_at,
        )
    kind = _TYPES.get(_text(message.header("ce_type")) or "")
    if kind is None:
        return Rejected(
            code="unknown-event-type",
            message="The record's header ce_type is not a type of event that this ledger knows.",
        )
    value = unframed(message.value) or b""
    if _NUL in value:
        return Rejected(code="nul-character", message="The event holds a NUL character, which no table can.")
    data = _parsed(kind, value)
    if isinstance(data, Rejected):
        return data
    return Told(
        index=index,
        article_id=data.article.id,
        version=data.article.version,
        data=data,
        event_id=_text(message.header("ce_id")),
        offset=offset,
        written_at=written_at,
    )


def _parsed(
    kind: type[EnrichedArticle | RetractedArticle | SkippedArticle], value: bytes
) -> EnrichedArticle | RetractedArticle | SkippedArticle | Rejected:
    try:
        data = kind.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return Rejected(
            code="malformed-event",
            message=f"The event is not of its type's schema: {first['type']}.",
            field="".join(f"/{part}" for part in first["loc"]),
        )
    if isinstance(data, EnrichedArticle) and (pointer := _dangling(data)) is not None:
        return Rejected(
            code="malformed-event", message="The event refers to a part that it does not have.", field=pointer
        )
    return data


def _dangling(event: EnrichedArticle) -> str | None:
    """Return a pointer to the first reference to an entity that is not there, or an id that comes twice."""
    entities = {entity.id for entity in event.entities}
    if len(entities) < len(event.entities):
        return "/entities"
    if len({claim.id for claim in event.claims}) < len(event.claims):
        return "/claims"
    for number, claim in enumerate(event.claims):
        if claim.speaker.entity is not None and claim.speaker.entity not in entities:
            return f"/claims/{number}/speaker/entity"
        if any(stance.target not in entities for stance in claim.stances):
            return f"/claims/{number}/stances"
    holders = entities | {"author"}
    if any(stance.holder not in holders or stance.target not in entities for stance in event.stances):
        return "/stances"
    if any(holder.holder not in holders for topic in event.topics for holder in topic.holders):
        return "/topics"
    return None


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode(errors="replace")
