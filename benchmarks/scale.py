"""How the service scales: workers on one machine with a model that answers at once, and the real model on one core.

usage: python -m benchmarks scale [--workers 1,2,4,8] [--articles N] [--partitions N] [--model DIR | --no-model]

The first figure is the cost of Kafka, transactions, decoding, segmenting and encoding: N copies of the example article
are in the input topic, the workers start, and the rate is measured between 20% and 90% of the committed events, so that
neither joining nor the end counts. Broker and workers share the machine's cores, so the CPU time of the workers is
printed as well (including their start): unlike rates, it is comparable on a busy machine. The second figure is the
whole pipeline with the real model on one thread, by CPU time. The plan that is printed follows from both: what ten
million articles per day need. Prints one JSON object to stdout.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from service.analysis.pipeline import Pipeline
from service.core.article import Article, Outcome
from service.core.document import Document
from service.core.message import Message
from service.core.model import (
    Candidate,
    Floats,
    Ints,
    Links,
    Model,
    ModelInfo,
    Pairs,
    Reading,
    StanceQuestion,
    Tagged,
    Tokens,
)
from service.core.references import Referee, Reference, ReferenceQuestion
from service.core.span import Span
from service.inference import windows
from service.inference.artifact import load_model
from service.inference.threads import available
from service.inference.weighing import weigh
from service.inference.windows import Encoded
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings, ModelSettings, Settings, TopicSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.consume.stream import Stream
from service.telemetry.logs import configure_logging
from service.telemetry.metrics import Metrics
from service.wire import codec, dead_letter
from service.worker.worker import Worker

_ROOT = Path(__file__).resolve().parent.parent
_SAMPLE = json.loads((_ROOT / "schemas" / "examples" / "article.json").read_text(encoding="utf-8"))
_PATIENCE = 300.0  # seconds for one round
_STEADY = (0.2, 0.9)
_PER_DAY = 10_000_000
_PEAK = 3.0  # ratio of the busiest hour to the day's mean: news comes in the morning and in the evening
_IN_USE = 0.7  # utilization of a core: above it, the loss of one node makes the rest fall behind
_WORKER_CORES = 2  # as deploy/k8s gives a worker


class _NobodyAsks:
    """A referee for articles without claims."""

    def refer(self, question: ReferenceQuestion) -> Reference:
        """Refuse: without a claim there is nothing to ask."""
        raise AssertionError(question)


class InstantModel:
    """A model that finds nothing, at once."""

    info = ModelInfo(name="instant", version="1", sha256="0" * 64)
    window = 512

    def tokenize(self, texts: Sequence[str]) -> Sequence[Tokens]:
        """Return one token per text."""
        return [
            Tokens(ids=np.ones(1, np.int64), start=np.zeros(1, np.int64), end=np.full(1, len(text))) for text in texts
        ]

    def encode(self, windows: Sequence[Ints]) -> Sequence[Encoded]:
        """Nothing but zeros."""
        return [
            Encoded(hidden=np.zeros((len(window), 1), np.float32), tags=np.zeros((len(window), 1), np.float32))
            for window in windows
        ]

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
        none = Pairs.of_table(np.zeros((0, 0), np.float32))
        return Links(content_cue=none, content_source=none, source_cue=none, content_content=none)

    def references(self, reading: Reading) -> Referee:
        """Return nobody who could be asked: there is no claim."""
        del reading
        return _NobodyAsks()

    def worth(self, reading: Reading, spans: Sequence[Span]) -> Floats:
        """Find nothing worth checking."""
        del reading
        return np.zeros(len(spans), np.float32)

    def stance(self, reading: Reading, questions: Sequence[StanceQuestion]) -> Floats:
        """Take no side."""
        del reading
        return np.full((sum(len(question.targets) for question in questions), 3), 1 / 3, np.float32)

    def weigh(self, candidates: Sequence[Candidate]) -> Floats:
        """Leave the answers as they are."""
        return weigh(candidates, {})

    def topics(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """Take no side here either."""
        return np.full((len(pairs), 3), 1 / 3, np.float32)


async def work() -> None:
    """Be one worker of the group that the environment names, until killed."""
    settings, model = Settings.load(), InstantModel()
    configure_logging(level="ERROR")
    pipeline, metrics, topics = Pipeline(model=model), Metrics(), settings.kafka.topics

    async def process(articles: Sequence[Article]) -> list[Outcome]:
        return await asyncio.to_thread(pipeline.process, articles)

    worker = Worker(
        stream=Stream(settings=settings.kafka, limits=settings.worker, metrics=metrics),
        process=process,
        decode=partial(codec.decode, max_bytes=settings.kafka.max_message),
        encode=lambda outcome, cause: codec.encode(outcome, cause=cause, models=[model.info], topic=topics.enriched),
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=topics.dead_letter, group=settings.kafka.group, attempts=attempts
        ),
        settings=settings.worker,
        metrics=metrics,
    )
    await worker.run()


async def around_the_model(brokers: str, *, workers: int, articles: int, partitions: int) -> dict[str, float]:
    """Return the articles per second of a group of workers."""
    tag = uuid.uuid4().hex[:6]
    topics = TopicSettings(articles=f"in-{tag}", enriched=f"out-{tag}", dead_letter=f"dead-{tag}")
    await ensure_topics(KafkaSettings(bootstrap_servers=brokers, topics=topics), partitions=partitions)
    await _fill(brokers, topics.articles, articles)
    environment = {
        "CLAIMWIRE_KAFKA__BOOTSTRAP_SERVERS": brokers,
        "CLAIMWIRE_KAFKA__GROUP": f"scale-{tag}",
        "CLAIMWIRE_KAFKA__TOPICS__ARTICLES": topics.articles,
        "CLAIMWIRE_KAFKA__TOPICS__ENRICHED": topics.enriched,
        "CLAIMWIRE_KAFKA__TOPICS__DEAD_LETTER": topics.dead_letter,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    used = _processor_time()
    group = [_start(environment, number) for number in range(workers)]
    try:
        times = await _committed(brokers, topics.enriched, articles)
    finally:
        for each in group:
            each.kill()
            each.wait()
    first, last = (times[int(share * (len(times) - 1))] for share in _STEADY)
    return {
        "workers": workers,
        "articles_per_second": round((_STEADY[1] - _STEADY[0]) * articles / (last - first), 1),
        "processor_ms_per_article": round((_processor_time() - used) / articles * 1_000, 2),
    }


def _processor_time() -> float:
    """Return the CPU seconds of child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _start(environment: Mapping[str, str], number: int) -> subprocess.Popen[bytes]:
    own = {"CLAIMWIRE_KAFKA__INSTANCE_ID": f"worker-{number}"}
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.scale", "--be-a-worker"],
        cwd=_ROOT,
        env=os.environ | environment | own,
        stdout=subprocess.DEVNULL,
    )


async def _fill(brokers: str, topic: str, articles: int) -> None:
    async with AIOKafkaProducer(bootstrap_servers=brokers, linger_ms=20, acks=1) as producer:
        sent = []
        for number in range(articles):
            article_id = f"urn:example:{number}"
            value = json.dumps(_SAMPLE | {"id": article_id}).encode()
            sent.append(await producer.send(topic, value, key=article_id.encode()))
        await asyncio.gather(*sent)


async def _committed(brokers: str, topic: str, articles: int) -> list[float]:
    """Return when each event was written, in seconds, ascending; reads rarely, to keep the workers undisturbed."""
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=brokers, isolation_level="read_committed", auto_offset_reset="earliest"
    )
    times: list[float] = []
    async with consumer, asyncio.timeout(_PATIENCE):
        while len(times) < articles:
            await asyncio.sleep(1)
            for records in (await consumer.getmany(timeout_ms=500)).values():
                times.extend(record.timestamp / 1_000 for record in records)
    return sorted(times)


def on_one_core(directory: Path, seconds: float) -> dict[str, float]:
    """Measure decoding, pipeline and encoding with the real model on one thread, by CPU time."""
    model = load_model(directory, threads=1)
    plain = {name: value for name, value in _SAMPLE.items() if name != "topics"}
    return {
        "articles_per_second_per_core": _rate(model, plain, seconds),
        "articles_per_second_per_core_with_topics": _rate(model, _SAMPLE, seconds),
        "words_per_article": len(_SAMPLE["body"].split()),
        "topics_per_article": len(_SAMPLE.get("topics", ())),
    }


def _rate(model: Model, article: Mapping[str, object], seconds: float) -> float:
    pipeline = Pipeline(model=model)
    messages = [
        Message(topic="articles", key=None, value=json.dumps({**article, "id": f"urn:example:{number}"}).encode())
        for number in range(16)
    ]

    def once() -> None:
        articles = [codec.decode(message, max_bytes=1 << 20) for message in messages]
        outcomes = pipeline.process([each for each in articles if isinstance(each, Article)])
        for outcome, message in zip(outcomes, messages, strict=True):
            codec.encode(outcome, cause=message, models=[model.info], topic="articles.enriched")  # type: ignore[arg-type]

    once()
    began, done = time.process_time(), 0
    while time.process_time() - began < seconds:
        once()
        done += len(messages)
    return round(done / (time.process_time() - began), 2)


def plan(per_core: float, around_ms: float) -> dict[str, float]:
    """Return what ten million articles per day need, from the model's rate on a core and the other time per article."""
    mean = _PER_DAY / 86_400
    core = 1 / (1 / per_core + around_ms / 1_000)
    each = core * _WORKER_CORES * _IN_USE
    workers = int(np.ceil(mean * _PEAK / each))
    return {
        "articles_per_second_mean": round(mean, 1),
        "articles_per_second_peak": round(mean * _PEAK, 1),
        "articles_per_second_per_worker": round(each, 1),
        "workers": workers,
        "cores": workers * _WORKER_CORES,
        "partitions": int(np.ceil(workers * 1.5 / 12) * 12),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks scale", description=__doc__)
    parser.add_argument("--workers", default="1,2,4,8", help="how many at once, by round")
    parser.add_argument("--articles", type=int, default=8_000, help="in one round")
    parser.add_argument("--partitions", type=int, default=16)
    parser.add_argument("--model", type=Path, default=ModelSettings().directory)
    parser.add_argument("--no-model", action="store_true", help="leave the real model out")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the model is timed")
    parser.add_argument("--be-a-worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.be_a_worker:
        asyncio.run(work())
        return
    configure_logging(level="WARNING")
    found: dict[str, object] = {"cores": available(), "articles": options.articles, "partitions": options.partitions}
    rounds: list[dict[str, float]] = []
    with LocalKafka() as kafka:
        for workers in map(int, options.workers.split(",")):
            measure = around_the_model(
                kafka.bootstrap(), workers=workers, articles=options.articles, partitions=options.partitions
            )
            rounds.append(asyncio.run(measure))
            print(rounds[-1], file=sys.stderr)
    found["without_model"] = rounds
    if not options.no_model:
        found["model"] = alone = on_one_core(options.model, options.seconds)
        found["plan"] = plan(alone["articles_per_second_per_core"], rounds[-1]["processor_ms_per_article"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
