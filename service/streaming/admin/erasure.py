"""Erasing an article: consumers are told to forget it, and what the topics still hold of it is found.

`docs/privacy.md` says what is erased when, and why the topics are not compacted.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from service.core.article import Article
from service.core.message import Message, nearest_time_of
from service.settings import KafkaSettings
from service.streaming.admin.whole_topic import whole_topic
from service.streaming.client import REQUEST_MS, connection, meaning, require_topics, stop_consumer
from service.streaming.producers import discard, open_producer, send
from service.streaming.records import message_of
from service.wire.codec import decode

_CONNECT: Final = 15.0  # seconds
_FOREVER: Final = -1  # retention.ms of a topic that keeps everything


@dataclass(frozen=True, slots=True, kw_only=True)
class Remainder:
    """A record of the article that is still in a topic, and when retention removes it at the latest (None: never)."""

    topic: str
    partition: int
    offset: int
    written_at: datetime
    gone_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was done: where the tombstone lies, what is left, and up to where the input was deleted, by partition."""

    partition: int
    offset: int
    left: tuple[Remainder, ...]
    purged: dict[int, int]


async def erase(
    settings: KafkaSettings, article_id: str, *, purge: bool = False, matches: str | None = None
) -> Erasure:
    """Erase an article.

    1. Write a tombstone to the output topic, so that live views and consumers forget the article now; and one to the
       topic of matches, where there is one, for those who read that alone.
    2. With `purge`, delete the input up to the article's last record, in partitions where the workers are past it.
    3. Read the topics, and return what is left.

    Raises:
        BrokerUnavailableError, ConfigurationError: no broker answered, or Kafka refused.

    """
    try:
        await require_topics(settings)
        names = settings.topics
        topics = [names.articles, names.enriched, names.dead_letter]
        partition, offset = await _bury(settings, names.enriched, article_id)
        if matches is not None and await _exists(settings, matches):
            topics.append(matches)
            await _bury(settings, matches, article_id)
        purged = await _purge(settings, article_id) if purge else {}
        left: list[Remainder] = []
        for topic in topics:
            left += [remainder async for remainder in _left(settings, topic, article_id)]
    except (KafkaError, OSError, TimeoutError) as error:
        raise meaning(error, doing="erasing an article") from error
    return Erasure(partition=partition, offset=offset, left=tuple(left), purged=purged)


async def _exists(settings: KafkaSettings, topic: str) -> bool:
    admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS)
    await admin.start()
    try:
        return topic in await admin.list_topics()
    finally:
        await admin.close()


async def _bury(settings: KafkaSettings, topic: str, article_id: str) -> tuple[int, int]:
    producer = await open_producer(settings, deadline=_CONNECT)
    try:
        tombstone = Message(topic=topic, key=article_id.encode(), value=None)
        written = await asyncio.wait_for(await send(producer, tombstone), settings.publish_timeout)
        return written.partition, written.offset
    finally:
        await discard(producer)


async def _purge(settings: KafkaSettings, article_id: str) -> dict[int, int]:
    """Delete from the input what the group is done with, up to the article's last record in each partition."""
    topic = settings.topics.articles
    last: dict[int, int] = {}
    async for record in whole_topic(settings, topic, isolation="read_uncommitted"):
        if _is_of(record, article_id):
            last[record.partition] = record.offset
    consumer = AIOKafkaConsumer(**connection(settings), group_id=settings.group, enable_auto_commit=False)
    try:
        await consumer.start()
        done = {number: await consumer.committed(TopicPartition(topic, number)) or 0 for number in last}
    finally:
        await stop_consumer(consumer)
    before = {number: offset + 1 for number, offset in last.items() if offset < done[number]}
    if before:
        admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS)
        await admin.start()
        try:
            await admin.delete_records(
                {TopicPartition(topic, number): RecordsToDelete(offset) for number, offset in before.items()}
            )
        finally:
            await admin.close()
    return before


async def _left(settings: KafkaSettings, topic: str, article_id: str) -> AsyncIterator[Remainder]:
    life = await _life(settings, topic)
    async for record in whole_topic(settings, topic, isolation="read_uncommitted"):
        if record.value is not None and _is_of(record, article_id):
            written = nearest_time_of(record.timestamp)
            yield Remainder(
                topic=topic,
                partition=record.partition,
                offset=record.offset,
                written_at=written,
                gone_by=_gone_by(written, life),
            )


def _is_of(record: Any, article_id: str) -> bool:
    """Return whether the record is of this article, by its key or, where a sender keys otherwise, by what it holds."""
    wanted = article_id.encode()
    if record.key == wanted:
        return True
    value: bytes = record.value or b""
    found = decode(message_of(record), max_bytes=len(value))
    return (found.id if isinstance(found, Article) else found.article_id) == article_id


def _gone_by(written: datetime, life: timedelta | None) -> datetime | None:
    """Return when retention removes the record; None for never, as where its timestamp lies too far ahead."""
    if life is None or life > datetime.max.replace(tzinfo=UTC) - written:
        return None
    return written + life


async def _life(settings: KafkaSettings, topic: str) -> timedelta | None:
    """Return how long a record may stay: its retention, and the time that its segment is written to before it ages."""
    admin = AIOKafkaAdminClient(**connection(settings), request_timeout_ms=REQUEST_MS)
    await admin.start()
    try:
        answers: Sequence[Any] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    finally:
        await admin.close()
    values = {entry[0]: entry[1] for answer in answers for resource in answer.resources for entry in resource[4]}
    retention = int(values.get("retention.ms", _FOREVER))
    if retention == _FOREVER:
        return None
    return timedelta(milliseconds=retention + int(values.get("segment.ms", 0)))
