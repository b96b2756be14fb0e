"""Brokers that are not there yet, go away and come back: the service waits, says so, and goes on by itself."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from service.core.errors import BrokerUnavailableError, OverloadedError, PublishUnknownError
from service.core.message import Message
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings
from service.streaming.consume.shared_producer import SharedProducer
from service.streaming.consume.sink import TooLargeError, deliver
from service.streaming.http.publisher import Ingress, MessageTooLargeError
from service.streaming.producers import discard, open_producer, send
from service.telemetry.metrics import Metrics
from tests.integration.test_streaming_traps import opened

pytestmark = pytest.mark.anyio


@pytest.fixture
def own_kafka() -> Iterator[LocalKafka]:
    """One broker that the test may kill."""
    with LocalKafka() as cluster:
        yield cluster


def ready(ingress: Ingress) -> bool:
    """Return whether the ingress takes articles."""
    return not any(check.fails for check in ingress.checks())


async def test_an_outage_is_told_and_survived(own_kafka: LocalKafka, benches: Any) -> None:
    """Kill the only broker under load and start it again: not ready meanwhile, nothing lost or doubled after."""
    bench = await benches(bootstrap_servers=own_kafka.bootstrap(), commit_timeout=5.0, session_timeout=10.0)
    (node,) = own_kafka.nodes
    ingress = Ingress(settings=bench.kafka, queue=64, metrics=Metrics())
    await ingress.start()
    running = bench.worker(max_articles=8)
    await bench.eventually(lambda: running.ready() and ready(ingress), "ready")

    accepted: list[bytes] = []

    async def post(number: int) -> None:
        value = str(number).encode()
        while value not in accepted:
            try:
                await ingress.publish(Message(topic=bench.kafka.topics.articles, key=b"k", value=value))
                accepted.append(value)
            except (BrokerUnavailableError, OverloadedError):
                await asyncio.sleep(0.2)
            except PublishUnknownError:
                accepted.append(value)  # written now or later: not to be posted twice in this test

    posting = asyncio.gather(*(post(number) for number in range(200)))
    await bench.eventually(lambda: len(accepted) > 40, "under way")
    own_kafka.kill(node)
    await bench.eventually(lambda: not ready(ingress), "ingress says that it is gone")
    assert [check for check in ingress.checks() if check.detail]
    own_kafka.restart(node)
    own_kafka.wait()
    await posting
    events = await bench.enriched(200)
    assert sorted(int(event.value) for event in events) == list(range(200))
    await bench.eventually(lambda: running.ready() and ready(ingress), "ready again")
    await ingress.stop()


async def test_everything_starts_before_its_broker() -> None:
    """Without a broker, starting succeeds, publishing is refused as unavailable, and nothing is ready."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings = KafkaSettings(bootstrap_servers=f"127.0.0.1:{taken.getsockname()[1]}")
        ingress = Ingress(settings=settings, queue=1, metrics=Metrics())
        await ingress.start()
        try:
            await asyncio.sleep(0.1)
            assert not ready(ingress)
            with pytest.raises(BrokerUnavailableError):
                await ingress.publish(Message(topic="articles", key=b"k", value=b"v"))
        finally:
            await ingress.stop()


async def test_the_worker_waits_for_its_topic_and_its_broker(benches: Any) -> None:
    """A worker whose broker is away is alive, not ready, and says why."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        bench = await benches()
        away = bench.kafka.model_copy(update={"bootstrap_servers": f"127.0.0.1:{taken.getsockname()[1]}"})
        running = bench.worker(kafka=away)
        await bench.eventually(lambda: "broker" in str(running.stream.checks()[1].detail), "the reason")
        poll, group = running.stream.checks()
        assert not poll.fails
        assert group.fails
        assert not running.task.done()


async def test_a_missing_topic_is_told_as_such(bench: Any) -> None:
    """Where the input topic was never made, the reason names it and the command that makes it."""
    topics = bench.kafka.topics.model_copy(update={"articles": "nobody-made-this"})
    ingress = Ingress(settings=bench.kafka.model_copy(update={"topics": topics}), queue=1, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: "claimwire topics ensure" in str(ingress.checks()[0].detail), "the reason")
    await ingress.stop()


async def test_publishing_answers_with_the_place(bench: Any) -> None:
    """An accepted article's partition and offset are where it lies; the same key goes to the same partition."""
    ingress = Ingress(settings=bench.kafka, queue=64, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    places = [
        await ingress.publish(Message(topic=bench.kafka.topics.articles, key=b"same", value=str(each).encode()))
        for each in range(5)
    ]
    await ingress.stop()
    assert len({partition for partition, _ in places}) == 1
    assert [offset for _, offset in places] == [0, 1, 2, 3, 4]


async def test_a_full_queue_refuses_and_sends_nothing(bench: Any) -> None:
    """Past the queue's size publishing is refused at once; what was refused is not in the log."""
    ingress = Ingress(settings=bench.kafka, queue=8, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    message = Message(topic=bench.kafka.topics.articles, key=b"k", value=b"v")
    results = await asyncio.gather(*(ingress.publish(message) for _ in range(50)), return_exceptions=True)
    await ingress.stop()
    taken = [result for result in results if isinstance(result, tuple)]
    assert {type(result) for result in results} == {tuple, OverloadedError}
    await bench.read(bench.kafka.topics.articles, len(taken))


async def test_an_article_over_the_limit_is_told_as_such(bench: Any) -> None:
    """A record over the topic's limit is refused for good, and the next one goes through."""
    ingress = Ingress(settings=bench.kafka, queue=8, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    with pytest.raises(MessageTooLargeError):
        await ingress.publish(Message(topic=bench.kafka.topics.articles, key=b"k", value=b"v" * 6_000_000))
    await ingress.publish(Message(topic=bench.kafka.topics.articles, key=b"k", value=b"v"))
    await ingress.stop()


async def test_a_partition_is_written_again_after_a_record_that_the_broker_refused(benches: Any) -> None:
    """The producer whose batch failed is replaced: aiokafka counts the batch, and the broker would refuse the next."""
    bench = await benches(partitions=1)
    ingress = Ingress(settings=bench.kafka, queue=8, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    topic = bench.kafka.topics.articles
    small = Message(topic=topic, key=b"k", value=b"v")
    await ingress.publish(small)
    with pytest.raises(MessageTooLargeError):
        await ingress.publish(Message(topic=topic, key=b"k", value=b"v" * 3_000_000))  # the client would send it
    await bench.eventually(lambda: ready(ingress), "ready again")
    assert await ingress.publish(small) == (0, 1)
    await ingress.stop()


async def test_a_producer_is_discarded_in_mid_request_without_a_traceback(own_kafka: LocalKafka, benches: Any) -> None:
    """Its broker ends while a record is on its way: asyncio hears of no error that nobody handles."""
    bench = await benches(bootstrap_servers=own_kafka.bootstrap(), partitions=1)
    topic = bench.kafka.topics.articles
    producer = await open_producer(bench.kafka, deadline=10.0)
    await (await send(producer, Message(topic=topic, key=b"k", value=b"v")))
    (node,) = own_kafka.nodes
    assert node.process is not None
    node.process.send_signal(19)
    delivery = await send(producer, Message(topic=topic, key=b"k", value=b"v"))
    await bench.eventually(lambda: bool(producer._sender._in_flight), "the record is on its way")
    own_kafka.kill(node)
    await discard(producer)
    await asyncio.wait({delivery, producer._sender.sender_task})
    assert delivery.cancelled() or delivery.exception() is not None
    await asyncio.sleep(0)  # what the client calls then has been called; the test's runner raises what nobody handled


async def test_a_shared_producer_is_replaced_after_a_record_that_the_broker_refused(benches: Any) -> None:
    """The lane that is opened again, after its letter was too large, can write a smaller one."""
    bench = await benches(partitions=1)
    lane, shared = opened(bench.kafka), SharedProducer(bench.kafka, idempotent=True)
    topic = bench.kafka.topics.articles
    with pytest.raises(TooLargeError):
        await deliver(
            await shared.open(lane), [Message(topic=topic, key=b"k", value=b"v" * 3_000_000)], one_by_one=False
        )
    await deliver(await shared.open(lane), [Message(topic=topic, key=b"k", value=b"v")], one_by_one=False)
    await shared.close(lane)
    await bench.read(topic, 1)


async def test_no_answer_in_time_is_unknown_and_keeps_its_place_in_the_queue(
    own_kafka: LocalKafka, benches: Any
) -> None:
    """A frozen broker: publishing ends as unknown, and the record still counts against the queue."""
    bench = await benches(bootstrap_servers=own_kafka.bootstrap(), publish_timeout=0.5)
    ingress = Ingress(settings=bench.kafka, queue=2, metrics=Metrics())
    await ingress.start()
    await bench.eventually(lambda: ready(ingress), "ready")
    message = Message(topic=bench.kafka.topics.articles, key=b"k", value=b"v")
    await ingress.publish(message)
    process = own_kafka.nodes[0].process
    assert process is not None
    process.send_signal(19)
    try:
        results = await asyncio.gather(*(ingress.publish(message) for _ in range(2)), return_exceptions=True)
        assert [type(result) for result in results] == [PublishUnknownError] * 2
        with pytest.raises((OverloadedError, BrokerUnavailableError)):
            await ingress.publish(message)
    finally:
        process.send_signal(18)
    await bench.read(bench.kafka.topics.articles, 3)
    await ingress.stop()
