"""Who reads along: a watcher of every outcome, a reader of the live stream, and at the end whoever reads the logs."""

import asyncio
import json
import time
from typing import Any, Final

import httpx
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import connection, stop_consumer
from service.streaming.records import message_of
from tests.chaos.checker import Live, Place
from tests.chaos.outcomes import found

_LOOK_EVERY: Final = 3.0  # seconds between looks whether a topic has grown
_EVENTS: Final = ("enriched", "retracted", "skipped")


class Watcher:
    """Reads what is committed as it comes, and notes when the outcome of each input was first seen."""

    def __init__(self, settings: KafkaSettings) -> None:
        self.seen: dict[Place, float] = {}
        self._settings = settings

    async def run(self) -> None:
        """Read through everything until cancelled."""
        positions: dict[TopicPartition, int] = {}
        topics = (self._settings.topics.enriched, self._settings.topics.dead_letter)
        while True:
            consumer = _reader(self._settings)
            try:
                await consumer.start()
                while True:
                    places = [each for topic in topics for each in await _partitions(consumer, topic)]
                    consumer.assign(places)
                    for each in places:
                        consumer.seek(each, positions.get(each, 0))
                    until = time.monotonic() + _LOOK_EVERY
                    while time.monotonic() < until:
                        for where, records in (await consumer.getmany(timeout_ms=200)).items():
                            for record in records:
                                self.seen.setdefault(found(message_of(record))[0], time.time())
                            positions[where] = records[-1].offset + 1
            except (KafkaError, OSError):
                await asyncio.sleep(0.5)
            finally:
                await stop_consumer(consumer)


class LiveReader:
    """Reads the service's event stream over HTTP, and goes on behind the last event when a connection ends."""

    def __init__(self, address: str) -> None:
        self.seen: list[Live] = []
        self.since: dict[int, int] = {}  # by partition, behind which offset it began, or was told of a gap
        self.connections = 0
        self._address = address
        self._last_id = ""

    async def run(self) -> None:
        """Read until cancelled."""
        timeout = httpx.Timeout(5.0, read=20.0)  # the stream says something every 15 seconds
        while True:
            try:
                headers = {"Last-Event-ID": self._last_id} if self._last_id else {}
                async with (
                    httpx.AsyncClient(timeout=timeout) as client,
                    client.stream("GET", f"{self._address}/v1/events", headers=headers) as answer,
                ):
                    if answer.status_code == httpx.codes.OK:
                        self.connections += 1
                        await self._read(answer)
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.5)

    async def _read(self, answer: httpx.Response) -> None:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(": ")
            if line:
                fields[name] = value
                continue
            self._last_id = fields.get("id", self._last_id)
            if "data" in fields:
                self._take(fields.get("event", ""), json.loads(fields["data"]))
            fields = {}

    def _take(self, kind: str, data: dict[str, Any]) -> None:
        if kind in _EVENTS:
            self.seen.append(Live(place=(data["partition"], data["offset"]), source_id=data["id"]))
        elif kind == "gap" or (kind == "ready" and self.connections == 1):
            told = data["until" if kind == "gap" else "positions"]
            self.since |= {int(partition): offset for partition, offset in told.items()}


async def read_all(settings: KafkaSettings, topic: str) -> list[Message]:
    """Read a whole topic, committed records only, in the order of its logs."""
    consumer = _reader(settings)
    await consumer.start()
    try:
        places = await _partitions(consumer, topic)
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        records: list[Any] = []
        while any([await consumer.position(each) < ends[each] for each in places]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                records += batch
        return [message_of(each) for each in sorted(records, key=lambda record: (record.partition, record.offset))]
    finally:
        await stop_consumer(consumer)


def _reader(settings: KafkaSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **connection(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        request_timeout_ms=5000,
        metadata_max_age_ms=3000,
    )


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, each) for each in sorted(await consumer._client._wait_on_metadata(topic))]
