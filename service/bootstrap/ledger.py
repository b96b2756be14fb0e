"""The ledger, put together: a stream over the output topic, a store, and the loop between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from service.ledger import schema
from service.ledger.consumer import Ledger
from service.ledger.database import Database
from service.ledger.store import Store, Written
from service.settings import KafkaSettings, Settings, WorkerSettings
from service.shutdown import supervised
from service.streaming.consume.stored_sink import StoredSink
from service.streaming.consume.stream import Stream
from service.telemetry.metrics import LedgerMetrics, Metrics

_LINGER: Final = 0.2  # seconds that a poll waits for events; nobody waits for a row as for an answer
_GROUP: Final = "{}-ledger"


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

    @asynccontextmanager
    async def running(self, tasks: asyncio.TaskGroup, *, drain: float) -> AsyncIterator[None]:
        """Run the ledger beside the block; at its end, finish the batch in hand, and close everything.

        A batch that takes longer than `drain` seconds is left to the database, which has it whole or not at all.
        """
        task = tasks.create_task(supervised(self.ledger.run()))
        try:
            yield
        finally:
            self.ledger.stop()
            await asyncio.wait([task], timeout=drain)
            task.cancel()
            await asyncio.wait([task])
            await self.stream.close()
            self.sink.stop()
            self.database.close()


def build_ledger(settings: Settings, metrics: Metrics, *, essential: bool) -> LedgerParts:
    """Return the parts of a ledger; nothing is connected yet.

    Args:
        settings: `ledger.url` names the database.
        metrics: Where it counts; its own figures are registered there too.
        essential: See `Ledger`.

    Raises:
        ConfigurationError: no database is named, or of no supported kind.
    """
    counted = LedgerMetrics(metrics.registry)
    database = Database(settings.ledger)
    kafka = ledger_kafka(settings)

    def refused(code: str) -> None:
        counted.events.labels("dead_letter").inc()
        metrics.dead_letters.labels(code).inc()

    sink = StoredSink(
        kafka,
        store=Store(database),
        deadline=2 * settings.ledger.timeout,  # to wait for another writer, and to write
        on_written=lambda written: counted.wrote(rows=written.rows, events=written.events),
        on_refused=refused,
    )
    limits = WorkerSettings(
        max_articles=settings.ledger.max_events, max_bytes=settings.ledger.max_bytes, linger=_LINGER
    )
    stream = Stream(settings=kafka, limits=limits, metrics=counted, sink=sink)
    ledger = Ledger(stream=stream, prepare=partial(schema.check, database), metrics=counted, essential=essential)
    return LedgerParts(ledger=ledger, stream=stream, sink=sink, database=database)
