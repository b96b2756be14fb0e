"""What OpenTelemetry's conventions for messaging ask of a span, and how a record carries one on in its headers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from service.core.message import Message

CARRIER: Final = TraceContextTextMapPropagator()
_FIELDS: Final = frozenset(CARRIER.fields)

Attributes = dict[str, str | int]


def messaging(operation: str, kind: str, topic: str, client: str) -> Attributes:
    """Return what every span of ours that touches a topic says."""
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": kind,
        "messaging.destination.name": topic,
        "messaging.client.id": client,
    }


def size_of(message: Message) -> Attributes:
    """Return how large the record is."""
    return {"messaging.message.body.size": len(message.value or b"")}


def context_of(message: Message) -> Context | None:
    """Return the context that the record carries, if it carries one."""
    carrier = {name: value.decode("latin-1") for name, value in message.headers if value and name in _FIELDS}
    context = CARRIER.extract(carrier, Context())
    return context if trace.get_current_span(context).get_span_context().is_valid else None


def carrying(message: Message, span: Span) -> Message:
    """Return the record with this span as the context that it carries."""
    carrier: dict[str, str] = {}
    CARRIER.inject(carrier, trace.set_span_in_context(span, Context()))
    kept = tuple((name, value) for name, value in message.headers if name not in _FIELDS)
    return replace(message, headers=(*kept, *((name, value.encode("latin-1")) for name, value in carrier.items())))


def fail(span: Span, code: str) -> None:
    """Mark what went wrong, by its code: a message may quote what it is about."""
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR))


def end(spans: Sequence[Span], *, failure: str | None) -> None:
    """End the spans of a batch."""
    for span in spans:
        if failure is not None:
            fail(span, failure)
        span.end()
