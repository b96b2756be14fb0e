"""Records that a client cannot parse, or whose time is out of range: one outcome each, and the work goes on."""

import functools
import struct
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.record.util import calc_crc32c

from service.core.article import Article, ArticleId, Rejected
from service.core.message import Message
from service.local_kafka import LocalKafka
from service.streaming.admin.dead_letters import list_dead_letters
from service.streaming.admin.erasure import erase
from service.streaming.client import connection
from service.wire.codec import decode
from service.wire.dead_letter import CODE

pytestmark = pytest.mark.anyio

ARTICLE = b'{"id": "urn:a", "body": "The dam holds."}'
_CRC, _ATTRIBUTES = 17, 21  # where these fields of a batch stand
strict = functools.partial(decode, max_bytes=10_000)


async def put(bench: Any, *, timestamp: int | None = None, name: bytes = b"name", partition: int = 0) -> None:
    """Write an article with this timestamp and this header's name, which no client would write."""
    producer = AIOKafkaProducer(**connection(bench.kafka))
    async with producer:
        batch = producer.create_batch()
        batch.append(timestamp=timestamp, key=b"urn:a", value=ARTICLE, headers=[("@" * len(name), b"x")])
        built = batch._build()
        at = built.index(b"@" * len(name))
        built[at : at + len(name)] = name
        struct.pack_into(">I", built, _CRC, calc_crc32c(bytes(built[_ATTRIBUTES:])))
        await (await producer.send_batch(batch, bench.kafka.topics.articles, partition=partition))


def flip_a_bit(kafka: LocalKafka, topic: str, value: bytes) -> None:
    """Damage the record with this value on the broker's disk, in whichever partition it lies."""
    for node in kafka.nodes:
        for segment in Path(node.data).glob(f"{topic}-*/*.log"):
            at = segment.read_bytes().find(value)
            if at >= 0:
                with segment.open("r+b") as file:
                    file.seek(at)
                    file.write(bytes([value[0] ^ 1]))
                return
    pytest.fail("the record is in no segment")


def lenient(message: Message) -> Article | Rejected:
    """Take any value that can be had for a body."""
    found = strict(message)
    if isinstance(found, Rejected) and found.code == "not-json":
        return Article(id=ArticleId("k"), body=(message.value or b"").decode())
    return found


async def test_a_record_of_no_calendar_is_buried(bench: Any) -> None:
    """Microseconds in place of milliseconds, which brokers before Kafka 4 take by default, end nothing."""
    admin = AIOKafkaAdminClient(**connection(bench.kafka))
    await admin.start()
    any_time = {"message.timestamp.after.max.ms": str(2**63 - 1)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, bench.kafka.topics.articles, configs=any_time)])
    await admin.close()
    await put(bench, timestamp=1_790_000_000_000_000)
    await bench.publish([ARTICLE], partition=0)
    bench.worker(decode=strict)
    await bench.enriched(1)
    (letter,) = await bench.dead(1)
    assert dict(letter.headers)[CODE] == b"bad-timestamp"
    (listed,) = await list_dead_letters(bench.kafka)
    assert (listed.content.partition, listed.content.offset, listed.content.original.value) == (0, 0, ARTICLE)
    assert {left.offset for left in (await erase(bench.kafka, "urn:a")).left} >= {0, 1}


async def test_a_header_name_that_is_not_utf8_does_no_harm(bench: Any) -> None:
    """The article is read like any other, by the worker and by the commands."""
    await put(bench, name=b"nam\xe9")
    bench.worker(decode=strict)
    (event,) = await bench.enriched(1)
    assert event.value == ARTICLE
    assert (await erase(bench.kafka, "urn:a")).left


async def test_a_damaged_batch_is_buried_with_its_place(kafka: LocalKafka, bench: Any) -> None:
    """A bit flip on the broker's disk costs only the records of its batch, each of which becomes a dead letter."""
    await bench.publish([b"before"], partition=0)
    await bench.publish([b"damaged in its middle"], partition=0)
    await bench.publish([b"behind", b"further"], partition=0)
    flip_a_bit(kafka, bench.kafka.topics.articles, b"damaged in its middle")
    bench.worker(decode=lenient)
    assert [event.value for event in await bench.enriched(3)] == [b"before", b"behind", b"further"]
    (letter,) = await bench.dead(1)
    assert (letter.value, dict(letter.headers)[CODE]) == (b"", b"unreadable-record")
    (listed,) = await list_dead_letters(bench.kafka)
    assert (listed.content.partition, listed.content.offset) == (0, 1)
    assert (await bench.committed())[0] is not None


async def test_a_record_of_nothing_is_buried(bench: Any) -> None:
    """A record with neither key nor value, which no producer of aiokafka writes, becomes a letter too."""
    producer = AIOKafkaProducer(**connection(bench.kafka))
    async with producer:
        batch = producer.create_batch()
        batch.append(timestamp=None, key=None, value=None)
        await (await producer.send_batch(batch, bench.kafka.topics.articles, partition=0))
    bench.worker(decode=strict)
    (letter,) = await bench.dead(1)
    assert (letter.key, letter.value, dict(letter.headers)[CODE]) == (None, b"", b"tombstone")
