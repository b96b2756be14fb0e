"""Static membership, hostile records, and a worker's effect on its group."""

import asyncio
import gzip
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError

from service.core.message import Message
from service.streaming.client import connection
from service.streaming.consume.group_member import Membership
from service.streaming.consume.partition import Partition
from service.wire.dead_letter import CODE, OMITTED

pytestmark = pytest.mark.anyio


async def test_a_rolling_restart_moves_no_partition(benches: Any) -> None:
    """Three static members are restarted one after the other: each gets its partitions back, the others keep theirs."""
    bench = await benches(partitions=6, session_timeout=20.0)

    def member(number: int) -> Any:
        return bench.worker(kafka=bench.kafka.model_copy(update={"instance_id": f"member-{number}"}))

    members = [member(number) for number in range(3)]
    await bench.eventually(
        lambda: [len(each.states()) for each in members] == [2, 2, 2] and all(each.ready() for each in members),
        "shared",
    )
    before = [sorted(each.states()) for each in members]
    rebalances = [each.sample("claimwire_rebalances_total") for each in members]
    await bench.publish([str(number).encode() for number in range(30)])
    for number, old in enumerate(list(members)):
        await old.stop()
        members[number] = member(number)
        await bench.eventually(members[number].ready, "back")
        rebalances[number] = 1
    assert [sorted(each.states()) for each in members] == before
    assert [each.sample("claimwire_rebalances_total") for each in members] == rebalances
    await bench.publish([str(number).encode() for number in range(30, 60)])
    events = await bench.enriched(60)
    assert sorted(int(event.value) for event in events) == list(range(60))


async def test_a_static_member_that_stays_away_gives_its_partitions_up(benches: Any) -> None:
    """After the session timeout the others have them."""
    bench = await benches(partitions=2, session_timeout=3.0)
    gone = bench.worker(kafka=bench.kafka.model_copy(update={"instance_id": "gone"}))
    stays = bench.worker(kafka=bench.kafka.model_copy(update={"instance_id": "stays"}))
    await bench.eventually(lambda: len(gone.states()) == len(stays.states()) == 1, "shared")
    await gone.crash()
    await bench.publish([b"x"] * 20)
    await bench.enriched(20)
    assert len(stays.states()) == 2


async def test_a_partition_is_paused_before_anybody_hears_of_it(benches: Any) -> None:
    """Nothing is fetched of a new partition before its lane is open."""
    bench = await benches(partitions=2)
    await bench.publish([b"x"] * 4)
    found: dict[str, frozenset[int]] = {}

    def assigned(partitions: frozenset[Partition]) -> None:
        paused = frozenset(Partition(each.partition) for each in membership._consumer.paused())
        found.update(assigned=partitions, paused=paused)

    async def revoked(partitions: frozenset[Partition]) -> None:
        del partitions

    membership = Membership(bench.kafka, max_records=10, on_assigned=assigned, on_revoked=revoked)
    membership.join()
    await bench.eventually(lambda: "assigned" in found, "assigned")
    assert found["paused"] == found["assigned"] == {0, 1}
    await membership.leave()


async def test_a_record_that_inflates_does_no_harm(benches: Any) -> None:
    """Thirty megabytes that are a few kilobytes on the wire: refused by the broker, or else a dead letter.

    On a topic that was not made by `topics ensure` they reach the worker. The value is too large to be kept, so its
    digest is, and the work goes on.
    """
    bench = await benches(partitions=1)
    bomb = b"\0" * 30_000_000
    assert len(gzip.compress(bomb)) < 100_000
    producer = AIOKafkaProducer(**connection(bench.kafka), compression_type="gzip", max_request_size=40_000_000)
    async with producer:
        with pytest.raises(MessageSizeTooLargeError):
            await producer.send_and_wait(bench.kafka.topics.articles, bomb, key=b"k")
        admin = AIOKafkaAdminClient(**connection(bench.kafka))
        await admin.start()
        careless = {"compression.type": "producer"}
        topic = ConfigResource(ConfigResourceType.TOPIC, bench.kafka.topics.articles, configs=careless)
        await admin.alter_configs([topic])
        await admin.close()
        await producer.send_and_wait(bench.kafka.topics.articles, bomb, key=b"k")
    await bench.publish([b"next"], keys=1)
    bench.worker()
    (event,) = await bench.enriched(1)
    assert event.value == b"next"
    (letter,) = await bench.dead(1)
    headers = dict(letter.headers)
    assert (letter.value, headers[CODE], len(headers[OMITTED])) == (b"", b"event-too-large", 64)


async def test_a_blocked_loop_costs_a_session_at_most(benches: Any) -> None:
    """When something blocks the event loop for longer than the session timeout, the work is still done exactly once."""
    bench = await benches(partitions=2, session_timeout=2.0)
    blocked: list[int] = []

    def encode(outcome: object, message: Message) -> Message:
        del outcome
        if not blocked:
            blocked.append(1)
            _block(4.0)
        return Message(topic=bench.kafka.topics.enriched, key=message.key, value=message.value)

    both = bench.worker(encode=encode, max_articles=20), bench.worker()
    await bench.eventually(lambda: [len(each.states()) for each in both] == [1, 1], "shared")
    await bench.publish([str(number).encode() for number in range(40)])
    events = await bench.enriched(40)
    assert sorted(int(event.value) for event in events) == list(range(40))
    assert blocked


def _block(seconds: float) -> None:
    """Hold the event loop, as arithmetic on it would."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while loop.time() < end:
        pass


async def test_a_worker_added_under_load_takes_its_share(benches: Any) -> None:
    """From one worker to three and back to one, under load: every article comes out once."""
    bench = await benches(partitions=6, session_timeout=6.0)
    first = bench.worker(max_articles=4)
    await bench.publish([str(number).encode() for number in range(200)])
    more = [bench.worker(max_articles=4) for _ in range(2)]
    await bench.eventually(lambda: [len(each.states()) for each in (first, *more)] == [2, 2, 2], "shared")
    await bench.publish([str(number).encode() for number in range(200, 400)])
    for each in more:
        await each.stop()
    await bench.publish([str(number).encode() for number in range(400, 500)])
    events = await bench.enriched(500)
    assert sorted(int(event.value) for event in events) == list(range(500))
