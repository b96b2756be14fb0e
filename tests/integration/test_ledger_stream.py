"""The ledger on a real broker and real databases: what the topic says is in the tables, once, whatever happens."""

import asyncio
import contextlib
import json
import random
import signal
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr
from sqlalchemy import select, update

from service.bootstrap.ledger import LedgerParts, build_ledger
from service.bootstrap.serve import serve
from service.core.errors import ConfigurationError
from service.core.health import HealthStatus
from service.core.message import Message  # noqa: TC001  # fixtures are read at run time
from service.ledger import correct
from service.ledger.database import Database
from service.ledger.rebuild import Rebuilt, rebuild
from service.ledger.schema import migrate
from service.ledger.store import Store
from service.ledger.tables import claims, entities, logs
from service.settings import ApiSettings, KafkaSettings, Settings
from service.settings.ledger import LedgerSettings
from service.shutdown import Lifecycle
from service.streaming.client import connection
from service.streaming.consume.stored_sink import Log
from service.telemetry.metrics import Metrics
from service.wire.dead_letter import CODE, GROUP, OFFSET
from tests.ledger import enriched, expected, held, record, retracted
from tests.postgres import Postgres
from tests.progress import Progress

pytestmark = pytest.mark.anyio

PEOPLE = ("Ann Lee", "Bob Ray", "Cid Fox", "Dee Orr", "Eve Poe")


@dataclass(kw_only=True)
class Keeping:
    """A ledger that runs in this process."""

    parts: LedgerParts
    metrics: Metrics
    task: "asyncio.Task[None]"

    def value(self, name: str, **labels: str) -> float:
        """Return a figure."""
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    async def stop(self) -> None:
        """Drain and leave."""
        self.parts.ledger.stop()
        await self.task
        await self.parts.stream.close()

    async def crash(self) -> None:
        """End at once."""
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.parts.stream.close()


class Shelf:
    """Starts ledgers over one bench's output topic and one database, and waits for what they write."""

    def __init__(self, kafka: KafkaSettings, ledger: LedgerSettings) -> None:
        self.settings = Settings(kafka=kafka.model_copy(update={"session_timeout": 2.0}), ledger=ledger)
        self.database = Database(ledger)
        self.keeping: list[Keeping] = []
        self.log: list[Message] = []

    def start(self, **ledger: Any) -> Keeping:
        """Start a ledger."""
        settings = self.settings.model_copy(update={"ledger": self.settings.ledger.model_copy(update=ledger)})
        metrics = Metrics()
        parts = build_ledger(settings, metrics, essential=True)
        made = Keeping(parts=parts, metrics=metrics, task=asyncio.create_task(parts.ledger.run()))
        self.keeping.append(made)
        return made

    async def publish(self, *data: Mapping[str, Any] | str) -> None:
        """Write events to the output topic, each article's to the partition of its id."""
        producer = AIOKafkaProducer(**connection(self.settings.kafka), acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for each in data:
                made = record(each, offset=0)
                sent = await producer.send_and_wait(
                    self.settings.kafka.topics.enriched, value=made.value, key=made.key, headers=list(made.headers)
                )
                self.log.append(made)
                del sent
        finally:
            await producer.stop()

    def state(self) -> dict[str, Any]:
        """Return what the tables hold."""
        with self.database.transaction() as opened:
            if self.database.is_postgres:
                opened.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")  # one moment for all tables
            return held(opened)

    def read_up_to(self) -> int:
        """Return how many records were read, over all partitions."""
        with self.database.transaction() as opened:
            return sum(opened.execute(select(logs.c.position)).scalars())

    async def caught_up(self) -> None:
        """Wait until every record was read, and fail when no offset moves any more."""
        progress = Progress()
        while (reached := self.read_up_to()) < len(self.log):
            progress.check(reached, f"{len(self.log)} records are read")
            await asyncio.sleep(0.05)
        assert reached == len(self.log)

    async def eventually(self, true: Callable[[], bool], what: str) -> None:
        """Wait until `true()` holds."""
        progress = Progress()
        while not true():
            progress.check(None, what)
            await asyncio.sleep(0.05)

    async def close(self) -> None:
        """End every ledger."""
        for each in self.keeping:
            with contextlib.suppress(Exception):
                await each.crash()
            each.parts.sink.stop()
            each.parts.database.close()
        self.database.close()


@pytest.fixture
async def shelf(bench: Any, ledger: Database, ledger_settings: LedgerSettings) -> AsyncIterator[Shelf]:
    """A shelf over empty tables, on each database in turn."""
    del ledger
    made = Shelf(bench.kafka, ledger_settings)
    yield made
    await made.close()


def history(count: int, *, seed: int) -> list[Mapping[str, Any] | str]:
    """Return events of some articles: corrections, old versions that come late, retractions and erasures."""
    chance = random.Random(seed)  # noqa: S311  # a test can be repeated
    made: list[Mapping[str, Any] | str] = []
    for number in range(count):
        article, version = f"urn:article:{chance.randrange(count // 3)}", chance.randrange(1, 6)
        kind = chance.random()
        if kind < 0.06:
            made.append(article)
        elif kind < 0.14:
            made.append(retracted(article, version=version))
        else:
            said = [
                {
                    "speaker": chance.choice(PEOPLE),
                    "text": f"Statement number {number} is long enough to be told from others, part {part}.",
                    "stances": {chance.choice(PEOPLE): chance.choice(("favor", "against"))},
                }
                for part in range(chance.randrange(4))
            ]
            made.append(enriched(article, *said, version=version))
    return made


async def test_what_the_topic_says_is_in_the_tables(shelf: Shelf) -> None:
    """Events of three partitions are held as their records say, and the figures tell how many."""
    await shelf.publish(*history(120, seed=1))
    keeping = shelf.start()
    await shelf.caught_up()
    assert shelf.state() == expected(shelf.log)
    await keeping.stop()
    counted = [
        keeping.value("claimwire_ledger_events_total", result=result)
        for result in ("enriched", "retracted", "erased", "outdated")
    ]
    assert sum(counted) == 120
    assert keeping.value("claimwire_ledger_rows_total", table="claims") > 0
    assert keeping.value("claimwire_ledger_batch_seconds_count") > 0


async def test_ledgers_come_and_go_and_nothing_is_lost_or_doubled(shelf: Shelf) -> None:
    """Ledgers that share the partitions, crash and leave in the middle, leave the tables as the topic has them."""
    told = history(300, seed=2)
    first, second = shelf.start(max_events=7), shelf.start(max_events=5)
    await shelf.publish(*told[:100])
    await first.crash()
    third = shelf.start(max_events=3)
    await shelf.publish(*told[100:200])
    await second.stop()
    await shelf.publish(*told[200:])
    await shelf.caught_up()
    assert shelf.state() == expected(shelf.log)
    await third.stop()


async def test_a_ledger_begins_where_the_tables_end(shelf: Shelf) -> None:
    """A new ledger, in a group that never was, reads nothing twice: the offset is in the tables."""
    await shelf.publish(*history(60, seed=3))
    await_first = shelf.start()
    await shelf.caught_up()
    await await_first.stop()
    await shelf.publish(*history(30, seed=4))
    again = shelf.start(group=f"other-{uuid.uuid4().hex[:6]}")
    await shelf.caught_up()
    assert shelf.state() == expected(shelf.log)
    assert again.value("claimwire_ledger_batch_events_sum") == 30


async def test_what_cannot_be_kept_is_a_dead_letter(shelf: Shelf, bench: Any) -> None:
    """A record that is none of our events is buried with its code, and its neighbours are kept."""
    topic = bench.kafka.topics.enriched
    await shelf.publish(enriched("a", {"speaker": "Ann Lee"}))
    await bench.publish([b"what is this", b"{}"], keys=1, topic=topic, partition=0)
    await shelf.publish(enriched("b", {"speaker": "Bob Ray"}))
    keeping = shelf.start()
    letters = await bench.dead(2)
    found = [dict(each.headers) for each in letters]
    assert [each[CODE] for each in found] == [b"unknown-event-type"] * 2
    assert [each[GROUP] for each in found] == [f"{bench.kafka.group}-ledger".encode()] * 2
    assert [letter.value for letter in letters] == [b"what is this", b"{}"]
    assert OFFSET in found[0]
    await shelf.eventually(lambda: len(shelf.state()) == 2, "both neighbours are kept")
    await shelf.eventually(
        lambda: keeping.value("claimwire_ledger_events_total", result="dead_letter") == 2, "both are counted"
    )


async def test_health_follows_the_stream(shelf: Shelf) -> None:
    """A ledger that reads is ready, one that was stopped is not."""
    await shelf.publish(enriched("a", {"speaker": "Ann Lee"}))
    keeping = shelf.start()
    await shelf.caught_up()
    await shelf.eventually(lambda: not any(each.fails for each in keeping.parts.ledger.checks()), "ready")
    assert [each.name for each in keeping.parts.ledger.checks()] == ["ledger", "ledger-poll", "ledger-group"]
    await keeping.stop()
    assert keeping.parts.ledger.checks()[0].status is HealthStatus.FAIL


async def rebuilt(shelf: Shelf, **options: Any) -> Rebuilt:
    """Rebuild the tables from the topic."""
    return await rebuild(shelf.settings.ledger, shelf.settings.kafka, **{"forget_expired": False} | options)


async def test_a_rebuild_reads_the_topic_anew_under_a_running_ledger(shelf: Shelf) -> None:
    """What was changed by hand is as the topic has it again, and the ledger that ran meanwhile goes on."""
    await shelf.publish(*history(100, seed=6))
    shelf.start(max_events=10)
    await shelf.caught_up()
    with shelf.database.writing() as opened:
        opened.execute(update(claims).values(text="Somebody was here."))
    assert (await rebuilt(shelf)).records == 100
    assert shelf.state() == expected(shelf.log)
    await shelf.publish(*history(50, seed=7))
    await shelf.caught_up()
    assert shelf.state() == expected(shelf.log)


async def test_a_rebuild_keeps_what_was_corrected(shelf: Shelf) -> None:
    """Who was merged stays so in the tables that are made anew, and in what a running ledger writes into them."""
    await shelf.publish(enriched("a", {"speaker": "Ann Lee"}), enriched("b", {"speaker": "Anna Lee"}))
    shelf.start()
    await shelf.caught_up()
    with shelf.database.writing() as opened:
        ann, anna = (found[0].id for name in ("Ann", "Anna L") if (found := correct.found(opened, name, most=1)))
        correct.merge(opened, ann, [anna])
    await rebuilt(shelf)
    await shelf.publish(enriched("c", {"speaker": "Anna Lee"}))
    await shelf.caught_up()
    with shelf.database.transaction() as opened:
        assert set(opened.execute(select(entities.c.canonical_id)).scalars()) == {ann}
        assert len(correct.made(opened)) == 1


async def test_a_rebuild_begins_on_no_tables_and_loses_nothing_unasked(shelf: Shelf) -> None:
    """Articles of a topic that is no more are only given up where that was said."""
    Store(shelf.database).write(
        Log(topic="another", partition=0), after=None, position=1, messages=[record(enriched("old"), offset=0)]
    )
    await shelf.publish(*history(30, seed=8))
    with pytest.raises(ConfigurationError, match="1 articles"):
        await rebuilt(shelf)
    await rebuilt(shelf, forget_expired=True)
    assert shelf.state() == expected(shelf.log)


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL that the test may stop."""
    with Postgres() as server:
        yield server


async def test_a_database_that_went_away_is_waited_for(bench: Any, own_postgres: Postgres) -> None:
    """While PostgreSQL is down the ledger says so and keeps its place; once it is back, everything is held, once."""
    settings = LedgerSettings(url=SecretStr(own_postgres.url))
    migrate(database := Database(settings))
    database.close()
    shelf = Shelf(bench.kafka, settings)
    try:
        told = history(200, seed=5)
        keeping = shelf.start(max_events=4)
        await shelf.publish(*told[:100])
        await shelf.caught_up()
        own_postgres.stop(signal.SIGKILL)
        await shelf.publish(*told[100:])
        failing = keeping.parts.stream
        await shelf.eventually(
            lambda: keeping.value("claimwire_ledger_transactions_total", result="ledger-unavailable") > 0, "it is told"
        )
        assert "does not answer" in str([lane.problem for lane in failing._lanes.values()])
        own_postgres.start()
        await shelf.caught_up()
        assert shelf.state() == expected(shelf.log)
    finally:
        await shelf.close()


def test_the_role_serves_health_and_metrics(start_service: Callable[..., Any], tmp_path: Path) -> None:
    """`serve --role ledger` is ready without a model, counts, and drains on SIGTERM."""
    url = f"sqlite:///{tmp_path}/ledger.db"
    migrate(Database(LedgerSettings(url=SecretStr(url))))
    service = start_service(role="ledger", CLAIMWIRE_LEDGER__URL=url, CLAIMWIRE_MODEL__DIRECTORY="/nonexistent")
    assert b"claimwire_ledger_events_total" in service.ask("GET", "/metrics")[1]
    assert json.loads(service.ask("GET", "/health")[1])["checks"]["ledger"][0]["status"] == "pass"
    assert service.ask("POST", "/v1/articles", b'{"id": "a", "body": "Some text."}')[0] == 501
    assert service.terminate() == 0


async def test_a_role_without_a_database_is_refused() -> None:
    """The role `ledger` says which setting it needs."""
    with pytest.raises(ConfigurationError, match="CLAIMWIRE_LEDGER__URL"):
        await serve(Settings(), Lifecycle(), role="ledger")


async def test_a_newer_database_ends_the_service(tmp_path: Path) -> None:
    """A service that finds tables of a later version ends with a sentence that says so, brokers or not."""
    settings = LedgerSettings(url=SecretStr(f"sqlite:///{tmp_path}/ledger.db"))
    database = Database(settings)
    migrate(database)
    with database.writing() as opened:
        opened.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(ConfigurationError, match="a newer claimwire made it"):
        await serve(Settings(ledger=settings, api=ApiSettings(port=0)), Lifecycle(), role="ledger")
