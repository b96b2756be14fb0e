"""The live view's tail on a real broker: committed records only, bounded history, replay, erasure."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from service.api.live_view import Filter, LiveView
from service.api.routes.events import EventStream
from service.settings import KafkaSettings
from service.streaming.client import connection
from service.streaming.http.tail import Tail
from tests.integration.test_streaming_recreated import recreate
from tests.progress import STILL, Progress

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def writer(settings: KafkaSettings, **options: Any) -> AsyncIterator[AIOKafkaProducer]:
    """Give a producer."""
    producer = AIOKafkaProducer(**connection(settings), acks="all", **options)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def write(producer: AIOKafkaProducer, topic: str, articles: Sequence[str], *, partition: int = 0) -> None:
    """Write an event for each article."""
    for article in articles:
        value = orjson.dumps({"article": {"id": article, "version": 1}})
        headers = [("ce_type", b"claimwire.article.skipped.v1"), ("ce_id", article.encode())]
        await producer.send_and_wait(topic, value, key=article.encode(), headers=headers, partition=partition)


@asynccontextmanager
async def following(
    settings: KafkaSettings, *, history: int = 1_000, most: int = 1_000
) -> AsyncIterator[tuple[LiveView, Tail]]:
    """Give a view that a tail feeds, once it has caught up."""
    view = LiveView(max_articles=most, max_bytes=10_000_000)
    tail = Tail(settings, view=view, history=history)
    task = asyncio.create_task(tail.run())
    try:
        progress = Progress()
        while not view.caught_up:
            progress.check(len(view.since({})), "a view that has caught up")
            await asyncio.sleep(0.02)
        yield view, tail
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_the_view_begins_with_history_and_follows(bench: Any) -> None:
    """What was committed before it started is there, and what comes after arrives."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka) as producer:
        await write(producer, topic, ["a", "b"])
        await write(producer, topic, ["c"], partition=1)
        async with following(bench.kafka) as (view, tail):
            assert all(view.latest(article) for article in "abc")
            assert tail.checks()[0].status == "pass"
            await write(producer, topic, ["d"], partition=2)
            await bench.eventually(lambda: view.latest("d") is not None, "a new event is in the view")
            assert view.positions == {0: 1, 1: 0, 2: 0}


async def test_a_topic_that_is_made_anew_is_followed(benches: Any) -> None:
    """The view forgets what it had of the topic before, ends its streams, and has every event of the new one."""
    bench = await benches(partitions=1)
    topic = bench.kafka.topics.enriched
    async with following(bench.kafka) as (view, _tail):
        async with writer(bench.kafka) as producer:
            await write(producer, topic, ["a", "b", "c"])
        await bench.eventually(lambda: view.latest("c") is not None, "the old topic is in the view")
        subscription = view.subscribe()
        await recreate(bench, topic)
        async with writer(bench.kafka) as producer:
            await write(producer, topic, ["d", "e"])
        await bench.eventually(lambda: view.latest("e") is not None, "the new topic is in the view")
        assert view.latest("d") is not None
        assert view.latest("a") is None
        assert view.positions == {0: 1}
        assert subscription.closed


async def test_history_is_bounded(bench: Any) -> None:
    """Of a long topic only the end is read, and the view knows that there was more."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka) as producer:
        await write(producer, topic, [f"article-{n}" for n in range(20)])
    async with following(bench.kafka, history=5) as (view, _tail):
        assert view.latest("article-14") is None
        assert view.latest("article-15") is not None
        assert view.gap({0: 3}) == {0: 14}


async def test_what_is_aborted_is_never_shown(bench: Any) -> None:
    """Two transactions, the first aborted: only the second is seen."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka, transactional_id=f"tail-{topic}") as producer:
        await producer.begin_transaction()
        await write(producer, topic, ["ghost"])
        await producer.abort_transaction()
        await producer.begin_transaction()
        await write(producer, topic, ["real"])
        async with following(bench.kafka) as (view, _tail):
            assert view.latest("real") is None
            await producer.commit_transaction()
            await bench.eventually(lambda: view.latest("real") is not None, "the committed event is in the view")
            assert view.latest("ghost") is None


async def test_a_tombstone_erases(bench: Any) -> None:
    """A record without a value takes its article out of the view."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka) as producer, following(bench.kafka) as (view, _tail):
        await write(producer, topic, ["a"])
        await bench.eventually(lambda: view.latest("a") is not None, "the event is in the view")
        await producer.send_and_wait(topic, None, key=b"a", partition=0)
        await bench.eventually(lambda: view.latest("a") is None, "the article is erased")


async def test_a_stream_resumes_from_the_topic_on_another_replica(bench: Any) -> None:
    """A view that holds two events gives a reader all that it missed, and nothing of what was aborted."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka, transactional_id=f"tail-{topic}") as producer:
        for article in ("a", "b", "ghost", "c", "d", "e", "f"):
            await producer.begin_transaction()
            await write(producer, topic, [article])
            await (producer.abort_transaction if article == "ghost" else producer.commit_transaction)()
    async with following(bench.kafka, history=4, most=2) as (view, tail):
        await bench.eventually(lambda: view.latest("f") is not None, "the last event is in the view")
        view.close()
        stream = EventStream(view, wanted=Filter(), after={0: 0}, history=tail)
        async with asyncio.timeout(STILL):
            chunks = [chunk.decode() async for chunk in aiter(stream)]
    events = [line[6:] for chunk in chunks[1:] for line in chunk.splitlines() if line.startswith("data: ")]
    seen = [orjson.loads(event)["id"] for event in events]
    assert seen == ["b", "c", "d", "e", "f"]


async def test_a_replay_begins_behind_the_last_event_that_was_seen(bench: Any) -> None:
    """Where no transaction's marker lies between two events, the next one is given, and none that was seen."""
    topic = bench.kafka.topics.enriched
    async with writer(bench.kafka) as producer:
        await write(producer, topic, ["a", "b", "c", "d"])
    tail = Tail(bench.kafka, view=LiveView(max_articles=1, max_bytes=1_000), history=1)
    assert [message.key async for message in tail.replay(after={0: 1}, until={0: 3})] == [b"c", b"d"]


async def test_without_a_broker_the_view_waits(benches: Any) -> None:
    """The tail goes on trying, and its check warns and says why, without failing any probe."""
    bench = await benches()
    settings = bench.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    tail = Tail(settings, view=LiveView(max_articles=1, max_bytes=1_000), history=1)
    task = asyncio.create_task(tail.run())
    await bench.eventually(lambda: "No broker" in (tail.checks()[0].detail or ""), "the check says why")
    assert not task.done()
    assert tail.checks()[0].fails == frozenset()
    task.cancel()
    await asyncio.wait({task})
