"""Spans: one trace from the post to the event, by the conventions, with nothing of the article in it."""

import asyncio
import gzip
import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from fastapi import FastAPI
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace import TracerProvider as SdkProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode, Tracer

from service.api.middleware import TracedRequests
from service.core.errors import PublishUnknownError
from service.core.message import Message
from service.instrument.tracing import TracedPublisher, TracedStream, open_tracing, tracer_of
from service.settings import KafkaSettings, TracingSettings
from service.streaming.consume.batch import Batch, Run, Settled
from service.streaming.consume.partition import Lane, Partition

SETTINGS = KafkaSettings()
SECRET = b'{"id": "urn:secret:1", "body": "Nobody may read this in a trace."}'
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass
class Recorder:
    """A tracer that keeps its spans in memory."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    tracer: Tracer = field(init=False)

    def __post_init__(self) -> None:
        """Send spans to memory, each as it ends."""
        provider = SdkProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = tracer_of(provider)

    def named(self, name: str) -> list[ReadableSpan]:
        """Return the finished spans of that name."""
        return [span for span in self.exporter.get_finished_spans() if span.name == name]

    def one(self, name: str) -> ReadableSpan:
        """Return the only finished span of that name."""
        (span,) = self.named(name)
        return span


@dataclass
class Log:
    """A publisher and a stream over a list: what is published is taken, what is settled is kept."""

    written: list[Message] = field(default_factory=list)
    events: list[Message] = field(default_factory=list)
    failure: Exception | None = None
    commits: bool = True
    put_back: list[Batch] = field(default_factory=list)

    async def publish(self, message: Message) -> tuple[int, int]:
        """Keep the record."""
        if self.failure:
            raise self.failure
        self.written.append(message)
        return 3, len(self.written) + 40

    async def take(self, *, most: int | None = None, size: int | None = None) -> Batch:
        """Give everything that was published, each time."""
        assert size is None
        taken = tuple(
            Message(topic="articles", key=None, value=each.value, headers=each.headers, partition=3, offset=41 + number)
            for number, each in enumerate(self.written[:most])
        )
        return Batch((Run(Lane(topic="articles", partition=Partition(3)), 41, taken),)) if taken else Batch()

    async def settle(self, batch: Batch, outputs: Sequence[Message]) -> Sequence[Settled]:
        """Keep the outputs."""
        if self.failure:
            raise self.failure
        self.events.extend(outputs)
        return [Settled.WRITTEN if self.commits else Settled.PUT_BACK] * len(batch.messages)

    async def abandon(self, batch: Batch) -> None:
        """Note what came back."""
        self.put_back.append(batch)

    async def idle(self) -> None:
        """Do nothing."""


def article(**headers: str) -> Message:
    """Return an input record."""
    return Message(
        topic="articles",
        key=b"urn:secret:1",
        value=SECRET,
        headers=(("ce_id", b"1"), *((name, value.encode()) for name, value in headers.items())),
    )


def event(_cause: Message) -> Message:
    """Return an output record."""
    return Message(topic="articles.enriched", key=b"urn:secret:1", value=b"{}", headers=(("ce_id", b"2"),))


def trace_of(span: ReadableSpan) -> int:
    """Return the id of the span's trace."""
    assert span.context is not None
    return span.context.trace_id


def attributes(span: ReadableSpan) -> Mapping[str, object]:
    """Return the span's attributes."""
    assert span.attributes is not None
    return span.attributes


def parent(span: ReadableSpan) -> int:
    """Return the id of the span above."""
    assert span.parent is not None
    return span.parent.span_id


async def through(recorder: Recorder, log: Log) -> None:
    """One article: posted, taken, settled."""
    publisher = TracedPublisher(log, tracer=recorder.tracer, settings=SETTINGS)
    stream = TracedStream(log, tracer=recorder.tracer, settings=SETTINGS)
    app = FastAPI()

    @app.post("/v1/articles", status_code=202)
    async def post() -> None:
        await publisher.publish(article(traceparent=CALLER))

    app.add_middleware(TracedRequests, tracer=recorder.tracer)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.post("/v1/articles", headers={"traceparent": CALLER})
        assert answer.status_code == 202
    batch = await stream.take()
    await stream.settle(batch, [event(message) for message in batch.messages])


def test_one_trace_leads_from_the_caller_to_the_event() -> None:
    """Caller, request, send, process and send are parent and child, in one trace; the event carries the last on."""
    recorder, log = Recorder(), Log()
    asyncio.run(through(recorder, log))
    request, sent = recorder.one("POST /v1/articles"), recorder.one("send articles")
    processed, told = recorder.one("process articles"), recorder.one("send articles.enriched")
    chain = [request, sent, processed, told]
    assert {f"{trace_of(span):032x}" for span in chain} == {CALLER.split("-")[1]}
    assert f"{parent(request):016x}" == CALLER.split("-")[2]
    for above, below in itertools.pairwise(chain):
        assert above.context is not None
        assert parent(below) == above.context.span_id
    assert told.context is not None
    carried = log.events[0].header("traceparent")
    assert carried == f"00-{told.context.trace_id:032x}-{told.context.span_id:016x}-01".encode()
    assert [span.kind for span in chain] == [SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER, SpanKind.PRODUCER]


def test_spans_follow_the_conventions() -> None:
    """Each messaging span names system, operation and destination; the poll links to what it brought."""
    recorder, log = Recorder(), Log()
    asyncio.run(through(recorder, log))
    for name, kind in {
        "send articles": "send",
        "poll articles": "receive",
        "process articles": "process",
        "send articles.enriched": "send",
    }.items():
        operation, topic = name.split()
        span = attributes(recorder.one(name))
        assert span["messaging.system"] == "kafka"
        assert span["messaging.operation.name"] == operation
        assert span["messaging.operation.type"] == kind
        assert span["messaging.destination.name"] == topic
    processed, polled = attributes(recorder.one("process articles")), recorder.one("poll articles")
    assert (processed["messaging.destination.partition.id"], processed["messaging.kafka.offset"]) == ("3", 41)
    assert processed["messaging.consumer.group.name"] == SETTINGS.group
    assert attributes(polled)["messaging.batch.message_count"] == 1
    assert [link.context.trace_id for link in polled.links] == [trace_of(recorder.one("send articles"))]


def test_spans_hold_nothing_of_the_article() -> None:
    """Neither article ids nor text are in the traces."""
    recorder, log = Recorder(), Log()
    asyncio.run(through(recorder, log))
    spans = "".join(span.to_json() for span in recorder.exporter.get_finished_spans())
    assert len(recorder.exporter.get_finished_spans()) == 5
    assert "secret" not in spans
    assert "Nobody may read" not in spans


def test_a_record_without_context_begins_a_trace() -> None:
    """A producer that does not trace is not an obstacle: the batch's poll is the root."""
    recorder, log = Recorder(), Log(written=[article(), article(traceparent="00-nonsense")])
    stream = TracedStream(log, tracer=recorder.tracer, settings=SETTINGS)

    async def once() -> None:
        await stream.settle(await stream.take(), [event(article()), event(article())])

    asyncio.run(once())
    polled = recorder.one("poll articles")
    assert {trace_of(span) for span in recorder.named("process articles")} == {trace_of(polled)}


def test_an_unknown_publish_is_an_error_by_its_code() -> None:
    """A failed send says which code the caller got, not what the broker said."""
    recorder = Recorder()
    publisher = TracedPublisher(
        Log(failure=PublishUnknownError("broker 7 said: secret")), tracer=recorder.tracer, settings=SETTINGS
    )
    with pytest.raises(PublishUnknownError):
        asyncio.run(publisher.publish(article()))
    span = recorder.one("send articles")
    assert (span.status.status_code, attributes(span)["error.type"]) == (StatusCode.ERROR, "publish-unknown")
    assert "secret" not in span.to_json()


def test_a_batch_that_is_not_committed_is_an_error() -> None:
    """A failed transaction shows in the spans of its records; those of the next attempt are new ones."""
    recorder, log = Recorder(), Log(commits=False, written=[article(traceparent=CALLER)])
    stream = TracedStream(log, tracer=recorder.tracer, settings=SETTINGS)

    async def twice() -> None:
        for commits in (False, True):
            log.commits = commits
            batch = await stream.take()
            await stream.settle(batch, [event(message) for message in batch.messages])

    asyncio.run(twice())
    first, second = recorder.named("process articles")
    assert (first.status.status_code, attributes(first)["error.type"]) == (StatusCode.ERROR, "not-committed")
    assert second.status.status_code is StatusCode.UNSET


def test_a_batch_that_is_put_back_says_so() -> None:
    """No span stays open when a batch is abandoned."""
    recorder, log = Recorder(), Log(written=[article()])
    stream = TracedStream(log, tracer=recorder.tracer, settings=SETTINGS)

    async def abandoned() -> None:
        await stream.abandon(await stream.take())

    asyncio.run(abandoned())
    assert len(log.put_back) == 1
    assert attributes(recorder.one("process articles"))["error.type"] == "put-back"


def test_an_empty_poll_leaves_no_span() -> None:
    """An idle worker makes no traces."""
    recorder = Recorder()
    asyncio.run(TracedStream(Log(), tracer=recorder.tracer, settings=SETTINGS).take())
    assert recorder.exporter.get_finished_spans() == ()


def test_tracing_is_off_by_default() -> None:
    """Without an endpoint nothing is put together, so nothing can leave."""
    assert open_tracing(TracingSettings(), version="1", instance=None) is None


def test_spans_reach_a_collector() -> None:
    """With an endpoint set, what is open at the end is exported by OTLP over HTTP, named after the service."""
    received: list[ExportTraceServiceRequest] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            received.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}/"
        tracing = open_tracing(TracingSettings(endpoint=endpoint, sample=1.0), version="9", instance="worker-3")
        assert tracing is not None
        asyncio.run(TracedPublisher(Log(), tracer=tracing.tracer, settings=SETTINGS).publish(article()))
        tracing.close()
        server.shutdown()
    (exported,) = received
    (resource,) = exported.resource_spans
    named = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert (named["service.name"], named["service.instance.id"]) == ("claimwire", "worker-3")
    assert [span.name for span in resource.scope_spans[0].spans] == ["send articles"]
