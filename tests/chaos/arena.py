"""Where the chaos happens: a cluster, workers and the HTTP side in processes of their own, a load, and readers."""

import asyncio
import contextlib
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from service.core.errors import ClaimwireError
from service.local_kafka import Listener, LocalKafka, Node, free_ports
from service.settings import KafkaSettings, Settings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from tests.chaos.checker import Input, Outcome, Verdict, check, check_live
from tests.chaos.links import Link
from tests.chaos.load import Load
from tests.chaos.outcomes import Outcomes, found, said
from tests.chaos.processes import ServiceProcess
from tests.chaos.proxy import Proxy
from tests.chaos.readers import LiveReader, Watcher, read_all
from tests.models import ON_SMALL

MAX_EVENT: Final = 500_000  # bytes; what the workers make of an article marked TOO LARGE is over it
PROXIED: Final = "chaos-3"  # the worker behind the proxies
BACK: Final = 180.0  # seconds that brokers may take to come back, on a machine that has much else to do
_DIGEST: Final = 2.0  # seconds of load after a fault that must come out before the next
_EXCUSED: Final = 30.0  # seconds after the model works again in which what failed before may still be written
_CENTURY: Final = 4_000_000_000_000  # milliseconds since 1970; no later timestamp is a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large an arena is."""

    brokers: int = 3
    workers: int = 3
    partitions: int = 12
    rate: float = 15.0  # records a second
    session_timeout: float = 20.0
    patience: float = 90.0  # seconds that a fault's backlog may take, and, at the end, whatever is left
    http: bool = True
    delivery: str = "exactly-once"
    build: str = "sound"
    model: str = "instant"


@dataclass(kw_only=True)
class Arena:
    """A running cluster under load. Use `arena()`."""

    scale: Scale
    directory: Path
    kafka: LocalKafka
    settings: KafkaSettings
    proxies: list[Proxy]
    links: list[Link]
    load: Load
    watcher: Watcher
    api: ServiceProcess | None = None
    live: LiveReader | None = None
    workers: dict[str, ServiceProcess] = field(default_factory=dict)
    partitions: int = 0
    hands: list[str] = field(default_factory=list)
    _broken: list[tuple[float, float]] = field(default_factory=list)  # while processing was made to fail
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    # ------------------------------------------------------------------ workers

    def worker(self, name: str) -> ServiceProcess:
        """Return the worker of that name, made when there is none."""
        if name not in self.workers:
            kafka = self.settings
            environment = {
                "CHAOS_DIRECTORY": str(self.directory),
                "CHAOS_BUILD": self.scale.build,
                "CHAOS_MODEL": self.scale.model,
                **ON_SMALL,
                "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": self.kafka.bootstrap("PROXIED" if name == PROXIED else None),
                "CLAIMWIRE_KAFKA__GROUP": kafka.group,
                "CLAIMWIRE_KAFKA__INSTANCE_ID": name,
                "CLAIMWIRE_KAFKA__DELIVERY": kafka.delivery,
                "CLAIMWIRE_KAFKA__SESSION_TIMEOUT": str(kafka.session_timeout),
                "CLAIMWIRE_KAFKA__MAX_EVENT": str(kafka.max_event),
                "CLAIMWIRE_WORKER__BACKOFF": "0.05",
                "CLAIMWIRE_WORKER__BREAKER_WINDOW": "20",
                "CLAIMWIRE_WORKER__MAX_ARTICLES": "16",
            }
            command = [sys.executable, "-m", "tests.chaos.worker"]
            log = self.directory / f"{name}.log"
            self.workers[name] = ServiceProcess(name=name, command=command, environment=environment, log=log)
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

    async def in_commit(self, name: str, within: float = 10.0) -> None:
        """Wait until a transaction of the worker stands open before its commit."""
        inside = self.directory / f"in-commit-{name}"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not inside.exists():  # noqa: ASYNC110  # another process makes it
                    await asyncio.sleep(0.01)

    @contextlib.contextmanager
    def broken_model(self) -> Iterator[None]:
        """Let the processing of every article raise within the block."""
        flag = self.directory / "broken-model"
        flag.touch()
        began = time.time()
        try:
            yield
        finally:
            flag.unlink(missing_ok=True)
            self._broken.append((began, time.time() + _EXCUSED))

    # ------------------------------------------------------------------ brokers

    async def coordinator(self) -> Node:
        """Return the broker that coordinates the group."""
        admin = AIOKafkaAdminClient(**connection(self.settings))
        await admin.start()
        try:
            number = int(await admin.find_coordinator(self.settings.group))
        finally:
            await admin.close()
        return self.kafka.nodes[number - 1]

    def freeze(self, node: Node) -> None:
        """Stop a broker's process without ending it."""
        if node.process is not None:
            node.process.send_signal(signal.SIGSTOP)

    def thaw(self, node: Node) -> None:
        """Let it go on."""
        if node.process is not None:
            node.process.send_signal(signal.SIGCONT)

    async def grow(self) -> None:
        """Add a partition to each topic."""
        # Another fault may have the brokers: then it does not grow, or a topic of the three alone.
        with contextlib.suppress(ClaimwireError, KafkaError, OSError, TimeoutError):
            await ensure_topics(self.settings, partitions=self.partitions + 1, grow=True)
            self.partitions += 1

    async def heal(self) -> None:
        """Undo whatever a fault left, and wait until every broker answers, and the HTTP side runs."""
        for node in self.kafka.nodes:
            self.thaw(node)
            if node.process is not None and node.process.poll() is not None:
                self.kafka.restart(node)
        for worker in self.workers.values():
            worker.send(signal.SIGCONT)
            self.slow_commits(worker.name, None)
        for proxy in self.proxies:
            proxy.heal()
            proxy.forget()
        for link in self.links:
            await link.heal()
        await asyncio.to_thread(self.kafka.wait, BACK)
        await self.load.http_runs(BACK)
        self.load.watch_http()

    # ------------------------------------------------------------------ judging

    async def finish(self) -> tuple[list[Input], list[Outcome], Verdict]:
        """Stop the load, wait until all is done or time is up, then read every log from its beginning and judge."""
        self.load.stop()
        load, *readers = self._tasks
        await load
        for reader in readers:
            if reader.done():
                reader.result()  # raises what ended it: without its readers the run has seen nothing
        judge = Outcomes.of(Settings(kafka=self.settings), real=self.scale.model == "real")
        deadline = time.monotonic() + self.scale.patience
        while True:
            try:
                inputs, outcomes, verdict = await self._judge(judge)
            except (KafkaError, OSError):
                if time.monotonic() > deadline:
                    raise
            else:
                if verdict.clean or verdict.duplicated or time.monotonic() > deadline:
                    return inputs, outcomes, verdict
            await asyncio.sleep(1.0)

    async def _judge(self, judge: Outcomes) -> tuple[list[Input], list[Outcome], Verdict]:
        topics = self.settings.topics
        inputs = []
        ends = dict.fromkeys(range(self.partitions), 0)
        for each in await read_all(self.settings, topics.articles):
            place = (each.partition or 0, each.offset or 0)
            at = each.timestamp / 1000 if each.timestamp is not None and each.timestamp < _CENTURY else None
            inputs.append(Input(place=place, at=at, gives=judge.expected(each), article=said(judge.decode(each))))
            ends[place[0]] = max(ends.get(place[0], 0), place[1] + 1)
        outcomes = []
        events = {}
        for topic in (topics.enriched, topics.dead_letter):
            for each in await read_all(self.settings, topic):
                source, content = found(each)
                written = (each.timestamp or 0) / 1000
                outcomes.append(
                    Outcome(
                        topic=topic,
                        partition=each.partition or 0,
                        offset=each.offset or 0,
                        source=source,
                        content=content,
                        excused=any(start <= written <= end for start, end in self._broken),
                        seen=self.watcher.seen.get(source),
                    )
                )
                if topic == topics.enriched:
                    events[each.partition or 0, each.offset or 0] = (each.header("ce_id") or b"").decode()
        verdict = check(
            inputs,
            outcomes,
            committed=await self._committed(),
            ends=ends,
            acknowledged=self.load.acknowledged,
            exactly_once=self.scale.delivery == "exactly-once",
        )
        if self.live is not None:
            live = check_live(self.live.seen, events, since=self.live.since)
            verdict = replace(
                verdict,
                live_doubled=live.live_doubled,
                live_disordered=live.live_disordered,
                live_aborted=live.live_aborted,
                live_missed=live.live_missed,
            )
        return inputs, outcomes, verdict

    async def _committed(self) -> dict[int, int]:
        admin = AIOKafkaAdminClient(**connection(self.settings))
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.settings.group)
        finally:
            await admin.close()
        topic = self.settings.topics.articles
        return {each.partition: told.offset for each, told in offsets.items() if each.topic == topic}

    # ------------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        """Make topics, start everything, wait until something comes out."""
        self.partitions = self.scale.partitions
        await ensure_topics(self.settings, partitions=self.partitions)
        await self._take_any_time()
        for proxy in self.proxies:
            await proxy.start()
        for name in self.names():
            self.worker(name).start()
        if self.api is not None:
            self.api.start()
        running = [self.load.run(), self.watcher.run(), *([self.live.run()] if self.live is not None else [])]
        self._tasks = [asyncio.create_task(each) for each in running]
        async with asyncio.timeout(BACK):
            while not self._works():  # noqa: ASYNC110  # other processes work
                await asyncio.sleep(0.1)
        await self.caught_up()
        return self

    def _http_works(self) -> bool:
        return self.api is None or self.load.flowing is not None

    def _works(self) -> bool:
        """Return whether something has come out, and where there is HTTP, gone in by it and been seen live."""
        return bool(self.watcher.seen) and (self.live is None or bool(self.live.seen and self.load.acknowledged))

    async def _take_any_time(self) -> None:
        """Let the brokers take any timestamp into the input, as those before Kafka 4 do by default."""
        admin = AIOKafkaAdminClient(**connection(self.settings))
        await admin.start()
        try:
            answer = await admin.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, self.settings.topics.articles)]
            )
            own = {entry[0]: entry[1] for entry in answer[0].resources[0][4] if entry[3] == 1}
            own["message.timestamp.after.max.ms"] = str(2**63 - 1)
            topic = ConfigResource(ConfigResourceType.TOPIC, self.settings.topics.articles, configs=own)
            await admin.alter_configs([topic])
        finally:
            await admin.close()

    async def __aexit__(self, *error: object) -> None:
        """End everything."""
        for process in (*self.workers.values(), *([self.api] if self.api is not None else [])):
            process.send(signal.SIGCONT)
            process.send(signal.SIGKILL)
            await process.gone()
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        for proxy in self.proxies:
            await proxy.stop()

    async def caught_up(self) -> None:
        """Wait until all that was written until a moment after the fault came out, and HTTP takes whatever comes.

        A process that ended by itself is told, and started again.
        """
        await asyncio.sleep(_DIGEST)
        due = set(self.load.written)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.scale.patience):
                while not (due and due <= self.watcher.seen.keys() and self._http_works()):  # other processes work
                    due = due or set(self.load.written)
                    await asyncio.sleep(0.1)
        for process in (*self.workers.values(), *([self.api] if self.api is not None else [])):
            if not process.alive:
                self.hands.append(process.name)
                process.start()


@contextlib.asynccontextmanager
async def arena(scale: Scale, directory: Path, progress: Callable[[str], None]) -> AsyncIterator[Arena]:
    """Start a cluster and workers of this scale; end them."""
    ports = free_ports(2 * scale.brokers + 1)
    outside, between, http = ports[: scale.brokers], ports[scale.brokers : -1], ports[-1]
    kafka = LocalKafka(
        brokers=scale.brokers,
        listeners=[
            Listener(name="PROXIED", protocol="PLAINTEXT", advertised=tuple(outside)),
            Listener(name="BETWEEN", protocol="PLAINTEXT", advertised=tuple(between)),
        ],
        heap=384,
        properties={"group.min.session.timeout.ms": "1000", "inter.broker.listener.name": "BETWEEN"},
        progress=progress,
    )
    links = [
        Link(port=port, target=node.listener_ports["BETWEEN"]) for port, node in zip(between, kafka.nodes, strict=True)
    ]
    for link in links:
        await link.start()  # before the brokers, who look for each other there
    await asyncio.to_thread(kafka.start)
    try:
        settings = KafkaSettings(
            bootstrap_servers=kafka.bootstrap(),
            group="chaos",
            session_timeout=scale.session_timeout,
            max_event=MAX_EVENT,
            delivery=scale.delivery,  # type: ignore[arg-type]  # pydantic looks
        )
        address = f"http://127.0.0.1:{http}"
        made = Arena(
            scale=scale,
            directory=directory,
            kafka=kafka,
            settings=settings,
            proxies=[
                Proxy(port=port, target=node.listener_ports["PROXIED"])
                for port, node in zip(outside, kafka.nodes, strict=True)
            ],
            links=links,
            load=Load(settings, rate=scale.rate, api=address if scale.http else None),
            watcher=Watcher(settings),
            api=_api(kafka, http, directory) if scale.http else None,
            live=LiveReader(address) if scale.http else None,
        )
        async with made:
            yield made
    finally:
        for node in kafka.nodes:
            if node.log.exists():
                shutil.copy(node.log, directory / f"broker-{node.id}.log")
        await asyncio.to_thread(kafka.stop)
        for link in links:
            await link.stop()


def _api(kafka: LocalKafka, port: int, directory: Path) -> ServiceProcess:
    environment = {
        **ON_SMALL,
        "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap(),
        "CLAIMWIRE_KAFKA__GROUP": "chaos",
        "CLAIMWIRE_API__PORT": str(port),
    }
    command = [sys.executable, "-m", "service", "serve", "--role", "api"]
    return ServiceProcess(name="api", command=command, environment=environment, log=directory / "api.log")
