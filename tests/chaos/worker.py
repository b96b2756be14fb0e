"""A worker process for the chaos suite: the real stream, codec and pipeline, under a model that answers at once.

Beside settings from the environment it takes faults from files in `CHAOS_DIRECTORY`, so that the suite can place them:
`slow-commit-INSTANCE` holds seconds that each transaction waits before its commit. `CHAOS_BUILD` chooses a build:
`sound`, or one of the deliberately broken ones that the checker must find out. `CHAOS_MODEL=real` runs the model that
is shipped in place of the instant one.
"""

import asyncio
import contextlib
import os
import secrets
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from aiokafka import AIOKafkaProducer, TopicPartition

from service.analysis.pipeline import Pipeline
from service.core.article import Article, Enriched, Outcome, Retracted, Skipped
from service.core.document import Document
from service.core.message import Message
from service.core.model import (
    Candidate,
    Floats,
    Ints,
    Links,
    ModelInfo,
    Pairs,
    Reading,
    StanceQuestion,
    Tagged,
    Tokens,
)
from service.core.span import Span
from service.inference import windows
from service.inference.artifact import load_model
from service.inference.weighing import weigh
from service.inference.windows import Encoded
from service.settings import KafkaSettings, Settings
from service.streaming.consume import sink as sinks
from service.streaming.consume.group_offset import committed_offset, coordinator_of
from service.streaming.consume.partition import Lane
from service.streaming.consume.stream import Stream
from service.streaming.producers import open_producer
from service.telemetry.logs import configure_logging, logger
from service.telemetry.metrics import Metrics
from service.wire import codec, dead_letter
from service.worker.worker import Worker
from tests.referees import Author

FROM = "chaos-from"  # header of an event: partition and offset of the record that it came of
TOO_LARGE = "TOO LARGE"  # in a title: the event grows beyond what the broker takes
POISON = "POISON"  # in a title: processing raises, each time
LARGE_BYTES = 700_000

_log = logger("chaos")


class InstantModel:
    """A model that finds nothing, at once: what is under test is everything around it."""

    def __init__(self) -> None:
        self.info = ModelInfo(name="instant", version="1", sha256="0" * 64)
        self.window = 512

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """One token a text."""
        return [
            Tokens(ids=_ints(1), start=_ints(0), end=_ints(len(text)))
            if text
            else Tokens(ids=_ints(), start=_ints(), end=_ints())
            for text in texts
        ]

    def encode(self, windows: Sequence[Ints]) -> Sequence[Encoded]:
        """Nothing but zeros."""
        return [Encoded(hidden=_zeros(len(window), 4), tags=_zeros(len(window), 4)) for window in windows]

    def read(self, documents: Sequence[Document]) -> Iterator[Reading]:
        """Read by windows, as the real model does."""
        return windows.read(self, documents)

    def spans(self, reading: Reading) -> Tagged:
        """Find no span."""
        del reading
        return Tagged(sources=(), cues=(), contents=(), boilerplate=(), entities=())

    def link(self, reading: Reading, tagged: Tagged) -> Links:
        """Link nothing."""
        del reading, tagged
        none = Pairs.of_table(_zeros(0, 0))
        return Links(content_cue=none, content_source=none, source_cue=none, content_content=none)

    def references(self, reading: Reading) -> Author:
        """Nobody is asked for: there is no claim."""
        del reading
        return Author()

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Find nothing worth checking."""
        del reading
        return np.zeros(len(spans), dtype=np.float32)

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Take no side."""
        del reading
        return _zeros(sum(len(question.targets) for question in questions), 3)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Leave the answers as they are."""
        return weigh(candidates, {})

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Take no side."""
        return _zeros(len(pairs), 3)


def _ints(*values: int) -> Ints:
    return np.array(values, dtype=np.int64)


def _zeros(*shape: int) -> Floats:
    return np.zeros(shape, dtype=np.float32)


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
    kafka = settings.kafka
    configure_logging(level="INFO", form="json")
    slow_down_commits(Path(os.environ["CHAOS_DIRECTORY"]), kafka)
    metrics = Metrics()
    model = load_model(settings.model.directory) if os.environ.get("CHAOS_MODEL") == "real" else InstantModel()
    pipeline = Pipeline(model=model)

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        if any(article.title == POISON for article in articles):
            raise ValueError(POISON)
        return await asyncio.to_thread(pipeline.process, articles)

    def encode(outcome: Enriched | Retracted | Skipped, message: Message) -> Message:
        written = codec.encode(outcome, cause=message, model=model.info, topic=kafka.topics.enriched)
        origin = (FROM, f"{message.partition}:{message.offset}".encode())
        if outcome.article.title == TOO_LARGE:
            written = replace(written, value=secrets.token_bytes(LARGE_BYTES))
        return replace(written, headers=(*written.headers, origin))

    running = stream(settings, metrics, os.environ.get("CHAOS_BUILD", "sound"))
    worker = Worker(
        stream=running,
        process=process,
        decode=partial(codec.decode, max_bytes=kafka.max_message),
        encode=encode,
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=kafka.topics.dead_letter, group=kafka.group, attempts=attempts
        ),
        settings=settings.worker,
        metrics=metrics,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.stop)
    try:
        await worker.run()
    finally:
        await running.close()
        _log.info("chaos.left")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
