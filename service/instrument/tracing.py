"""Spans that follow one article from the HTTP post to its event, by OpenTelemetry's conventions for messaging.

    POST /v1/articles ─► send articles ─┐ (traceparent in the record's headers)
                                        └► process articles ─► send articles.enriched ─┐ (and in the event's)
    poll articles  links to each record                                                └► whoever reads the event

Off unless an endpoint is set: then nothing of this is put together, and a caller's `traceparent` is only carried on.
No span holds an article's id, name or text.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Tracer, TracerProvider

from service.api.ports import Publisher
from service.core.errors import ClaimwireError, ConfigurationError
from service.core.message import Message
from service.instrument.otel_messaging import Attributes, carrying, context_of, end, fail, messaging, size_of
from service.settings import KafkaSettings, TracingSettings
from service.streaming.consume.batch import Batch, Settled
from service.worker.ports import Stream

_FAILURES: Final = {Settled.TOO_LARGE: "event-too-large", Settled.PUT_BACK: "not-committed"}
_FLUSH: Final = (
    5.0  # seconds at the end for what was not exported yet; a collector that is away must not hold a restart
)


class Provider(Protocol):
    """What of the SDK's tracer provider is used beyond making tracers."""

    def force_flush(self, timeout_millis: int = ...) -> bool:
        """Export what is left."""
        ...

    def shutdown(self) -> None:
        """Stop exporting."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """A tracer, and what must be ended with the process."""

    tracer: Tracer
    provider: Provider | None = field(default=None, repr=False)

    def close(self) -> None:
        """Export what is left, within a few seconds. Blocks."""
        if self.provider is not None:
            self.provider.force_flush(int(_FLUSH * 1_000))
            self.provider.shutdown()


def open_tracing(settings: TracingSettings, *, version: str, instance: str | None) -> Tracing | None:
    """Return what the settings ask for; None where tracing is off.

    Raises:
        ConfigurationError: an endpoint is set, but the extra `tracing` is not installed.

    """
    if settings.endpoint is None:
        return None
    try:  # the SDK is an extra, and slow to import
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider as SdkProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "CLAIMWIRE_TRACING__ENDPOINT is set, but OpenTelemetry's SDK is not installed; install claimwire[tracing]."
        ) from error
    named: dict[str, str] = {"service.name": "claimwire", "service.version": version}
    if instance is not None:
        named["service.instance.id"] = instance
    provider = SdkProvider(resource=Resource(named), sampler=ParentBasedTraceIdRatio(settings.sample))
    exporter = OTLPSpanExporter(endpoint=settings.endpoint.rstrip("/") + "/v1/traces", timeout=_FLUSH)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return Tracing(tracer=tracer_of(provider), provider=provider)


def tracer_of(provider: TracerProvider) -> Tracer:
    """Return the tracer that all of claimwire's spans come from."""
    return provider.get_tracer("claimwire", schema_url="https://opentelemetry.io/schemas/1.37.0")


class TracedPublisher:
    """Wraps a publisher: a `send` span for each record, which carries it on in its headers."""

    def __init__(self, inner: Publisher, *, tracer: Tracer, settings: KafkaSettings) -> None:
        self._inner = inner
        self._tracer = tracer
        self._client = settings.client_id

    async def publish(self, message: Message) -> tuple[int, int]:
        """Publish; see the wrapped one for what it raises."""
        own = trace.get_current_span().get_span_context().is_valid
        with self._tracer.start_as_current_span(
            f"send {message.topic}",
            None if own else context_of(message),
            SpanKind.PRODUCER,
            messaging("send", "send", message.topic, self._client) | size_of(message),
            record_exception=False,  # a broker's message may quote what it refused
            set_status_on_exception=False,
        ) as span:
            try:
                partition, offset = await self._inner.publish(carrying(message, span))
            except ClaimwireError as error:
                fail(span, error.code)
                raise
            span.set_attribute("messaging.destination.partition.id", str(partition))
            span.set_attribute("messaging.kafka.offset", offset)
            return partition, offset


class TracedStream:
    """Wraps a stream: a `poll` span for each batch, a `process` span and a `send` span for each of its records.

    The spans of a batch are held here until it is settled or put back; meanwhile the next one may be taken.
    """

    def __init__(self, inner: Stream, *, tracer: Tracer, settings: KafkaSettings) -> None:
        self._inner = inner
        self._tracer = tracer
        self._client = settings.client_id
        self._group = settings.group
        self._in_hand: dict[Batch, tuple[Span, ...]] = {}

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Take; a poll that brings nothing leaves no span."""
        began = time.time_ns()
        batch = await self._inner.take(most=most, size=size)
        messages = batch.messages
        if messages:
            contexts = [context_of(message) for message in messages]
            polled = self._tracer.start_span(
                f"poll {messages[0].topic}",
                Context(),
                SpanKind.CLIENT,
                self._consuming("poll", "receive", messages[0].topic)
                | {"messaging.batch.message_count": len(messages)},
                [Link(trace.get_current_span(context).get_span_context()) for context in contexts if context],
                began,
            )
            polled.end()
            self._in_hand[batch] = tuple(
                self._process(message, context, polled) for message, context in zip(messages, contexts, strict=True)
            )
        return batch

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Settle; each output carries the span of its own sending."""
        processing = self._in_hand.pop(batch, ())
        sending = [self._send(output, span) for output, span in zip(outputs, processing, strict=True)]
        carried = [carrying(output, span) for output, span in zip(outputs, sending, strict=True)]
        try:
            settled = await self._inner.settle(batch, carried)
        except BaseException as error:
            end((*sending, *processing), failure=type(error).__name__)
            raise
        for outcome, *own in zip(settled, sending, processing, strict=True):
            end(own, failure=_FAILURES.get(outcome))
        return settled

    async def abandon(self, batch: Batch) -> None:
        """Put the batch back; its spans say that it was."""
        processing = self._in_hand.pop(batch, ())
        end(processing, failure="put-back")
        await self._inner.abandon(batch)

    async def idle(self) -> None:
        """Stay in the group; no span."""
        await self._inner.idle()

    def _process(self, message: Message, context: Context | None, polled: Span) -> Span:
        attributes = self._consuming("process", "process", message.topic) | size_of(message)
        if message.partition is not None and message.offset is not None:
            attributes["messaging.destination.partition.id"] = str(message.partition)
            attributes["messaging.kafka.offset"] = message.offset
        parent = context or trace.set_span_in_context(polled, Context())
        return self._tracer.start_span(
            f"process {message.topic}", parent, SpanKind.CONSUMER, attributes, [Link(polled.get_span_context())]
        )

    def _send(self, output: Message, parent: Span) -> Span:
        return self._tracer.start_span(
            f"send {output.topic}",
            trace.set_span_in_context(parent, Context()),
            SpanKind.PRODUCER,
            messaging("send", "send", output.topic, self._client) | size_of(output),
        )

    def _consuming(self, operation: str, kind: str, topic: str) -> Attributes:
        return messaging(operation, kind, topic, self._client) | {"messaging.consumer.group.name": self._group}
