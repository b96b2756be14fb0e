"""The ledger, put together: a stream over the output topic, a store, the loop between them, and couriers of matches."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from service.ledger import schema
from service.ledger.consumer import Ledger
from service.ledger.courier import Courier, by_topic, by_webhook
from service.ledger.database import Database
from service.ledger.outbox import Outbox
from service.ledger.retention import Retention
from service.ledger.store import Store, Written
from service.ledger.webhook import Webhooks
from service.settings import KafkaSettings, Settings, WorkerSettings
from service.shutdown import supervised
from service.streaming.consume.announcer import Announcer
from service.streaming.consume.stored_sink import StoredSink
from service.streaming.consume.stream import Stream
from service.telemetry.metrics import LedgerMetrics, Metrics

_LINGER: Final = 0.2  # seconds that a poll waits for events; nobody waits for a row as for an answer
_GROUP: Final = "{}-ledger"
_WEBHOOKS: Final = 16  # posted at once by one process
_RECORDS: Final = 500  # written to the topic of matches at once
_SPARE: Final = 15.0  # seconds that a lease is longer than what is done in it can take


def ledger_kafka(settings: Settings) -> KafkaSettings:
    """Return the settings of a consumer of the output topic, in the ledgers' group."""
    kafka = settings.kafka
    group = settings.ledger.group or _GROUP.format(kafka.group)
    return kafka.model_copy(
        update={"group": group, "topics": kafka.topics.model_copy(update={"articles": kafka.topics.enriched})}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerParts:
    """A ledger and what it stands on."""

    ledger: Ledger
    stream: Stream
    sink: StoredSink[Written]
    database: Database
    couriers: Sequence[Courier]
    announcer: Announcer
    retention: Retention

    @asynccontextmanager
    async def running(self, tasks: asyncio.TaskGroup, *, drain: float) -> AsyncIterator[None]:
        """Run the ledger beside the block; at its end, finish what is in hand, and close everything.

        A batch that takes longer than `drain` seconds is left to the database, which has it whole or not at all, and a
        delivery that does is made once more by another ledger.
        """
        parts: tuple[Ledger | Courier | Retention, ...] = (self.ledger, *self.couriers, self.retention)
        running = [tasks.create_task(supervised(part.run())) for part in parts]
        try:
            yield
        finally:
            for part in parts:
                part.stop()
            await asyncio.wait(running, timeout=drain)
            for task in running:
                task.cancel()
            await asyncio.wait(running)
            await self.stream.close()
            await self.announcer.close()
            await asyncio.to_thread(self.sink.stop)
            self.database.close()


def build_ledger(settings: Settings, metrics: Metrics, *, essential: bool) -> LedgerParts:
    """Return the parts of a ledger; nothing is connected yet.

    Args:
        settings: `ledger.url` names the database.
        metrics: Where it counts; its own figures are registered there too.
        essential: See `Ledger`.

    Raises:
        ConfigurationError: no database is named, or of no supported kind; or webhooks have no secret.
    """
    counted = LedgerMetrics(metrics.registry)
    database = Database(settings.ledger)
    kafka = ledger_kafka(settings)

    def refused(code: str) -> None:
        counted.events.labels("dead_letter").inc()
        metrics.dead_letters.labels(code).inc()

    announcer = Announcer(settings.kafka)
    couriers = _couriers(settings, database, announcer, counted)

    def written(done: Written) -> None:
        counted.wrote(rows=done.rows, events=done.events)
        if done.rows.get("deliveries"):
            for each in couriers:
                each.wake()

    sink = StoredSink(
        kafka,
        store=Store(database),
        deadline=2 * settings.ledger.timeout,  # to wait for another writer, and to write
        on_written=written,
        on_refused=refused,
    )
    limits = WorkerSettings(
        max_articles=settings.ledger.max_events, max_bytes=settings.ledger.max_bytes, linger=_LINGER
    )
    stream = Stream(settings=kafka, limits=limits, metrics=counted, sink=sink)
    ledger = Ledger(stream=stream, prepare=partial(schema.check, database), metrics=counted, essential=essential)
    return LedgerParts(
        ledger=ledger,
        stream=stream,
        sink=sink,
        database=database,
        couriers=couriers,
        announcer=announcer,
        retention=Retention(database, settings.ledger, counted),
    )


def _couriers(
    settings: Settings, database: Database, announcer: Announcer, metrics: LedgerMetrics
) -> tuple[Courier, ...]:
    outbox = Outbox(database, patience=settings.ledger.delivery_patience)
    webhooks = Webhooks(settings.ledger)
    return (
        Courier(
            outbox,
            way="webhook",
            carry=partial(by_webhook, webhooks.send),
            most=_WEBHOOKS,
            lease=settings.ledger.webhook_timeout + _SPARE,
            metrics=metrics,
        ),
        Courier(
            outbox,
            way="topic",
            carry=partial(by_topic, announcer.write, settings.ledger.matches_topic),
            most=_RECORDS,
            lease=settings.kafka.publish_timeout + _SPARE,
            metrics=metrics,
        ),
    )
