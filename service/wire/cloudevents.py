"""CloudEvents 1.0 on Kafka: binary and structured mode in, binary mode out.

Binary mode puts each attribute into a header `ce_…` and the data into the value; structured mode puts everything into
one JSON value of type `application/cloudevents+json` (CloudEvents Kafka protocol binding 1.0.2, JSON event format
1.0.2). A value without either is taken bare.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from service.core.article import Rejected
from service.core.message import Message
from service.wire.json_limits import parse
from service.wire.times import rfc_3339

STRUCTURED: Final = "application/cloudevents+json"
JSON: Final = "application/json"
SPEC_VERSION: Final = "1.0"

_REQUIRED: Final = ("specversion", "type", "source", "id")
_DATA: Final = ("data", "data_base64")
_BINARY: Final = tuple(f"ce_{name}" for name in _REQUIRED)
_TRACEPARENT: Final = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.{0,200})?"
)
_MAX_TRACESTATE: Final = 512  # characters, W3C Trace Context section 3.3.1.5: what must be carried at the least
_JSON_TYPE: Final = re.compile(r"application/(?:[a-z0-9.!#$&^_-]+\+)?json", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The data of one input, taken out of its envelope. `attributes` is empty for a bare value."""

    data: object
    attributes: Mapping[str, str]


def unwrap(message: Message, *, types: frozenset[str]) -> Payload | Rejected:
    """Take the data out of the message's value, whichever way it was put there.

    Args:
        message: What was read. Its value is not a tombstone.
        types: The CloudEvents types that are understood.

    Codes beside those of `jsontext.parse`: `missing-field`, `wrong-type`, `unsupported-specversion`,
    `unknown-event-type`, `unsupported-content-type`, `bad-value`.
    """
    kind = media_type(_text(message.header("content-type")))
    binary = any(message.header(name) is not None for name in _BINARY)
    if kind not in (None, "") and not _JSON_TYPE.fullmatch(kind or ""):
        return Rejected(
            code="unsupported-content-type", message="The content type is neither JSON nor a CloudEvent in JSON."
        )
    attributes: dict[str, str] = {}
    if binary:
        attributes = {
            name[3:]: text
            for name, value in message.headers
            if name.startswith("ce_") and (text := _text(value)) is not None
        }
        if refused := _check(attributes, types=types, pointer=None):
            return refused
    value = parse(message.value or b"")
    if isinstance(value, Rejected) or binary:
        return value if isinstance(value, Rejected) else Payload(data=value, attributes=attributes)
    if kind == STRUCTURED or (isinstance(value, dict) and "specversion" in value):
        return _structured(value, types=types)
    return Payload(data=value, attributes={})


def trace_headers(cause: Message | None) -> tuple[tuple[str, bytes], ...]:
    """Return the W3C trace context of the cause, to be carried on; nothing where it has none or a broken one."""
    if cause is None:
        return ()
    parent = cause.header("traceparent") or cause.header("ce_traceparent")
    state = cause.header("tracestate") or cause.header("ce_tracestate")
    if parent is None and cause.value and media_type(_text(cause.header("content-type"))) == STRUCTURED:
        event = parse(cause.value)
        if isinstance(event, dict):
            parent, state = _bytes(event.get("traceparent")), _bytes(event.get("tracestate"))
    if parent is None or not _TRACEPARENT.fullmatch(parent):
        return ()
    headers: tuple[tuple[str, bytes], ...] = (("traceparent", parent),)
    if state and len(state) <= _MAX_TRACESTATE and state.isascii():
        headers = (*headers, ("tracestate", state))
    return headers


def binary_headers(
    *,
    event_id: str,
    source: str,
    kind: str,
    subject: str,
    time: datetime | None,
    extensions: Mapping[str, str] | None = None,
) -> tuple[tuple[str, bytes], ...]:
    """Return the Kafka headers of a binary-mode event whose data is JSON. Attribute values are UTF-8 as they are."""
    attributes = {"specversion": SPEC_VERSION, "id": event_id, "source": source, "type": kind, "subject": subject}
    if time is not None:
        attributes["time"] = rfc_3339(time)
    attributes |= extensions or {}
    return (*((f"ce_{name}", value.encode()) for name, value in attributes.items()), ("content-type", JSON.encode()))


def media_type(content_type: str | None) -> str | None:
    """Return the media type alone, in lower case, without parameters."""
    return None if content_type is None else content_type.partition(";")[0].strip().lower()


def _structured(event: object, *, types: frozenset[str]) -> Payload | Rejected:
    if not isinstance(event, dict):
        return Rejected(code="wrong-type", message="A CloudEvent in structured mode is a JSON object.", field="")
    for name in _REQUIRED:
        if name in event and not isinstance(event[name], str):
            return Rejected(code="wrong-type", message="The CloudEvents attribute is not a string.", field=f"/{name}")
    attributes = {name: value for name, value in event.items() if name not in _DATA and isinstance(value, str)}
    if refused := _check(attributes, types=types, pointer="/"):
        return refused
    content = media_type(attributes.get("datacontenttype"))
    if content is not None and not _JSON_TYPE.fullmatch(content):
        return Rejected(
            code="unsupported-content-type", message="The event's data is not JSON.", field="/datacontenttype"
        )
    data = _data(event)
    return data if isinstance(data, Rejected) else Payload(data=data, attributes=attributes)


def _data(event: Mapping[str, object]) -> object | Rejected:
    if ("data" in event) == ("data_base64" in event):
        return Rejected(code="missing-field", message="The event needs either data or data_base64.", field="/data")
    if "data" in event:
        return event["data"]
    encoded = event["data_base64"]
    try:
        return parse(base64.b64decode(encoded if isinstance(encoded, str) else "?", validate=True))
    except (binascii.Error, ValueError):
        return Rejected(code="bad-value", message="The event's data is not in base64.", field="/data_base64")


def _check(attributes: Mapping[str, str], *, types: frozenset[str], pointer: str | None) -> Rejected | None:
    """Hold the required attributes against the specification. `pointer` is None where they stand in headers."""
    if attributes.get("type", "") not in types | {""}:
        return Rejected(
            code="unknown-event-type",
            message=f"The CloudEvents type is not one of: {', '.join(sorted(types))}.",
            field=pointer and "/type",
        )
    for name in _REQUIRED:
        if not attributes.get(name):
            where = f"ce_{name}" if pointer is None else name
            return Rejected(
                code="missing-field",
                message=f"The CloudEvents attribute {where} is absent or empty.",
                field=None if pointer is None else f"/{name}",
            )
    if attributes["specversion"] != SPEC_VERSION:
        return Rejected(
            code="unsupported-specversion",
            message="Only CloudEvents 1.0 is supported.",
            field=pointer and "/specversion",
        )
    return None


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""


def _bytes(value: object) -> bytes | None:
    return value.encode(errors="replace") if isinstance(value, str) else None
