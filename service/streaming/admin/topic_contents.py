"""What a topic holds, read from beginning to end by somebody who wants it in parts, and knows where it begins."""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.admin.whole_topic import whole_topic
from service.streaming.client import REQUEST_MS, connection, meaning, require_topics, stop_consumer
from service.streaming.records import message_of
from service.streaming.topic_identity import topic_identity


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicFacts:
    """Which topic it is (`cluster id/topic id`, or its name where brokers tell no ids), and where partitions begin."""

    identity: str
    oldest: Mapping[int, int]


async def topic_facts(settings: KafkaSettings, topic: str) -> TopicFacts:
    """Ask the brokers about a topic.

    Raises:
        InfrastructureError: it does not exist, or no broker answers.
    """
    consumer = AIOKafkaConsumer(topic, **connection(settings), group_id=None, request_timeout_ms=REQUEST_MS)
    with _translated(topic):
        try:
            await require_topics(settings)
            await consumer.start()
            oldest = await consumer.beginning_offsets(consumer.assignment())
            identity = await topic_identity(consumer._client, topic)  # noqa: SLF001  # aiokafka knows no ids
        finally:
            await stop_consumer(consumer)
    return TopicFacts(identity=identity or topic, oldest={place.partition: offset for place, offset in oldest.items()})


async def parts(settings: KafkaSettings, topic: str, *, most: int) -> AsyncIterator[Sequence[Message]]:
    """Yield the topic's committed records, at most `most` at once, each time of one partition and in its order.

    Raises:
        InfrastructureError: no broker answers.
    """
    waiting: dict[int, list[Message]] = {}
    with _translated(topic):
        async for record in whole_topic(settings, topic, isolation="read_committed"):
            part = waiting.setdefault(record.partition, [])
            part.append(message_of(record))
            if len(part) == most:
                yield waiting.pop(record.partition)
    for part in waiting.values():
        yield part


@contextlib.contextmanager
def _translated(topic: str) -> Iterator[None]:
    try:
        yield
    except (KafkaError, TimeoutError) as error:
        raise meaning(error, doing=f"reading {topic}") from error
