"""A worker process for the chaos suite: the real stream, codec and pipeline, under a model that answers at once.

Beside settings from the environment it takes faults from files in `CHAOS_DIRECTORY`, so that the suite can place them:
`slow-commit-INSTANCE` holds seconds that each transaction waits before its commit; while `broken-model` is there,
processing raises. `CHAOS_BUILD` chooses a build: `sound`, or one of the deliberately broken ones that the checker must
find out. `CHAOS_MODEL=real` runs the model of the settings in place of the instant one.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaProducer, TopicPartition

from service.core.article import Article, Outcome
from service.core.message import Message
from service.settings import KafkaSettings, Settings
from service.streaming.consume import sink as sinks
from service.streaming.consume.group_offset import committed_offset, coordinator_of
from service.streaming.consume.partition import Lane
from service.streaming.consume.stream import Stream
from service.streaming.producers import open_producer
from service.telemetry.logs import configure_logging, logger
from service.telemetry.metrics import Metrics
from service.wire import dead_letter
from service.worker.breaker import Breaker
from service.worker.worker import Worker
from tests.chaos.outcomes import POISON, Outcomes

_PROBE_SECONDS: Final = 1.0  # before the first probe of an open breaker, where the service waits for 30

_log = logger("chaos")


class OffsetsOutsideSink(sinks.TransactionalSink):
    """Broken on purpose: events in a transaction, the offset after it."""

    commit: Callable[[Lane, int], Awaitable[None]]

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """Commit twice, with room for a crash in between."""
        producer = self._producers[lane]
        await producer.begin_transaction()
        await sinks.deliver(producer, outputs, one_by_one=False)
        await producer.commit_transaction()
        await asyncio.sleep(1.0)
        await self.commit(lane, position)


class SharedIdSink(sinks.TransactionalSink):
    """Broken on purpose: one transactional id for all that a worker has, so that no new owner fences the old one."""

    async def open(self, lane: Lane) -> int | None:
        """Initialise one id a worker; lanes take turns."""
        if not self._producers:
            self._turn = asyncio.Lock()
            self._shared = await open_producer(
                self._settings,
                deadline=self._settings.commit_timeout,
                transactional_id=f"{self._settings.group}/{self._settings.instance_id}",
            )
        self._producers[lane] = self._shared
        client, group = self._shared.client, self._settings.group
        where = TopicPartition(lane.topic, lane.partition)
        found = await committed_offset(client, group, where, coordinator=await coordinator_of(client, group))
        return None if found is None else found.offset

    async def write(self, lane: Lane, outputs: Sequence[Message], position: int) -> None:
        """One transaction after the other."""
        async with self._turn:
            await super().write(lane, outputs, position)

    async def close(self, lane: Lane) -> None:
        """Keep the producer: the others may need it."""
        self._producers.pop(lane, None)


def stream(settings: Settings, metrics: Metrics, build: str) -> Stream:
    """Return the stream of the chosen build."""
    kafka, limits = settings.kafka, settings.worker
    if build == "offsets-outside":
        broken = OffsetsOutsideSink(kafka)
        made = Stream(settings=kafka, limits=limits, metrics=metrics, sink=broken)
        broken.commit = made._commit_plainly
        return made
    if build == "shared-id":
        return Stream(settings=kafka, limits=limits, metrics=metrics, sink=SharedIdSink(kafka))
    return Stream(settings=kafka, limits=limits, metrics=metrics)


def slow_down_commits(directory: Path, settings: KafkaSettings) -> None:
    """Let each commit wait as long as the fault's file says, with the transaction open."""
    flag = directory / f"slow-commit-{settings.instance_id}"
    inside = directory / f"in-commit-{settings.instance_id}"
    commit = AIOKafkaProducer.commit_transaction

    async def slowly(self: AIOKafkaProducer) -> None:
        if flag.exists():
            inside.touch()
            await asyncio.sleep(float(flag.read_text()))
        await commit(self)

    AIOKafkaProducer.commit_transaction = slowly  # type: ignore[method-assign]


async def main() -> None:
    """Work until SIGTERM."""
    settings = Settings()
    kafka, limits = settings.kafka, settings.worker
    directory = Path(os.environ["CHAOS_DIRECTORY"])
    configure_logging(level="INFO", form="json")
    slow_down_commits(directory, kafka)
    metrics = Metrics()
    outcomes = Outcomes.of(settings, real=os.environ.get("CHAOS_MODEL") == "real")
    broken = directory / "broken-model"

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        if broken.exists() or any(article.title == POISON for article in articles):
            raise ValueError(POISON)
        return await asyncio.to_thread(outcomes.pipeline.process, articles)

    running = stream(settings, metrics, os.environ.get("CHAOS_BUILD", "sound"))
    worker = Worker(
        stream=running,
        process=process,
        decode=outcomes.decode,
        encode=outcomes.encode,
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=kafka.topics.dead_letter, group=kafka.group, attempts=attempts
        ),
        settings=limits,
        metrics=metrics,
    )
    worker._breaker = Breaker(window=limits.breaker_window, share=limits.breaker_share, cooldown=_PROBE_SECONDS)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    try:
        await worker.run()
    finally:
        await running.close()
        _log.info("chaos.left")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
