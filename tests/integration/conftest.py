"""A real Apache Kafka for the tests: one broker for the whole run, topics and a group of its own for each test."""

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from service.core.article import Article, ArticleId, Outcome, Rejected, Retracted
from service.core.message import Message
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings, TopicSettings, WorkerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.consume.sink import Sink
from service.streaming.consume.stream import Stream
from service.streaming.schema_registry.framing import Frame, as_it_is
from service.telemetry.metrics import Metrics
from service.wire import dead_letter
from service.worker.worker import Worker
from tests.committed import committed
from tests.progress import Progress

Process = Callable[[Sequence[Article]], Awaitable[Sequence[Outcome]]]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio alone: aiokafka knows no other loop."""
    return "asyncio"


@pytest.fixture(scope="session")
def kafka() -> Iterator[LocalKafka]:
    """One broker that the tests share, with session timeouts short enough for a test to wait for."""
    with LocalKafka(properties={"group.min.session.timeout.ms": "1000"}) as cluster:
        yield cluster


async def at_once(articles: Sequence[Article]) -> Sequence[Outcome]:
    """Process articles without a model: each gives an outcome that says nothing."""
    return [Retracted(article=article) for article in articles]


@dataclass(kw_only=True)
class Running:
    """A worker that runs in this process."""

    stream: Stream
    worker: Worker
    metrics: Metrics
    task: "asyncio.Task[None]"

    def states(self) -> dict[str, str]:
        """Return the state of each partition that the worker has."""
        observed: Any = self.stream.checks()[1].observed["partitions"]
        return dict(observed)

    def ready(self) -> bool:
        """Return whether the worker is ready, and every partition it has is open."""
        checks = (*self.stream.checks(), *self.worker.checks())
        return not any(check.fails for check in checks) and all(each == "open" for each in self.states().values())

    def committed(self) -> float:
        """Return how many articles the worker has committed, with any outcome."""
        return sum(
            sample.value
            for metric in self.metrics.articles.collect()
            for sample in metric.samples
            if sample.name.endswith("_total")
        )

    def sample(self, name: str, **labels: str) -> float:
        """Return a sample of the worker's metrics, 0 where there is none yet."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    async def stop(self) -> None:
        """Drain and leave."""
        self.worker.stop()
        await self.task
        await self.stream.close()

    async def crash(self) -> None:
        """End at once, without leaving the group."""
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.stream.close()


@dataclass(kw_only=True)
class Bench:
    """Topics, a group, and what tests do with them."""

    kafka: KafkaSettings
    workers: list[Running] = field(default_factory=list)

    async def eventually(self, true: Callable[[], bool], what: str) -> None:
        """Wait until `true()` holds, and fail with `what` when the workers commit nothing more meanwhile."""
        progress = Progress()
        while not true():
            progress.check(sum(running.committed() for running in self.workers), what)
            await asyncio.sleep(0.02)

    async def publish(
        self,
        values: Sequence[bytes],
        *,
        keys: int = 7,
        partition: int | None = None,
        headers: Sequence[tuple[str, bytes | None]] = (),
        topic: str | None = None,
    ) -> None:
        """Write records in order to the input topic, or to another, with `keys` keys in turn."""
        producer = AIOKafkaProducer(
            **connection(self.kafka), acks="all", enable_idempotence=True, linger_ms=5, max_request_size=2_000_000
        )
        await producer.start()
        try:
            numbers = itertools.cycle(range(keys))
            waiting = [
                await producer.send(
                    topic or self.kafka.topics.articles,
                    value=value,
                    key=f"k{next(numbers)}".encode(),
                    partition=partition,
                    headers=list(headers),
                )
                for value in values
            ]
            await asyncio.gather(*waiting)
        finally:
            await producer.stop()

    def worker(
        self,
        process: Process = at_once,
        *,
        sink: Sink | None = None,
        decode: Callable[[Message], Article | Rejected] | None = None,
        kafka: KafkaSettings | None = None,
        encode: Callable[[Any, Message], Message] | None = None,
        frame: Frame = as_it_is,
        **limits: Any,
    ) -> Running:
        """Start a worker."""
        settings = kafka or self.kafka
        limit = WorkerSettings(**({"backoff": 0.01} | limits))
        metrics = Metrics()
        stream = Stream(settings=settings, limits=limit, metrics=metrics, sink=sink, frame=frame)

        def read(message: Message) -> Article | Rejected:
            if message.value == b"bad":
                return Rejected(code="bad", message="It says so itself.")
            return Article(id=ArticleId((message.key or b"").decode()), body=(message.value or b"").decode())

        def write(outcome: object, message: Message) -> Message:
            del outcome
            headers = (("from", f"{message.partition}:{message.offset}".encode()),)
            return Message(topic=settings.topics.enriched, key=message.key, value=message.value, headers=headers)

        worker = Worker(
            stream=stream,
            process=process,
            decode=decode or read,
            encode=encode or write,
            bury=lambda message, rejected, attempts: dead_letter.bury(
                message, rejected, topic=settings.topics.dead_letter, group=settings.group, attempts=attempts
            ),
            settings=limit,
            metrics=metrics,
        )
        running = Running(stream=stream, worker=worker, metrics=metrics, task=asyncio.create_task(worker.run()))
        self.workers.append(running)
        return running

    async def read(self, topic: str, count: int, *, isolation: str = "read_committed") -> list[Any]:
        """Read the first `count` records of a topic, and fail when they do not come, or when there are more."""
        records = await committed(topic, count, isolation_level=isolation, **connection(self.kafka))
        assert len(records) == count, f"{len(records)} records in {topic}, not {count}"
        return records

    async def enriched(self, count: int) -> list[Any]:
        """Return the committed events, exactly `count`."""
        return await self.read(self.kafka.topics.enriched, count)

    async def dead(self, count: int) -> list[Any]:
        """Return the committed dead letters, exactly `count`."""
        return await self.read(self.kafka.topics.dead_letter, count)

    async def committed(self) -> dict[int, int | None]:
        """Return the group's committed offset of each input partition."""
        topic = self.kafka.topics.articles
        admin = AIOKafkaAdminClient(**connection(self.kafka))
        await admin.start()
        try:
            (described,) = await admin.describe_topics([topic])
            offsets = await admin.list_consumer_group_offsets(self.kafka.group)
        finally:
            await admin.close()
        places = [TopicPartition(topic, each["partition"]) for each in described["partitions"]]
        return {each.partition: offsets[each].offset if each in offsets else None for each in sorted(places)}


Benches = Callable[..., Awaitable[Bench]]


@pytest.fixture
async def benches(kafka: LocalKafka) -> AsyncIterator[Benches]:
    """Give a maker of benches, each with topics of its own; their workers are ended with the test."""
    made: list[Bench] = []

    async def make(*, partitions: int = 3, **settings: Any) -> Bench:
        name = uuid.uuid4().hex[:8]
        topics = TopicSettings(articles=f"in-{name}", enriched=f"out-{name}", dead_letter=f"dead-{name}")
        chosen = KafkaSettings(
            **({"bootstrap_servers": kafka.bootstrap(), "group": f"group-{name}", "topics": topics} | settings)
        )
        await ensure_topics(chosen, partitions=partitions)
        made.append(Bench(kafka=chosen))
        return made[-1]

    yield make
    for bench in made:
        for running in bench.workers:
            with contextlib.suppress(Exception):
                await running.crash()


@pytest.fixture
async def bench(benches: Benches) -> Bench:
    """One bench with three partitions."""
    return await benches()
