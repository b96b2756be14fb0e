"""Where the chaos happens: a cluster, workers in processes of their own, a steady load, a reader that sees all."""

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from service.local_kafka import Listener, LocalKafka, free_ports
from service.settings import KafkaSettings, TopicSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.records import message_of
from service.wire import dead_letter
from tests.chaos.checker import Input, Outcome, Place, Verdict, check
from tests.chaos.proxy import Proxy
from tests.chaos.worker import FROM, POISON, TOO_LARGE
from tests.models import ON_SMALL

REPOSITORY = Path(__file__).resolve().parents[2]
MAX_EVENT = 500_000  # bytes; what the workers make of an article marked TOO LARGE is over it
PROXIED = "chaos-3"  # the worker behind the proxies
_KEYS = 300
_DIGEST = 4.0  # seconds of load after a fault that must come out before the next: enough to reach every partition
_BAD_EVERY = 97  # one article in so many is not JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large an arena is."""

    brokers: int = 3
    workers: int = 3
    partitions: int = 12
    rate: float = 15.0  # articles a second
    session_timeout: float = 20.0
    patience: float = 90.0  # seconds that a fault's backlog may take, and, at the end, whatever is left
    build: str = "sound"
    model: str = "instant"


@dataclass(kw_only=True)
class WorkerProcess:
    """One worker, started again under the same instance id as often as the suite likes."""

    name: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it joins by itself."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.worker"],
                cwd=REPOSITORY,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    @property
    def alive(self) -> bool:
        """Whether it runs: one that ended by itself needed a hand."""
        return self.process is not None and self.process.poll() is None

    async def gone(self, within: float = 40.0) -> int:
        """Wait for its end, and return the exit code."""
        process = self.process
        if process is None:
            return 0
        return await asyncio.wait_for(asyncio.to_thread(process.wait), within)


@dataclass(kw_only=True)
class Arena:
    """A running cluster under load. Use `arena()`."""

    scale: Scale
    directory: Path
    kafka: LocalKafka
    settings: KafkaSettings
    proxies: list[Proxy]
    workers: dict[str, WorkerProcess] = field(default_factory=dict)
    written: set[Place] = field(default_factory=set)
    seen: dict[Place, float] = field(default_factory=dict)
    marks: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    published: int = 0
    hands: list[str] = field(default_factory=list)
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)
    _loading: asyncio.Event = field(default_factory=asyncio.Event)

    # ------------------------------------------------------------------ workers

    def worker(self, name: str) -> WorkerProcess:
        """Return the worker of that name, made when there is none."""
        if name not in self.workers:
            listener = "PROXIED" if name == PROXIED and self.proxies else None
            kafka = self.settings
            environment = {
                "CHAOS_DIRECTORY": str(self.directory),
                "CHAOS_BUILD": self.scale.build,
                "CHAOS_MODEL": self.scale.model,
                **ON_SMALL,
                "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap(listener),
                "CLAIMWIRE_KAFKA__GROUP": kafka.group,
                "CLAIMWIRE_KAFKA__INSTANCE_ID": name,
                "CLAIMWIRE_KAFKA__SESSION_TIMEOUT": str(kafka.session_timeout),
                "CLAIMWIRE_KAFKA__MAX_EVENT": str(kafka.max_event),
                "CLAIMWIRE_WORKER__BACKOFF": "0.05",
                "CLAIMWIRE_WORKER__BREAKER_SHARE": "1",
                "CLAIMWIRE_WORKER__MAX_ARTICLES": "16",
            }
            self.workers[name] = WorkerProcess(name=name, environment=environment, log=self.directory / f"{name}.log")
        return self.workers[name]

    def names(self) -> list[str]:
        """Return the names of the workers that are always there."""
        return [f"chaos-{number}" for number in range(1, self.scale.workers + 1)]

    def slow_commits(self, name: str, seconds: float | None) -> None:
        """Let each transaction of a worker stand open for so long before its commit; None: no more."""
        flag = self.directory / f"slow-commit-{name}"
        if seconds is None:
            flag.unlink(missing_ok=True)
            (self.directory / f"in-commit-{name}").unlink(missing_ok=True)
        else:
            flag.write_text(str(seconds))

    async def in_commit(self, name: str, within: float = 20.0) -> None:
        """Wait until a transaction of the worker stands open before its commit."""
        inside = self.directory / f"in-commit-{name}"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not inside.exists():  # noqa: ASYNC110  # another process makes it
                    await asyncio.sleep(0.01)

    # ------------------------------------------------------------------ load

    async def _load(self) -> None:
        """Write articles at a steady rate, now and then one that is not an article, and those that a fault asks for."""
        random_ = random.Random(7)  # noqa: S311  # the same load in each run
        versions: dict[str, int] = {}
        producer = AIOKafkaProducer(**connection(self.settings), acks="all", enable_idempotence=True)
        await producer.start()
        waiting: set[asyncio.Future[Any]] = set()
        next_at = time.monotonic()
        try:
            while self._loading.is_set():
                key = f"urn:chaos:{random_.randrange(_KEYS)}"
                versions[key] = versions.get(key, 0) + 1
                title = None if self.marks.empty() else self.marks.get_nowait()
                article = {"id": key, "version": versions[key], "body": "The dam holds.", "language": "en"}
                value = json.dumps(article | ({"title": title} if title else {})).encode()
                if self.published % _BAD_EVERY == 0:
                    value = b"{not json"
                delivery = await producer.send(self.settings.topics.articles, value=value, key=key.encode())
                waiting.add(delivery)
                delivery.add_done_callback(waiting.discard)
                delivery.add_done_callback(self._landed)
                self.published += 1
                next_at = max(next_at + 1 / self.scale.rate, time.monotonic() - 1.0)
                await asyncio.sleep(max(0.0, next_at - time.monotonic()))
            while waiting:
                await asyncio.wait(waiting)
        finally:
            await producer.stop()

    def _landed(self, delivery: "asyncio.Future[Any]") -> None:
        if not delivery.cancelled() and delivery.exception() is None:
            record = delivery.result()
            self.written.add((record.partition, record.offset))

    async def mark(self, *titles: str) -> None:
        """Have the next articles carry these titles."""
        for title in titles:
            await self.marks.put(title)

    # ------------------------------------------------------------------ reading

    async def _watch(self) -> None:
        """Read what is committed, as it comes, through everything; note when each outcome was first seen."""
        positions: dict[TopicPartition, int] = {}
        while True:
            consumer = _reader(self.settings)
            try:
                await consumer.start()
                partitions = await _partitions(consumer, self.settings)
                consumer.assign(partitions)
                for each in partitions:
                    consumer.seek(each, positions.get(each, 0))
                while True:
                    for where, records in (await consumer.getmany(timeout_ms=200)).items():
                        for record in records:
                            self.seen.setdefault(_source(record), time.time())
                        positions[where] = records[-1].offset + 1
            except (KafkaError, OSError):
                await asyncio.sleep(0.5)
            finally:
                await consumer.stop()

    async def finish(self) -> tuple[list[Input], list[Outcome], Verdict]:
        """Stop the load, wait until all is done or time is up, then read every log from its beginning and judge."""
        self._loading.clear()
        await self._tasks[0]
        deadline = time.monotonic() + self.scale.patience
        while True:
            inputs, outcomes, committed, ends = await self._logs()
            verdict = check(inputs, outcomes, committed=committed, ends=ends)
            if verdict.clean or verdict.duplicated or time.monotonic() > deadline:
                return inputs, outcomes, verdict
            await asyncio.sleep(1.0)

    async def _logs(self) -> tuple[list[Input], list[Outcome], dict[int, int], dict[int, int]]:
        topic = self.settings.topics.articles
        records = await _all(self.settings, topic)
        inputs = [
            Input(place=(each.partition, each.offset), key=each.key.decode(), at=each.timestamp / 1000)
            for each in records
        ]
        outcomes = [
            Outcome(
                topic=each.topic,
                partition=each.partition,
                offset=each.offset,
                source=_source(each),
                key=each.key.decode(),
                seen=self.seen.get(_source(each)),
            )
            for name in (self.settings.topics.enriched, self.settings.topics.dead_letter)
            for each in await _all(self.settings, name)
        ]
        ends = dict.fromkeys(range(self.scale.partitions), 0)
        for each in records:
            ends[each.partition] = max(ends[each.partition], each.offset + 1)
        admin = AIOKafkaAdminClient(**connection(self.settings))
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.settings.group)
        finally:
            await admin.close()
        committed = {each.partition: found.offset for each, found in offsets.items() if each.topic == topic}
        return inputs, outcomes, committed, ends

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        """Make topics, start workers, wait until something comes out."""
        await ensure_topics(self.settings, partitions=self.scale.partitions)
        for proxy in self.proxies:
            await proxy.start()
        for name in self.names():
            self.worker(name).start()
        self._loading.set()
        self._tasks = [asyncio.create_task(self._load()), asyncio.create_task(self._watch())]
        await self.caught_up()
        return self

    async def __aexit__(self, *error: object) -> None:
        """End everything."""
        for worker in self.workers.values():
            worker.send(signal.SIGCONT)
            worker.send(signal.SIGKILL)
            await worker.gone()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for proxy in self.proxies:
            await proxy.stop()

    async def caught_up(self) -> None:
        """Wait until all that was written until a moment after the fault came out, on every partition.

        A worker that ended by itself is told, and started again.
        """
        await asyncio.sleep(_DIGEST)
        due = set(self.written)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.scale.patience):
                while not due <= self.seen.keys():  # noqa: ASYNC110  # other processes work
                    await asyncio.sleep(0.1)
        for worker in self.workers.values():
            if not worker.alive:
                self.hands.append(worker.name)
                worker.start()


@contextlib.asynccontextmanager
async def arena(scale: Scale, directory: Path, progress: Callable[[str], None]) -> AsyncIterator[Arena]:
    """Start a cluster and workers of this scale; end them."""
    ports = free_ports(scale.brokers)
    proxied = Listener(name="PROXIED", protocol="PLAINTEXT", advertised=tuple(ports))
    kafka = LocalKafka(
        brokers=scale.brokers,
        listeners=[proxied],
        heap=384,
        properties={"group.min.session.timeout.ms": "1000"},
        progress=progress,
    )
    await asyncio.to_thread(kafka.start)
    try:
        proxies = [
            Proxy(port=port, target=node.listener_ports["PROXIED"])
            for port, node in zip(ports, kafka.nodes, strict=True)
        ]
        settings = KafkaSettings(
            bootstrap_servers=kafka.bootstrap(),
            group="chaos",
            topics=TopicSettings(),
            session_timeout=scale.session_timeout,
            max_event=MAX_EVENT,
        )
        async with Arena(scale=scale, directory=directory, kafka=kafka, settings=settings, proxies=proxies) as made:
            yield made
    finally:
        await asyncio.to_thread(kafka.stop)


def _reader(settings: KafkaSettings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        **connection(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        request_timeout_ms=5000,
        metadata_max_age_ms=5000,
    )


async def _partitions(consumer: AIOKafkaConsumer, settings: KafkaSettings, *topics: str) -> list[TopicPartition]:
    names = topics or (settings.topics.enriched, settings.topics.dead_letter)
    return [
        TopicPartition(name, each) for name in names for each in sorted(await consumer._client._wait_on_metadata(name))
    ]


async def _all(settings: KafkaSettings, topic: str) -> list[Any]:
    """Read a whole topic, committed records only, in the order of its logs."""
    consumer = _reader(settings)
    await consumer.start()
    try:
        partitions = await _partitions(consumer, settings, topic)
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[Any] = []
        while any([await consumer.position(each) < ends[each] for each in partitions]):
            for found in (await consumer.getmany(timeout_ms=200)).values():
                records += found
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        await consumer.stop()


def _source(record: Any) -> Place:
    """Return which input record an outcome came of."""
    told = dict(record.headers).get(FROM)
    if told is not None:
        partition, _, offset = told.decode().partition(":")
        return int(partition), int(offset)
    letter = dead_letter.exhume(message_of(record))
    if letter is None:
        raise ValueError("a record that names no source")
    return letter.partition, letter.offset


__all__ = ["POISON", "PROXIED", "TOO_LARGE", "Arena", "Scale", "arena"]
