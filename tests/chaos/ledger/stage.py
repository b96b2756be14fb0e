"""Where it happens: brokers, workers, ledgers, a PostgreSQL, whoever receives what a watch matches, and a load."""

import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from pydantic import SecretStr

from service.core.errors import ClaimwireError
from service.core.message import Message
from service.core.questions import Filters
from service.core.watches import NewWatch
from service.ledger.database import Database
from service.ledger.schema import migrate
from service.ledger.watches import Watches
from service.local_kafka import Listener, LocalKafka, free_ports
from service.settings import KafkaSettings
from service.settings.ledger import LedgerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection, stop_consumer
from service.streaming.producers import UnansweredError, dead, discard, open_producer, send
from tests.chaos.forwarder import HOST, Forwarder, until_one_ends
from tests.chaos.ledger.worker import WATCHED
from tests.chaos.processes import ServiceProcess
from tests.chaos.proxy import Proxy
from tests.postgres import Postgres
from tests.receiver import SECRET, Receiver

PARTITIONS: Final = 6
SESSION: Final = 6.0  # seconds after which the group gives a silent member up
_FAILURES: Final = (KafkaError, OSError, TimeoutError, UnansweredError, ClaimwireError)
_CHUNK: Final = 65_536
_AT_ONCE: Final = 10  # records that are sent together
_STALL: Final = 120.0  # seconds without any progress after which the run waits no more


@dataclass(kw_only=True)
class Pipe(Forwarder):
    """A TCP proxy in front of the database that can swallow everything, as a cut network does."""

    _open: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        """Listen, and let everything through."""
        self._open.set()
        await super().start()

    def cut(self) -> None:
        """Let nothing through; connections stay up."""
        self._open.clear()

    def heal(self) -> None:
        """Let everything through, what was kept first."""
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                there, back = await asyncio.open_connection(HOST, self.target)
                try:
                    await until_one_ends(self._copy(reader, back), self._copy(there, writer))
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(_CHUNK):
                await self._open.wait()
                writer.write(chunk)
                await writer.drain()


@dataclass(kw_only=True)
class Load:
    """Writes articles, corrections and retractions to the input and erasures to the output, until all are there."""

    settings: KafkaSettings
    count: int
    rate: float
    written: Counter[str] = field(default_factory=Counter)

    async def run(self) -> None:
        """Write; what no broker took is tried again, so that it may be there twice."""
        chance = random.Random(11)  # noqa: S311  # the same load in each run
        versions: dict[str, int] = {}
        producer: AIOKafkaProducer | None = None
        try:
            while self.written["articles"] < self.count:
                drawn = [self._drawn(chance, versions) for _ in range(_AT_ONCE)]
                while True:
                    try:
                        if producer is not None and dead(producer):
                            await discard(producer)
                            producer = None
                        producer = producer or await open_producer(self.settings, deadline=15.0)
                        async with asyncio.timeout(15.0):
                            await asyncio.gather(*[await send(producer, message) for _kind, message in drawn])
                        break
                    except _FAILURES:
                        await asyncio.sleep(0.5)
                self.written.update(kind for kind, _message in drawn)
                self.written["articles"] += sum(kind != "erasures" for kind, _message in drawn)
                await asyncio.sleep(_AT_ONCE / self.rate)
        finally:
            if producer is not None:
                await discard(producer)

    def _drawn(self, chance: random.Random, versions: dict[str, int]) -> tuple[str, Message]:
        known = chance.random() < 0.45 and bool(versions)
        article = chance.choice(list(versions)) if known else f"urn:article:{len(versions)}"
        if known and chance.random() < 0.2:
            return "erasures", Message(topic=self.settings.topics.enriched, key=article.encode(), value=None)
        late = known and chance.random() < 0.15  # an old version that comes once more
        version = chance.randrange(1, versions[article] + 1) if late else versions.get(article, 0) + 1
        versions[article] = max(version, versions.get(article, 0))
        body: dict[str, Any] = {"id": article, "version": version, "body": f"Report {version}.", "language": "en"}
        kind = "late" if late else "corrections" if known else "new"
        if known and chance.random() < 0.2:
            kind, body["status"] = "retractions", "canceled"
        value = json.dumps(body).encode()
        return kind, Message(topic=self.settings.topics.articles, key=article.encode(), value=value)


@dataclass(kw_only=True)
class Stage:
    """Everything, running. Use `stage()`."""

    kafka: LocalKafka
    settings: KafkaSettings
    postgres: Postgres
    database: Database
    proxies: list[Proxy]
    pipe: Pipe
    receiver: Receiver
    watches: Watches
    load: Load
    workers: list[ServiceProcess]
    ledgers: list[ServiceProcess]

    async def heal(self) -> None:
        """Undo whatever a fault left, and wait until every broker and the database answer."""
        for node in self.kafka.nodes:
            if node.process is not None and node.process.poll() is not None:
                self.kafka.restart(node)
        if self.postgres._process is None:
            await asyncio.to_thread(self.postgres.start)
        for proxy in self.proxies:
            proxy.heal()
        self.pipe.heal()
        for each in (*self.workers, *self.ledgers):
            each.send(signal.SIGCONT)
            if not each.alive:
                each.start()
        await asyncio.to_thread(self.kafka.wait, _STALL)

    async def workers_are_done(self) -> None:
        """Wait until the workers have read the whole input: the output then grows no more."""
        await until_nothing_is_left(self._worker_lag, "records of the input")

    async def _worker_lag(self) -> int:
        topic, group = self.settings.topics.articles, self.settings.group
        consumer = AIOKafkaConsumer(**connection(self.settings), group_id=group, enable_auto_commit=False)
        await consumer.start()
        try:
            places = [TopicPartition(topic, each) for each in range(PARTITIONS)]
            ends = await consumer.end_offsets(places)
            return sum([ends[each] - (await consumer.committed(each) or 0) for each in places])
        finally:
            await stop_consumer(consumer)

    async def delivered(self) -> None:
        """Wait until nothing waits to be delivered."""

        async def waiting() -> int:
            return sum(each.waiting for each in self.watches.all())

        await until_nothing_is_left(waiting, "matches")


async def until_nothing_is_left(left: Callable[[], Awaitable[int]], what: str) -> None:
    """Wait until there is nothing left, or until nothing has moved for long: then it is for the judge to say."""
    last, since = -1, time.monotonic()
    while last != 0 and time.monotonic() - since < _STALL:
        now = last
        with contextlib.suppress(*_FAILURES):
            now = await left()
        if now != last:
            last, since = now, time.monotonic()
            sys.stderr.write(f"{now} {what} are left\n")
        await asyncio.sleep(1.0)


@contextlib.asynccontextmanager
async def stage(directory: Path, *, count: int, rate: float, say: Callable[[str], None]) -> AsyncIterator[Stage]:
    """Start everything; end it."""
    ports = free_ports(7)
    kafka = LocalKafka(
        brokers=3,
        listeners=[Listener(name="PROXIED", protocol="PLAINTEXT", advertised=tuple(ports[:3]))],
        heap=384,
        properties={"group.min.session.timeout.ms": "1000"},
        progress=say,
    )
    async with contextlib.AsyncExitStack() as stack:
        postgres = stack.enter_context(Postgres())
        receiver = stack.enter_context(Receiver())
        await asyncio.to_thread(kafka.start)
        stack.push_async_callback(asyncio.to_thread, kafka.stop)
        settings = KafkaSettings(bootstrap_servers=kafka.bootstrap(), group="chaos", session_timeout=SESSION)
        await ensure_topics(settings, partitions=PARTITIONS)
        proxies = [
            Proxy(port=port, target=node.listener_ports["PROXIED"])
            for port, node in zip(ports[:3], kafka.nodes, strict=True)
        ]
        pipe = Pipe(port=ports[3], target=postgres.port)
        for each in (*proxies, pipe):
            await each.start()
            stack.push_async_callback(each.stop)
        database = Database(LedgerSettings(url=SecretStr(postgres.url)))
        stack.callback(database.close)
        migrate(database)
        watches = Watches(database)
        watches.add(NewWatch(name="chaos", filters=Filters(speaker=WATCHED), url=f"{receiver.origin}/"))
        common = {"CLAIMWIRE_KAFKA__GROUP": "chaos", "CLAIMWIRE_KAFKA__SESSION_TIMEOUT": str(SESSION)}
        processes = []
        for number in range(2):
            own = common | {
                "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap(),
                "CLAIMWIRE_KAFKA__INSTANCE_ID": f"worker-{number}",
            }
            command = [sys.executable, "-m", "tests.chaos.ledger.worker"]
            log = directory / f"worker-{number}.log"
            processes.append(ServiceProcess(name=f"worker-{number}", command=command, environment=own, log=log))
        for number in range(3):
            proxied = number == 2  # the last of them
            own = common | {
                "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": kafka.bootstrap("PROXIED" if proxied else None),
                "CLAIMWIRE_KAFKA__INSTANCE_ID": f"ledger-{number}",
                "CLAIMWIRE_API__PORT": str(ports[4 + number]),
                "CLAIMWIRE_LEDGER__URL": postgres.url_at(pipe.port),
                "CLAIMWIRE_LEDGER__MAX_EVENTS": "50",
                "CLAIMWIRE_LEDGER__TIMEOUT": "10",
                "CLAIMWIRE_LEDGER__WEBHOOK_ORIGINS": json.dumps([receiver.origin]),
                "CLAIMWIRE_LEDGER__WEBHOOK_SECRET": SECRET,
                "CLAIMWIRE_LOG__FORMAT": "json",
            }
            command = [sys.executable, "-m", "service", "serve", "--role", "ledger"]
            log = directory / f"ledger-{number}.log"
            processes.append(ServiceProcess(name=f"ledger-{number}", command=command, environment=own, log=log))
        for process in processes:
            process.start()
            stack.push_async_callback(_ended, process)
        yield Stage(
            kafka=kafka,
            settings=settings,
            postgres=postgres,
            database=database,
            proxies=proxies,
            pipe=pipe,
            receiver=receiver,
            watches=watches,
            load=Load(settings=settings, count=count, rate=rate),
            workers=processes[:2],
            ledgers=processes[2:],
        )


async def _ended(process: ServiceProcess) -> None:
    process.send(signal.SIGCONT)
    process.send(signal.SIGKILL)
    await process.gone()
