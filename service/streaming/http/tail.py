"""Reads the output topic for the live view: every partition, committed records only, in no group.

It takes no part in delivery: it commits nothing, and when it fails it begins again where it was.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from service.core.errors import ClaimwireError, InfrastructureError
from service.core.health import Check, HealthStatus
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import REQUEST_MS, connection, meaning, stop_consumer
from service.streaming.records import message_of
from service.streaming.schema_registry.framing import unframed
from service.streaming.topic_identity import recreated, topic_identity
from service.telemetry.logs import logger

_POLL_MS: Final = 500
_MOST_RECORDS: Final = 200  # in one poll, so that the event loop gets its turn between two
_PARTITIONS_MS: Final = 30_000  # between looks whether the topic has grown
_IDENTITY_EVERY: Final = 10.0  # seconds between looks whether the topic is still the same
_SOUND: Final = 30.0  # seconds of reading after which a failure is the first again
_RETRY: Final = (0.5, 1.0, 2.0, 5.0)  # seconds to wait before beginning again; the last one repeats
_REPLAY_SILENCE: Final = 10.0  # seconds without a record after which a replay ends: the rest was compacted away

log = logger("claimwire.tail")


class View(Protocol):
    """What the records are for."""

    caught_up: bool
    positions: dict[int, int]  # partition: offset of the last record that was added

    def add(self, message: Message) -> None:
        """Take the next record of a partition."""
        ...

    def begin(self, topic: str) -> None:
        """Note the identity of the topic that is read: what came of one that was deleted means nothing any more."""
        ...

    def skip_to(self, partition: int, offset: int) -> None:
        """Note that reading begins behind this offset."""
        ...


class Tail:
    """Feeds a view, from `history` records before the end of the topic on."""

    def __init__(self, settings: KafkaSettings, *, view: View, history: int) -> None:
        self._settings = settings
        self._topic = settings.topics.enriched
        self._view = view
        self._history = history
        self._identity = ""
        self._problem: str | None = "The output topic has not been read yet."

    async def run(self) -> None:
        """Read until cancelled. An error of Kafka is waited out; the view keeps what it has."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                async with self._consumer(self._topic) as consumer:
                    await self._follow(consumer)
            except (KafkaError, OSError, ClaimwireError) as error:
                failures = 0 if time.monotonic() - began > _SOUND else failures + 1
                self._problem = str(meaning(error, doing="reading the output topic"))
                log.warning("tail.interrupted", error=type(error).__name__)
            await asyncio.sleep(_RETRY[min(failures, len(_RETRY) - 1)])

    async def replay(self, after: Mapping[int, int], until: Mapping[int, int]) -> AsyncIterator[Message]:
        """Give the committed records of each partition behind offset `after`, up to and with `until`, and no others.

        A record that compaction or retention took is missing, and the rest is given all the same.
        """
        open_ones = {p for p in after.keys() & until.keys() if after[p] < until[p]}
        if not open_ones:
            return
        async with self._consumer() as consumer:
            places = {TopicPartition(self._topic, partition) for partition in open_ones}
            consumer.assign(places)
            first = await consumer.beginning_offsets(places)
            for place in places:
                consumer.seek(place, max(after[place.partition] + 1, first[place]))
            heard = time.monotonic()
            while open_ones and time.monotonic() - heard < _REPLAY_SILENCE:
                for record in _flat(await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST_RECORDS)):
                    heard = time.monotonic()
                    if record.offset <= until[record.partition]:
                        yield _message(record)
                # Control records and aborted ones move the position on, but are never given.
                for place in places:
                    if place.partition in open_ones and await consumer.position(place) > until[place.partition]:
                        open_ones.discard(place.partition)

    def checks(self) -> Sequence[Check]:
        """Return whether the view follows the topic. The service works without it: never more than a warning."""
        return (
            Check(
                name="live-view",
                status=HealthStatus.WARN if self._problem else HealthStatus.PASS,
                detail=self._problem,
                observed={"caught_up": self._view.caught_up},
            ),
        )

    @contextlib.asynccontextmanager
    async def _consumer(self, *topics: str) -> AsyncIterator[Any]:
        consumer = AIOKafkaConsumer(
            *topics,
            **connection(self._settings),
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # what retention took between two polls is skipped, not waited for
            max_partition_fetch_bytes=self._settings.max_partition_fetch,
            metadata_max_age_ms=_PARTITIONS_MS,
            request_timeout_ms=REQUEST_MS,
        )
        try:
            await consumer.start()
            yield consumer
        finally:
            await stop_consumer(consumer)

    async def _follow(self, consumer: Any) -> None:
        """Read on from where the view is, and every partition that the topic may grow.

        1. Learn which topic it is; the view forgets one that was deleted.
        2. Place each partition that is new here: behind the view, or `history` records before its end.
        3. Read until each has come to where it ended then: the view has caught up.
        4. Go on.
        """
        self._identity = await topic_identity(consumer._client, self._topic) or self._identity  # noqa: SLF001  # no other way
        self._view.begin(self._identity)
        asked = time.monotonic()
        placed: set[TopicPartition] = set()
        ends: dict[TopicPartition, int] = {}
        while True:
            if new := consumer.assignment() - placed:
                ends |= await self._place(consumer, new)
                placed |= new
            for record in _flat(await consumer.getmany(timeout_ms=_POLL_MS, max_records=_MOST_RECORDS)):
                self._view.add(_message(record))
            self._problem = None
            for place in list(ends):
                if await consumer.position(place) >= ends[place]:
                    del ends[place]
            self._view.caught_up = self._view.caught_up or (bool(placed) and not ends)
            if time.monotonic() - asked > _IDENTITY_EVERY:
                asked = time.monotonic()
                if recreated(self._identity, await topic_identity(consumer._client, self._topic)):  # noqa: SLF001  # as above
                    raise InfrastructureError("The output topic was deleted and created anew.")
            await asyncio.sleep(0)

    async def _place(self, consumer: Any, places: set[TopicPartition]) -> dict[TopicPartition, int]:
        """Seek to where reading begins; return where each partition ends now."""
        first: dict[TopicPartition, int] = await consumer.beginning_offsets(places)
        last: dict[TopicPartition, int] = await consumer.end_offsets(places)
        for place in places:
            known = self._view.positions.get(place.partition)
            start = max(first[place], last[place] - self._history if known is None else known + 1)
            if known is None and start > 0:
                self._view.skip_to(place.partition, start - 1)
            consumer.seek(place, start)
        return last


def _flat(batches: Mapping[TopicPartition, Sequence[ConsumerRecord]]) -> Iterable[ConsumerRecord]:
    return (record for batch in batches.values() for record in batch)


def _message(record: ConsumerRecord) -> Message:
    return replace(message_of(record), value=unframed(record.value))
