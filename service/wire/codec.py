"""From a Kafka record to an article, and from an outcome to the record that carries it.

`decode` never raises: whatever the bytes are, they are an `Article` or a `Rejected` with a stable code. `encode` builds
a CloudEvent in binary mode whose id is a hash of the canonical input and of the model, so that the same input read
again by the same model gives the same event, byte for byte.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from pydantic import ValidationError

import schemas.article as wire
import schemas.enriched as wire_out
from service.core.article import Article, ArticleId, BodyType, Enriched, Rejected, Retracted, Skipped, Status
from service.core.message import Message, time_of
from service.core.model import ModelInfo
from service.wire import ninjs
from service.wire.cloudevents import binary_headers, trace_headers, unwrap
from service.wire.event_body import enriched_event, retracted_event, skipped_event
from service.wire.times import rfc_3339

SOURCE: Final = "/claimwire"  # the CloudEvents source of what we write, a URI reference
INPUT_TYPES: Final = frozenset({wire.ARTICLE_TYPE})

# Pydantic's error types, and ours from `schemas.article`, by the code that we promise. What is not here and ends in
# `_type` is a wrong type; anything else is a bad value.
_CODES: Final = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "string_too_long": "too-long",
    "too_long": "too-long",
    "nul_character": "nul-character",
    "lone_surrogate": "lone-surrogate",
    "control_character": "control-character",
    "blank": "blank-field",
    "bad_time": "bad-value",
}
_MESSAGES: Final = {
    "missing-field": "A required field is absent.",
    "unknown-field": "The field is not known.",
    "wrong-type": "The field has another type than it should have.",
    "too-long": "The field is longer than it may be.",
    "nul-character": "The field holds a NUL character.",
    "lone-surrogate": "The field holds half of a surrogate pair, which is not a character.",
    "control-character": "The field holds a control character or a noncharacter, which no id may.",
    "blank-field": "The field is blank.",
    "empty-body": "The article's body is empty.",
    "bad-value": "The field's value is not one that it may have.",
}
_BAD_TIME: Final = "The value is not a time of RFC 3339 with an offset, such as 2026-03-18T09:30:00Z."
_NAMEABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_READABLE_ID: Final = re.compile(rf"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{{1,{wire.MAX_ID}}}")


def decode(message: Message, *, max_bytes: int) -> Article | Rejected:
    """Return the article in the message: bare, as ninjs 3, or either of them in a CloudEvent.

    Args:
        message: What was read. An embargo is held against its `timestamp`, so that reading it again decides the same.
        max_bytes: The longest value that is looked at.

    Codes: `unreadable-record`, `tombstone`, `empty-body`, `too-large`, `bad-timestamp`; those of `json_limits.parse`,
    `cloudevents.unwrap` and `ninjs.article_fields`; `missing-field`, `unknown-field`, `wrong-type`, `too-long`,
    `nul-character`, `lone-surrogate`, `control-character`, `blank-field`, `bad-value`.
    """
    if message.unreadable:
        return Rejected(
            code="unreadable-record",
            message="The record cannot be read: its batch in the log is damaged or of an unknown compression.",
        )
    if message.value is None:
        return Rejected(code="tombstone", message="The record is a tombstone: it has no value.")
    if not message.value.strip():
        return Rejected(code="empty-body", message="The record's value is empty.")
    if len(message.value) > max_bytes:
        return Rejected(code="too-large", message=f"The value has {len(message.value)} bytes, more than {max_bytes}.")
    now = None if message.timestamp is None else time_of(message.timestamp)
    if message.timestamp is not None and now is None:
        return Rejected(
            code="bad-timestamp",
            message="The record's timestamp is outside the years 1 to 9999; send milliseconds since 1970.",
        )
    payload = unwrap(message, types=INPUT_TYPES)
    if isinstance(payload, Rejected):
        return payload
    return decode_value(payload.data, now=now)


def decode_value(data: object, *, now: datetime | None) -> Article | Rejected:
    """Return the article that a JSON value holds, bare or as ninjs 3. Codes: see `decode`.

    Args:
        data: The value, out of its envelope.
        now: The time that an embargo is held against.
    """
    if not isinstance(data, dict):
        return Rejected(code="wrong-type", message="The value is not a JSON object.", field="")
    if ninjs.is_ninjs(data):
        fields = ninjs.article_fields(data, now=now)
        found = fields if isinstance(fields, Rejected) else _validate(fields, origin="ninjs")
        return _with_id(found, data.get("uri"))
    return _with_id(_validate(data, origin="article"), data.get("id"))


def canonical(article: Article) -> bytes:
    """Return the article as JSON in one form only: sorted keys, no defaults, times in UTC. A valid input itself."""
    fields: dict[str, object] = {
        "id": article.id,
        "version": article.version,
        "status": article.status.value,
        "title": article.title,
        "body": article.body or None,
        "body_type": article.body_type.value,
        "language": article.language,
        "published_at": article.published_at and rfc_3339(article.published_at),
        "url": article.url,
        "source": article.source,
        "authors": article.authors or None,
        "topics": article.topics or None,
        "tags": article.tags or None,
        "metadata": article.metadata or None,
    }
    return orjson.dumps(
        {name: value for name, value in fields.items() if value is not None}, option=orjson.OPT_SORT_KEYS
    )


def event_id(article: Article, models: Sequence[ModelInfo]) -> str:
    """Return the id of the event that these models make of this article: 64 hexadecimal digits.

    All count, whichever of them reads it: who posts an article is told the id before its language is known.
    """
    digest = hashlib.sha256(canonical(article))
    for model in models:
        digest.update(b"\n" + model.sha256.encode())
    return digest.hexdigest()


def encode_article(article: Article, *, cause: Message | None, topic: str, time: datetime | None = None) -> Message:
    """Return the record that brings an article into the input topic: its canonical form as a CloudEvent.

    The id is the hash of the canonical form, so an article that is posted twice is recognisably the same.
    """
    value = canonical(article)
    headers = binary_headers(
        event_id=hashlib.sha256(value).hexdigest(),
        source=SOURCE + "/api",
        kind=wire.ARTICLE_TYPE,
        subject=article.id,
        time=time,
    )
    return Message(topic=topic, key=article.id.encode(), value=value, headers=headers + trace_headers(cause))


def encode(
    outcome: Enriched | Retracted | Skipped,
    *,
    cause: Message | None,
    models: Sequence[ModelInfo],
    topic: str,
    quotes: bool = True,
    time: datetime | None = None,
) -> Message:
    """Return the record of the event for an outcome.

    Args:
        outcome: What became of the article.
        cause: The record that it came from; its trace context is carried on.
        models: Those that are loaded, the main one first. What none of them read is told in its name.
        topic: Where the event goes.
        quotes: Off, the event holds no quoted text, title or name: positions only.
        time: When it happened; the cause's timestamp where it is not given.
    """
    data: wire_out.EnrichedArticle | wire_out.RetractedArticle | wire_out.SkippedArticle
    model = outcome.model if isinstance(outcome, Enriched) else models[0]
    match outcome:
        case Enriched():
            kind, data = wire_out.ENRICHED_TYPE, enriched_event(outcome, quotes=quotes)
        case Retracted():
            kind, data = wire_out.RETRACTED_TYPE, retracted_event(outcome)
        case Skipped():
            kind, data = wire_out.SKIPPED_TYPE, skipped_event(outcome, model=model, quotes=quotes)
    article = outcome.article
    if time is None and cause is not None and cause.timestamp is not None:
        time = time_of(cause.timestamp)
    headers = binary_headers(
        event_id=event_id(article, models),
        source=SOURCE,
        kind=kind,
        subject=article.id,
        time=time,
        extensions={"engine": model.engine} if model.engine else None,
    )
    value = orjson.dumps(data.model_dump())
    return Message(topic=topic, key=article.id.encode(), value=value, headers=headers + trace_headers(cause))


def _validate(data: Mapping[str, object], *, origin: str) -> Article | Rejected:
    try:
        article = wire.Article.model_validate(data)
    except ValidationError as error:
        return _rejected(error.errors(include_url=False, include_input=False), origin=origin)
    return Article(
        id=ArticleId(article.id),
        version=article.version,
        status=Status(article.status),
        title=article.title,
        body=article.body or "",
        body_type=BodyType(article.body_type),
        language=article.language,
        published_at=article.published_at and article.published_at.astimezone(UTC),
        url=article.url,
        source=article.source,
        authors=article.authors,
        topics=article.topics,
        tags=article.tags,
        metadata=article.metadata,
    )


def _rejected(errors: Sequence[Any], *, origin: str) -> Rejected:
    """Return the first error. Unknown fields are named only where they look like names."""
    first = errors[0]
    kind: str = first["type"]
    path: tuple[str | int, ...] = first["loc"] or ((first.get("ctx") or {}).get("field", ""),)
    code = _CODES.get(kind) or ("wrong-type" if kind.endswith("_type") else "bad-value")
    if code == "blank-field" and path[0] == "body":
        code = "empty-body"
    if path[0] == "metadata" and not all(_NAMEABLE.fullmatch(str(part)) for part in path):
        path = path[:1]  # the names are the sender's own: one that looks like none is not repeated
    parts = [str(part) for part in path]
    known = path[0] in wire.Article.model_fields or _NAMEABLE.fullmatch(parts[0])
    field: str | None = "/" + "/".join(parts) if known else ""
    if origin == "ninjs":
        field = ninjs.pointer(parts[0])
    message = _BAD_TIME if code == "bad-value" and path[0] == "published_at" else _MESSAGES[code]
    return Rejected(code=code, message=message, field=field)


def _with_id(found: Article | Rejected, article_id: object) -> Article | Rejected:
    """Add the article's id to a refusal, where it can be read and shown."""
    if isinstance(found, Article) or not isinstance(article_id, str) or not _READABLE_ID.fullmatch(article_id):
        return found
    return Rejected(code=found.code, message=found.message, field=found.field, article_id=article_id)
