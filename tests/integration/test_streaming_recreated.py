"""A topic that is deleted and created again: the group's offsets belong to the old one."""

import uuid
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient

from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.topic_identity import topic_identity

pytestmark = pytest.mark.anyio


async def set_offset(bench: Any, offset: int, metadata: str) -> str:
    """Commit an offset of partition 0 for the group, with these words beside it; return the topic's identity."""
    client = AIOKafkaClient(**connection(bench.kafka))
    consumer = AIOKafkaConsumer(**connection(bench.kafka), group_id=bench.kafka.group, enable_auto_commit=False)
    await client.bootstrap()
    await consumer.start()
    try:
        identity = await topic_identity(client, bench.kafka.topics.articles)
        place = TopicPartition(bench.kafka.topics.articles, 0)
        consumer.assign([place])
        await consumer.commit({place: (offset, metadata.replace("HERE", identity.split("/")[0]))})
        return identity
    finally:
        await consumer.stop()
        await client.close()


async def identity_of(bench: Any) -> str:
    """Return which topic the input is now."""
    client = AIOKafkaClient(**connection(bench.kafka))
    await client.bootstrap()
    try:
        return await topic_identity(client, bench.kafka.topics.articles)
    finally:
        await client.close()


async def recreate(bench: Any, topic: str) -> None:
    """Delete the topic, and create it again."""
    admin = AIOKafkaAdminClient(**connection(bench.kafka))
    await admin.start()
    try:
        await admin.delete_topics([topic])
    finally:
        await admin.close()
    await ensure_topics(bench.kafka, partitions=1)


@pytest.mark.parametrize("new", [3, 40])
@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
async def test_a_worker_goes_on_with_the_new_topic(benches: Any, delivery: str, new: int) -> None:
    """The input is created again under a running worker; every record is read once, also beyond the old log's end."""
    bench = await benches(partitions=1, delivery=delivery)
    await bench.publish([b"old"] * 5, keys=1)
    running = bench.worker()
    await bench.enriched(5)
    await recreate(bench, bench.kafka.topics.articles)
    await bench.publish([b"new"] * new, keys=1)
    now = await identity_of(bench)
    await bench.eventually(
        lambda: running.ready() and {lane.topic_identity for lane in running.stream._lanes.values()} == {now},
        "the new topic is known",
    )
    await bench.enriched(5 + new)


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
async def test_nothing_is_committed_in_the_name_of_a_topic_that_is_gone(benches: Any, delivery: str) -> None:
    """A lane that was opened for another topic of this name is opened anew before anything is written of it."""
    bench = await benches(partitions=1, delivery=delivery)
    await bench.publish([b"x"] * 5, keys=1)
    running = bench.worker()
    await bench.enriched(5)
    await bench.eventually(running.ready, "ready")
    (lane,) = running.stream._lanes.values()
    now = lane.topic_identity
    lane.topic_identity = f"{now.split('/')[0]}/{uuid.uuid4().hex}"  # as where the topic was made anew under it
    await bench.publish([b"y"] * 3, keys=1)
    await bench.enriched(8)
    assert {lane.topic_identity for lane in running.stream._lanes.values()} == {now}
    await bench.eventually(lambda: running.committed() == 8, "counted")


@pytest.mark.parametrize("offset", [2, 50])
async def test_an_offset_of_the_topic_before_means_nothing(benches: Any, offset: int) -> None:
    """Whether it lies within the new log or beyond, an offset of another topic leaves nothing out."""
    bench = await benches(partitions=1)
    await bench.publish([b"new"] * 4, keys=1)
    await set_offset(bench, offset, f"HERE/{uuid.uuid4().hex}")
    bench.worker()
    await bench.enriched(4)


async def test_an_offset_that_came_from_another_cluster_holds(benches: Any) -> None:
    """Where offsets were carried along with the records, the topic's id is another one, and the offset is right."""
    bench = await benches(partitions=1)
    await bench.publish([b"done", b"done", b"new"], keys=1)
    await set_offset(bench, 2, f"elsewhere/{uuid.uuid4().hex}")
    bench.worker()
    assert [event.value for event in await bench.enriched(1)] == [b"new"]


async def test_an_offset_beyond_the_end_that_nothing_explains_is_told(benches: Any) -> None:
    """Where beginning anew might do records twice, nothing is done, and health and metrics say so."""
    bench = await benches(partitions=1)
    await bench.publish([b"waits"] * 4, keys=1)
    await set_offset(bench, 50, "")
    running = bench.worker()
    await bench.eventually(lambda: "beyond the log's end" in str(running.stream.checks()[1].detail), "told")
    assert not running.ready()
    assert running.metrics.registry.get_sample_value("claimwire_failing_partitions") == 1
    await bench.enriched(0)
    await running.stop()
    await set_offset(bench, 0, "")  # as a person would
    again = bench.worker()
    await bench.enriched(4)
    await bench.eventually(again.ready, "ready")
