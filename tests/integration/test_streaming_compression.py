"""How what is written is compressed, as it lies in the broker's log."""

import struct
from collections.abc import Callable
from typing import Any

import pytest

from service.core.message import Message
from service.local_kafka import LocalKafka
from service.streaming.producers import open_producer, send

pytestmark = pytest.mark.anyio

ATTRIBUTES = 21  # where they lie in a record batch, after offset, length, epoch, magic and checksum (KIP-98)
CODECS = {"none": 0, "gzip": 1, "lz4": 3, "zstd": 4}
VALUE = b"the same again and again; " * 100


async def _codec(kafka: LocalKafka, bench: Any) -> int:
    """Write one record as the service does, and return the number of the codec that its batch in the log names."""
    producer = await open_producer(bench.kafka, deadline=30.0)
    topic = bench.kafka.topics.enriched
    await (await send(producer, Message(topic=topic, key=b"a", value=VALUE)))
    await producer.stop()
    (record,) = await bench.enriched(1)
    assert record.value == VALUE
    (log,) = kafka.nodes[0].data.glob(f"{topic}-0/*.log")
    (attributes,) = struct.unpack_from(">h", log.read_bytes(), ATTRIBUTES)
    return int(attributes) & 7


@pytest.mark.parametrize("name", CODECS)
async def test_each_compression_is_what_lies_in_the_log(
    name: str, kafka: LocalKafka, benches: Callable[..., Any]
) -> None:
    """The setting decides the codec of a batch, and what was written is read back."""
    assert await _codec(kafka, await benches(partitions=1, compression=name)) == CODECS[name]


async def test_the_default_needs_no_library_of_a_client(kafka: LocalKafka, benches: Callable[..., Any]) -> None:
    """Without the setting records are compressed with gzip, which the standard library of most languages reads."""
    assert await _codec(kafka, await benches(partitions=1)) == CODECS["gzip"]
