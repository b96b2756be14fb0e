"""The codec between real topics: bad input becomes dead letters, consumers of other makes read the events."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any

import jsonschema
import orjson
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError, RecordTooLargeError
from cloudevents.core.bindings import kafka
from cloudevents.core.bindings.kafka import KafkaMessage

from schemas.export import NAMES, schema
from service.core.article import Article, Enriched, Outcome, Retracted, Skipped, Status
from service.core.frames import Enrichment
from service.core.model import ModelInfo
from service.streaming.client import connection
from service.wire import codec
from tests.progress import Progress

pytestmark = pytest.mark.anyio

MODEL = ModelInfo(name="m", version="1", sha256="ab" * 32)
CLOUD = [("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/x")]
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

BAD: list[tuple[bytes, list[tuple[str, bytes]], str]] = [
    (b"{", [], "not-json"),
    (b'{"id":"a","body":5}', [], "wrong-type"),
    (b'{"id":"a","body":"b","x":1}', [], "unknown-field"),
    (b'{"id":"a","body":""}', [], "empty-body"),
    (b'{"id":"a","body":"' + b"x" * 4_000 + b'"}', [], "too-large"),
    (b'{"id":"a","body":"\xff"}', [], "not-utf8"),
    (b'{"id":"a","body":"\\ud800"}', [], "lone-surrogate"),
    (b'{"id":"a","body":"\\u0000"}', [], "nul-character"),
    (b'{"id":"a","body":"b"}', [*CLOUD, ("ce_type", b"org.example.other")], "unknown-event-type"),
    (b'{"uri":"u:a","bodies":[{"value":"b"}],"embargoedUntil":"2999-01-01T00:00:00Z"}', [], "embargoed"),
]


async def read(articles: Sequence[Article]) -> list[Outcome]:
    """Find nothing, take back what is taken back, and speak no German."""
    return [
        Retracted(article=article)
        if article.status is not Status.USABLE
        else Skipped(article=article, reason="language-not-supported", detail="No German.")
        if article.language == "de"
        else Enriched(article=article, text=article.body, language="en", model=MODEL, enrichment=Enrichment())
        for article in articles
    ]


def start(bench: Any) -> None:
    """Start a worker that decodes and encodes as the service does."""
    topic = bench.kafka.topics.enriched
    bench.worker(
        read,
        decode=partial(codec.decode, max_bytes=2_000),
        encode=lambda outcome, message: codec.encode(outcome, cause=message, models=[MODEL], topic=topic),
        breaker_share=1.0,
    )


async def send(bench: Any, records: Sequence[tuple[bytes, list[tuple[str, bytes]]]], **options: Any) -> None:
    """Write records to one partition of the input topic, in order."""
    producer = AIOKafkaProducer(**connection(bench.kafka), acks="all", **options)
    await producer.start()
    try:
        for value, headers in records:
            await producer.send_and_wait(bench.kafka.topics.articles, value, headers=headers, partition=0)
    finally:
        await producer.stop()


async def test_bad_input_on_the_topic_is_a_dead_letter_and_the_next_goes_on(bench: Any) -> None:
    """Each mistake has its code in the dead letter, the original bytes beside it, and a good article follows each."""
    good = b'{"id":"good","body":"b"}'
    await send(bench, [record for value, headers, _code in BAD for record in ((value, headers), (good, []))])
    start(bench)
    letters = await bench.dead(len(BAD))
    events = await bench.enriched(len(BAD))
    told = [(letter.value, dict(letter.headers)["claimwire-error-code"].decode()) for letter in letters]
    assert sorted(told) == sorted((value, code) for value, _headers, code in BAD)
    assert Counter(event.key for event in events) == {b"good": len(BAD)}


async def test_consumers_of_other_makes_read_the_events(bench: Any) -> None:
    """A plain consumer and the CloudEvents SDK decode every kind; the published schema holds; the trace is carried."""
    articles: list[dict[str, Any]] = [
        {"id": "urn:a", "body": "b"},
        {"id": "urn:b", "status": "canceled"},
        {"id": "urn:c", "body": "b", "language": "de"},
    ]
    await send(bench, [(orjson.dumps(article), [("traceparent", TRACE)]) for article in articles])
    start(bench)
    kinds = []
    for record in await bench.enriched(3):
        message = KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
        event = kafka.from_binary_event(message)
        kinds.append(event.get_type().split(".")[2])
        jsonschema.Draft202012Validator(schema(kinds[-1])).validate(event.get_data())
        assert event.get_subject().encode() == record.key
        assert dict(record.headers)["traceparent"] == TRACE
    assert sorted(kinds) == sorted(set(NAMES) - {"article", "event"})


async def test_the_same_article_twice_gives_the_same_event(bench: Any) -> None:
    """Two records, two events, one id and the same bytes: a consumer can drop the second."""
    await send(bench, [(b'{"id":"a","body":"b"}', []), (b'{"body":"b","id":"a","version":1}', [])])
    start(bench)
    first, second = await bench.enriched(2)
    assert first.value == second.value
    assert dict(first.headers)["ce_id"] == dict(second.headers)["ce_id"]


BOMB = b'{"id":"a","body":"' + b"x" * 8_000_000 + b'"}'
GZIP = {"compression_type": "gzip", "max_request_size": 16_000_000, "max_batch_size": 16_000_000}


async def compress(bench: Any, how: str) -> None:
    """Set the input topic's `compression.type`, and take back its other settings."""
    admin = AIOKafkaAdminClient(**connection(bench.kafka))
    await admin.start()
    configs = {"compression.type": how, "max.message.bytes": "1114112"}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, bench.kafka.topics.articles, configs)])
    asked = [ConfigResource(ConfigResourceType.TOPIC, bench.kafka.topics.articles)]
    progress = Progress()
    while f"'{how}'" not in str(await admin.describe_configs(asked)):  # a broker hears of it after the controller has
        progress.check(None, f"compression.type {how} of the input topic")
        await asyncio.sleep(0.05)
    await admin.close()


async def test_a_compressed_bomb_is_refused_by_the_broker(bench: Any) -> None:
    """The topics that the service makes have the broker inflate and count what is sent."""
    with pytest.raises((MessageSizeTooLargeError, RecordTooLargeError)):
        await send(bench, [(BOMB, [])], **GZIP)


async def test_a_bomb_that_reached_the_topic_is_a_dead_letter_without_its_bytes(bench: Any) -> None:
    """On a topic that keeps batches packed its size passes; the article behind it goes on all the same."""
    await compress(bench, "producer")
    await send(bench, [(BOMB, []), (b'{"id":"good","body":"b"}', [])], **GZIP)
    start(bench)
    (letter,) = await bench.dead(1)
    # Not even the dead-letter topic takes it, so it lies there by its digest alone, for what was wrong with it.
    assert dict(letter.headers)["claimwire-error-code"] == b"too-large"
    assert letter.value == b""
    (event,) = await bench.enriched(1)
    assert event.key == b"good" or orjson.loads(event.value)["article"]["id"] == "good"
