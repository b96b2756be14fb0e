"""Who may write what, and in which order: the steps that make delivery exact, on a broker behind a proxy."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from service.core.errors import FencedError
from service.core.message import Message
from service.local_kafka import Listener, LocalKafka, free_ports
from service.settings import KafkaSettings
from service.streaming.admin.dead_letters import replay_dead_letters
from service.streaming.consume.batch import Run, Settled
from service.streaming.consume.commits import Commits
from service.streaming.consume.partition import Lane, LaneState, Partition
from service.streaming.consume.sink import TransactionalSink
from service.telemetry.metrics import Metrics
from tests.chaos.proxy import Api, Proxy
from tests.integration.test_streaming_dead_letters import strict
from tests.integration.test_streaming_traps import event, opened, producer, sink

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def broker() -> Iterator[LocalKafka]:
    """One broker, with a port for a proxy to stand before."""
    listener = Listener(name="PROXIED", protocol="PLAINTEXT", advertised=tuple(free_ports(1)))
    with LocalKafka(listeners=[listener], heap=384) as made:
        yield made


@pytest.fixture
async def proxy(broker: LocalKafka) -> AsyncIterator[Proxy]:
    """The proxy before it."""
    port = int(broker.bootstrap("PROXIED").rsplit(":", 1)[1])
    made = Proxy(port=port, target=broker.nodes[0].listener_ports["PROXIED"])
    await made.start()
    yield made
    await made.stop()


def through(proxy: Proxy, settings: KafkaSettings) -> KafkaSettings:
    """Return the settings of a client that reaches the broker by the proxy alone."""
    return settings.model_copy(update={"bootstrap_servers": f"127.0.0.1:{proxy.port}"})


async def test_the_offset_is_read_behind_the_fence(broker: LocalKafka, proxy: Proxy, benches: Any) -> None:
    """What the former owner commits until the very moment in which it is fenced off counts for the next one."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    lane = opened(bench.kafka)
    async with sink(bench.kafka, lane) as former:
        await former.write(lane, [event(bench.kafka, b"1")], 1)
        next_lane, next_owner = opened(bench.kafka), TransactionalSink(through(proxy, bench.kafka))
        holding = proxy.hold(Api.INIT_PRODUCER_ID)
        opening = asyncio.create_task(next_owner.open(next_lane))
        fence = await asyncio.wait_for(holding, 30)
        await former.write(lane, [event(bench.kafka, b"2")], 2)
        fence.release()
        assert await opening == 2
        await next_owner.close(next_lane)


async def test_a_write_that_is_fenced_raises(broker: LocalKafka, benches: Any) -> None:
    """Whoever lost the partition is told so by its next write, of which nothing is committed."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    old, new = opened(bench.kafka), opened(bench.kafka)
    async with sink(bench.kafka, old) as former:
        await former.write(old, [event(bench.kafka, b"1")], 1)
        async with sink(bench.kafka, new):
            with pytest.raises((KafkaError, FencedError)):
                await former.write(old, [event(bench.kafka, b"2")], 2)
    assert [record.value for record in await bench.enriched(1)] == [b"1"]
    assert (await bench.committed())[0] == 1


async def test_two_topics_of_one_group_do_not_fence_each_other(broker: LocalKafka, benches: Any) -> None:
    """Partition 0 of one input and partition 0 of another have transactional ids of their own."""
    one = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    other = await benches(bootstrap_servers=broker.bootstrap(), partitions=1, group=one.kafka.group)
    first, second = opened(one.kafka), opened(other.kafka)
    async with sink(one.kafka, first) as mine, sink(other.kafka, second) as theirs:
        await mine.write(first, [event(one.kafka, b"1")], 1)
        await theirs.write(second, [event(other.kafka, b"1")], 1)
        await mine.write(first, [event(one.kafka, b"2")], 2)
    await one.enriched(2)
    await other.enriched(1)


async def test_at_least_once_commits_no_offset_before_its_events(
    broker: LocalKafka, proxy: Proxy, benches: Any
) -> None:
    """While an event has not reached the broker, no offset is committed behind its article."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1, delivery="at-least-once")
    holding = proxy.hold(Api.PRODUCE)
    running = bench.worker(kafka=through(proxy, bench.kafka))
    await bench.eventually(running.ready, "ready")
    await bench.publish([b"1"], keys=1)
    event = await asyncio.wait_for(holding, 30)
    await asyncio.sleep(1.0)  # a commit that did not wait would be here by now
    assert proxy.seen[Api.OFFSET_COMMIT] == 0
    event.release()
    await bench.enriched(1)
    await bench.eventually(lambda: proxy.seen[Api.OFFSET_COMMIT] > 0, "the offset is committed behind it")


async def test_a_replay_reads_behind_its_fence(broker: LocalKafka, proxy: Proxy, benches: Any) -> None:
    """Of two replays, the one whose fence comes second finds what the first one sent round, and sends nothing again."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    await bench.publish([b"bad 1", b"bad 2"], keys=1)
    running = bench.worker(decode=strict)
    await bench.dead(2)
    await running.stop()
    holding = proxy.hold(Api.INIT_PRODUCER_ID)
    second = asyncio.create_task(replay_dead_letters(through(proxy, bench.kafka)))
    fence = await asyncio.wait_for(holding, 30)
    assert (await replay_dead_letters(bench.kafka)).replayed == 2
    fence.release()
    assert (await second).replayed == 0
    await bench.read(bench.kafka.topics.articles, 4)


async def test_an_article_of_an_aborted_transaction_gives_nothing(broker: LocalKafka, benches: Any) -> None:
    """The input is read committed: what an upstream writer took back was never sent."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)

    async with producer(bench.kafka, f"upstream-{bench.kafka.group}") as upstream:
        for value in (b"taken back", b"sent"):
            await upstream.begin_transaction()
            await upstream.send_and_wait(bench.kafka.topics.articles, value, b"k", partition=0)
            await (upstream.commit_transaction() if value == b"sent" else upstream.abort_transaction())
    bench.worker()
    assert [record.value for record in await bench.enriched(1)] == [b"sent"]


async def test_a_replay_that_ends_before_its_markers_sent_nothing(
    broker: LocalKafka, proxy: Proxy, benches: Any
) -> None:
    """A record that goes round and the marker that says so are committed as one: killed in between, neither is."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    await bench.publish([b"bad"], keys=1)
    running = bench.worker(decode=strict)
    await bench.dead(1)
    await running.stop()
    records, markers = proxy.hold(Api.PRODUCE), proxy.hold(Api.PRODUCE)
    replay = asyncio.create_task(replay_dead_letters(through(proxy, bench.kafka)))
    (await asyncio.wait_for(records, 30)).release()
    await asyncio.wait_for(markers, 30)
    replay.cancel()
    await asyncio.wait({replay})
    await bench.read(bench.kafka.topics.articles, 1)
    assert (await replay_dead_letters(bench.kafka)).replayed == 1


async def test_a_lane_that_goes_in_the_middle_of_a_request_ends_no_worker(
    broker: LocalKafka, proxy: Proxy, benches: Any
) -> None:
    """A partition that is revoked while its offset is on its way: its records are put back."""
    bench = await benches(bootstrap_servers=broker.bootstrap(), partitions=1)
    ours = TransactionalSink(through(proxy, bench.kafka))
    commits = Commits(settings=bench.kafka, sink=ours, metrics=Metrics(), on_broken=lambda _: None)
    lane = Lane(topic=bench.kafka.topics.articles, partition=Partition(0))
    await ours.open(lane)
    lane.guard(0)
    lane.move(LaneState.OPEN)
    record = Message(topic=lane.topic, key=b"k", value=b"v", partition=0, offset=0)
    holding = proxy.hold(Api.TXN_OFFSET_COMMIT)
    writing = asyncio.create_task(commits.write(Run(lane, 0, (record,)), [event(bench.kafka, b"1")]))
    held = await asyncio.wait_for(holding, 30)
    commits.let_go(lane)
    assert await writing == [Settled.PUT_BACK]
    held.release()
    await commits.settled()
