"""aiokafka's traps, each on a real broker: that it exists, or that it does no harm. Numbers as in docs/delivery.md."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from service.core.article import Article, Outcome, Retracted
from service.core.errors import FencedError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import connection
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.streaming.consume.sink import TooLargeError, TransactionalSink

pytestmark = pytest.mark.anyio


def opened(settings: KafkaSettings, partition: int = 0) -> Lane:
    """Return a lane that a transaction may be written for."""
    lane = Lane(topic=settings.topics.articles, partition=Partition(partition))
    lane.guard(0)
    lane.move(LaneState.OPEN)
    lane.move(LaneState.WRITING)
    return lane


def event(settings: KafkaSettings, value: bytes) -> Message:
    """Return a record for the output topic."""
    return Message(topic=settings.topics.enriched, key=b"k", value=value)


@contextlib.asynccontextmanager
async def sink(settings: KafkaSettings, lane: Lane) -> AsyncIterator[TransactionalSink]:
    """Open a sink for one lane."""
    made = TransactionalSink(settings)
    await made.open(lane)
    try:
        yield made
    finally:
        await made.close(lane)


@contextlib.asynccontextmanager
async def producer(settings: KafkaSettings, name: str) -> AsyncIterator[AIOKafkaProducer]:
    """Open a bare transactional producer."""
    made = AIOKafkaProducer(**connection(settings), transactional_id=name)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


async def test_trap_1_offsets_carry_no_generation(bench: Any) -> None:
    """The trap exists: two producers with different ids both commit one offset, members of the group or not."""
    where = TopicPartition(bench.kafka.topics.articles, 0)
    for name in ("one", "other"):
        async with producer(bench.kafka, f"{bench.kafka.group}-{name}") as bare:
            await bare.begin_transaction()
            await bare.send(bench.kafka.topics.enriched, b"x")
            await bare.send_offsets_to_transaction({where: 1}, bench.kafka.group)
            await bare.commit_transaction()
    assert len(await bench.enriched(2)) == 2


async def test_trap_1_a_zombie_is_fenced_by_the_next_owner(bench: Any) -> None:
    """It does no harm: once another worker opened the partition, the old one's transaction cannot be committed."""
    old, new = opened(bench.kafka), opened(bench.kafka)
    async with sink(bench.kafka, old) as zombie:
        await zombie.write(old, [event(bench.kafka, b"1")], 1)
        bare = zombie._producers[old]
        await bare.begin_transaction()
        await (await bare.send(bench.kafka.topics.enriched, b"zombie", b"k"))
        async with sink(bench.kafka, new) as owner:
            with pytest.raises(KafkaError):
                await bare.send_offsets_to_transaction({TopicPartition(old.topic, 0): 2}, bench.kafka.group)
            with pytest.raises((KafkaError, AssertionError)):
                await bare.commit_transaction()
            await owner.write(new, [event(bench.kafka, b"2")], 2)
    assert [record.value for record in await bench.enriched(2)] == [b"1", b"2"]
    assert (await bench.committed())[0] == 2


async def test_trap_1_a_partition_revoked_in_mid_transaction_is_not_committed(bench: Any) -> None:
    """Before offsets are sent the sink looks again whether the partition is still ours."""
    lane = opened(bench.kafka)
    async with sink(bench.kafka, lane) as ours:
        lane.close()
        with pytest.raises(FencedError):
            await ours.write(lane, [event(bench.kafka, b"1")], 1)
    await bench.enriched(0)
    assert (await bench.committed())[0] is None


async def test_trap_2_a_failed_send_leaves_a_committable_transaction(benches: Any) -> None:
    """The trap exists: offsets commit although the event never arrived, unless its delivery is awaited."""
    bench = await benches(max_event=1000)
    async with producer(bench.kafka, f"{bench.kafka.group}-bare") as bare:
        await bare.begin_transaction()
        with pytest.raises(MessageSizeTooLargeError):
            await (await bare.send(bench.kafka.topics.enriched, b"x" * 900_000, b"k"))
        where = TopicPartition(bench.kafka.topics.articles, 0)
        await bare.send_offsets_to_transaction({where: 1}, bench.kafka.group)
        await bare.commit_transaction()
    await bench.enriched(0)
    assert (await bench.committed())[0] == 1


async def test_trap_2_no_offset_without_its_event(benches: Any) -> None:
    """It does no harm: the sink awaits each delivery, says which event is too large, and commits nothing."""
    bench = await benches(max_event=1000)
    lane = opened(bench.kafka)
    values = [event(bench.kafka, b"1"), event(bench.kafka, os.urandom(900_000)), event(bench.kafka, b"3")]
    async with sink(bench.kafka, lane) as ours:
        with pytest.raises(TooLargeError):
            await ours.write(lane, values, 3)
    lane.one_by_one = True
    async with sink(bench.kafka, lane) as ours:
        with pytest.raises(TooLargeError) as caught:
            await ours.write(lane, values, 3)
        assert caught.value.index == 1
    await bench.enriched(0)
    assert (await bench.committed())[0] is None


@pytest.mark.parametrize("arrives", [True, False])
async def test_trap_4_a_commit_without_an_answer_is_settled_by_asking(
    benches: Any, monkeypatch: pytest.MonkeyPatch, *, arrives: bool
) -> None:
    """Whether the commit reached the broker or not, each article gives one event, and the worker goes on."""
    bench = await benches(partitions=1, commit_timeout=3.0)
    lost = asyncio.Event()
    commit = AIOKafkaProducer.commit_transaction

    async def silent(self: AIOKafkaProducer) -> None:
        if arrives or lost.is_set():
            await commit(self)
        if not lost.is_set():
            lost.set()
            await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", silent)
    await bench.publish([str(number).encode() for number in range(20)], keys=1)
    bench.worker()
    assert [int(record.value) for record in await bench.enriched(20)] == list(range(20))
    assert lost.is_set()


async def test_trap_5_a_transaction_that_fails_leaves_nothing_open(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When adding the offsets fails, the transaction is aborted, and the next one begins without an AssertionError."""
    failures = iter([True, True, False])
    add = AIOKafkaProducer.send_offsets_to_transaction

    async def flaky(self: AIOKafkaProducer, offsets: Any, group: str) -> None:
        if next(failures, False):
            raise KafkaError("for now")
        await add(self, offsets, group)

    monkeypatch.setattr(AIOKafkaProducer, "send_offsets_to_transaction", flaky)
    await bench.publish([str(number).encode() for number in range(20)], keys=1, partition=0)
    bench.worker()
    assert [int(record.value) for record in await bench.enriched(20)] == list(range(20))


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
async def test_traps_7_and_8_a_rebalance_in_the_middle_of_a_batch(benches: Any, delivery: str) -> None:
    """A second worker joins while the first has a batch in hand: no deadlock, and nothing is lost or doubled."""
    bench = await benches(partitions=4, delivery=delivery, session_timeout=6.0)
    in_hand, go_on = asyncio.Event(), asyncio.Event()

    async def slow(articles: Sequence[Article]) -> Sequence[Outcome]:
        in_hand.set()
        await go_on.wait()
        return [Retracted(article=article) for article in articles]

    await bench.publish([str(number).encode() for number in range(100)])
    first = bench.worker(slow, max_articles=10)
    await asyncio.wait_for(in_hand.wait(), 60)
    second = bench.worker()
    await bench.eventually(lambda: first.stream._rebalancing, "rebalancing")
    go_on.set()
    events = await bench.enriched(100)
    assert sorted(int(record.value) for record in events) == list(range(100))
    await bench.eventually(lambda: len(first.states()) == len(second.states()) == 2, "shared")
    await bench.eventually(lambda: first.ready() and second.ready(), "ready")


async def test_trap_8_work_that_outlasts_the_rebalance_is_left_to_the_next_owner(benches: Any) -> None:
    """A batch that is not done when its partitions must go is put aside: its records come out once, elsewhere."""
    bench = await benches(partitions=2, session_timeout=6.0, rebalance_timeout=2.0)
    go_on = asyncio.Event()

    async def slow(articles: Sequence[Article]) -> Sequence[Outcome]:
        await go_on.wait()
        return [Retracted(article=article) for article in articles]

    await bench.publish([str(number).encode() for number in range(40)])
    first = bench.worker(slow, max_articles=40)
    await bench.eventually(lambda: first.stream._hand.seconds is not None, "in hand")
    second = bench.worker()
    await bench.eventually(lambda: len(second.states()) == 1, "shared")
    go_on.set()
    events = await bench.enriched(40)
    assert sorted(int(record.value) for record in events) == list(range(40))


async def test_trap_10_more_members_than_partitions(benches: Any) -> None:
    """A worker without a partition is ready, goes on polling, and takes over when the other is gone."""
    bench = await benches(partitions=1, session_timeout=6.0, max_poll_interval=3.0)
    one, other = bench.worker(), bench.worker()
    await bench.eventually(lambda: sorted([len(one.states()), len(other.states())]) == [0, 1], "one has the partition")
    idle, busy = (one, other) if not one.states() else (other, one)
    await asyncio.sleep(4.0)  # longer than max_poll_interval: a member that did not poll would have left
    assert idle.ready()
    await busy.stop()
    await bench.publish([b"x"] * 5)
    await bench.enriched(5)
    assert idle.states() == {"0": "open"}


async def test_trap_10_work_longer_than_the_poll_interval_is_done_once(benches: Any) -> None:
    """A batch in hand for longer than max_poll_interval keeps its place in the group, and is not begun again."""
    bench = await benches(partitions=1, session_timeout=6.0, max_poll_interval=1.5)
    runs = 0

    async def slow(articles: Sequence[Article]) -> Sequence[Outcome]:
        nonlocal runs
        runs += 1
        await asyncio.sleep(4.0)
        return [Retracted(article=article) for article in articles]

    await bench.publish([b"x"] * 5)
    running = bench.worker(slow)
    await bench.enriched(5)
    assert runs == 1
    assert running.sample("claimwire_rebalances_total") == 1


async def test_trap_11_no_poll_is_ever_cancelled(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelling `take` leaves the poll under way alone, and the next `take` waits for the end of the same one."""
    begun: list[AIOKafkaConsumer] = []
    ended: list[AIOKafkaConsumer] = []
    getmany = AIOKafkaConsumer.getmany

    async def watched(self: AIOKafkaConsumer, *partitions: TopicPartition, **options: Any) -> Any:
        begun.append(self)
        found = await getmany(self, *partitions, **options)
        ended.append(self)  # not reached by a poll that was cancelled
        return found

    running = bench.worker(linger=1.0)
    await bench.eventually(running.ready, "ready")
    running.task.cancel()
    await asyncio.wait({running.task})
    await running.stream.take()  # the worker's last poll is over
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", watched)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(running.stream.take(), 0.01)
    assert len(begun) == 1
    await bench.eventually(lambda: ended == begun, "the poll under way ends by itself")
    await running.stream.take()
    assert len(begun) == 1


async def test_trap_11_an_error_out_of_a_poll_costs_the_session_only(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an error out of `getmany` the consumer is replaced, and the work goes on."""
    failures = iter([True])  # once, and not before the group was joined: else there is no session to lose
    getmany = AIOKafkaConsumer.getmany

    async def flaky(self: AIOKafkaConsumer, *partitions: TopicPartition, **options: Any) -> Any:
        if self._group_id == bench.kafka.group and self.assignment() and next(failures, False):
            raise KafkaError("for now")
        return await getmany(self, *partitions, **options)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", flaky)
    running = bench.worker()
    await bench.publish([b"x"] * 50)
    await bench.enriched(50)
    await bench.eventually(lambda: running.sample("claimwire_rebalances_total") == 2, "joined anew")


async def test_trap_20_slow_producers_do_not_cost_the_membership(benches: Any) -> None:
    """Initialising producers for longer than the session timeout, heartbeats go on: the member is not evicted."""
    bench = await benches(partitions=2, session_timeout=1.5)

    class Slow(TransactionalSink):
        async def open(self, lane: Lane) -> int | None:
            await asyncio.sleep(4.0)
            return await super().open(lane)

    running = bench.worker(sink=Slow(bench.kafka))
    await bench.publish([b"x"] * 10)
    await bench.enriched(10)
    assert running.sample("claimwire_rebalances_total") == 1


async def test_trap_22_a_listener_that_fails_is_heard(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Aiokafka logs an exception out of the listener and goes on; the stream replaces the session instead."""
    running = bench.worker()
    assigned = running.stream._on_assigned
    heard: list[str] = []

    def fails(partitions: frozenset[Partition]) -> None:
        if not heard:
            heard.append("once")
            raise ValueError("a bug in the listener")
        assigned(partitions)

    monkeypatch.setattr(running.stream, "_on_assigned", fails)
    await bench.publish([b"x"] * 10)
    await bench.enriched(10)
    assert heard


async def test_an_unreadable_offset_is_no_end(bench: Any) -> None:
    """When retention took records that were not read yet, the worker goes on with the oldest there are."""
    await bench.publish([b"1", b"2", b"3"], keys=1, partition=0)
    running = bench.worker()
    await bench.enriched(3)
    await running.stop()
    from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete  # noqa: PLC0415  # for this one test

    await bench.publish([b"4", b"5"], keys=1, partition=0)
    admin = AIOKafkaAdminClient(**connection(bench.kafka))
    await admin.start()
    await admin.delete_records({TopicPartition(bench.kafka.topics.articles, 0): RecordsToDelete(before_offset=4)})
    await admin.close()
    bench.worker()
    assert [record.value for record in await bench.enriched(4)] == [b"1", b"2", b"3", b"5"]
