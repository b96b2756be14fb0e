"""The cost of Kafka: the same articles through the pipeline alone, and through topic, worker and transactions.

usage: python -m benchmarks end-to-end [--articles N] [--model DIR] [--seconds N]

Starts a local Kafka. Half of the articles go through the pipeline in this process before, and half after the run
through Kafka, so that a machine that slows down affects both. Then articles are posted through the
ingress at half the rate found, for `--seconds`, and each is timed from the post to the committed outcome's read. A
third part fills the topic with a backlog (`--backlog`, 100,000), and measures the memory of a process that works it off
with an instant pipeline. Prints one JSON object to stdout.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from service.analysis.pipeline import Pipeline
from service.core.article import Article, ArticleId, Outcome, Skipped
from service.core.message import Message
from service.core.model import ModelInfo
from service.inference.artifact import load_model
from service.local_kafka import LocalKafka
from service.settings import DEFAULT_MODEL, KafkaSettings, TopicSettings, WorkerSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.consume.stream import Stream
from service.streaming.http.publisher import Ingress
from service.telemetry.logs import configure_logging
from service.telemetry.metrics import Metrics
from service.wire import codec, dead_letter
from service.worker.worker import Worker

_ROOT = Path(__file__).resolve().parent.parent
_PARTITIONS = 4
_WORDS = 120  # of the example article in the shortest benchmark article; each takes one more, up to twice as many

Process = Callable[[Sequence[Article]], Awaitable[Sequence[Outcome]]]


def main(arguments: Sequence[str]) -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks end-to-end", description=__doc__)
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long articles are posted at half load")
    parser.add_argument("--backlog", type=int, default=0, help="records to watch memory with; 0: leave that part out")
    parser.add_argument("--model", type=Path, default=DEFAULT_MODEL)
    options = parser.parse_args(arguments)
    configure_logging(level="WARNING")
    with LocalKafka(progress=_say) as kafka:
        found: dict[str, object] = {}
        if options.articles:
            model = load_model(options.model)
            pipeline = Pipeline(model=model)
            found = asyncio.run(_measure(pipeline, model.info, kafka, options.articles, options.seconds))
        if options.backlog:
            found |= asyncio.run(_backlog(kafka, options.backlog))
    print(json.dumps(found))


async def _measure(
    pipeline: Pipeline, info: ModelInfo, kafka: LocalKafka, count: int, seconds: float
) -> dict[str, object]:
    """Time the pipeline alone, then with Kafka around it, then one article at a time."""
    limits = WorkerSettings()
    texts = _texts(count)
    articles = [Article(id=ArticleId(f"urn:benchmark:{number}"), body=text) for number, text in enumerate(texts)]
    with ThreadPoolExecutor(max_workers=1) as thread:
        loop = asyncio.get_running_loop()

        async def process(batch: Sequence[Article]) -> Sequence[Outcome]:
            return await loop.run_in_executor(thread, pipeline.process, batch)

        await process(articles[: limits.max_articles])
        half = count // 2
        alone = await _alone(process, articles[:half], limits.max_articles)
        through = await _through(process, info, kafka, articles, limits)
        alone += await _alone(process, articles[half:], limits.max_articles)
        rate = {"pipeline": count / alone.wall, "kafka": count / through.wall}
        waits = await _at_half_load(process, info, kafka, articles, limits, rate=rate["kafka"] / 2, seconds=seconds)
    cuts = statistics.quantiles(waits, n=100)
    return {
        "articles": count,
        "pipeline_articles_per_second": round(rate["pipeline"], 2),
        "kafka_articles_per_second": round(rate["kafka"], 2),
        "kafka_share": round(rate["kafka"] / rate["pipeline"], 3),
        "kafka_share_of_cpu_time": round(alone.cpu / through.cpu, 3),
        "half_load_articles": len(waits),
        "half_load_seconds_p50": round(cuts[49], 3),
        "half_load_seconds_p95": round(cuts[94], 3),
    }


@dataclass(frozen=True, slots=True)
class _Spent:
    """Wall-clock seconds, and CPU seconds of this process: the latter are fair on a shared machine."""

    wall: float
    cpu: float

    def __add__(self, other: "_Spent") -> "_Spent":
        return _Spent(self.wall + other.wall, self.cpu + other.cpu)

    @classmethod
    def since(cls, began: "_Spent") -> "_Spent":
        return cls(time.perf_counter() - began.wall, time.process_time() - began.cpu)

    @classmethod
    def now(cls) -> "_Spent":
        return cls(time.perf_counter(), time.process_time())


async def _alone(process: Process, articles: Sequence[Article], batch: int) -> _Spent:
    began = _Spent.now()
    for start in range(0, len(articles), batch):
        await process(articles[start : start + batch])
    return _Spent.since(began)


async def _through(
    process: Process, info: ModelInfo, kafka: LocalKafka, articles: Sequence[Article], limits: WorkerSettings
) -> _Spent:
    """Return the seconds from the first record taken to the last committed outcome read."""
    settings = await _topics(kafka, "through")
    await _publish(settings, articles)
    began: list[_Spent] = []

    async def timed(batch: Sequence[Article]) -> Sequence[Outcome]:
        if not began:
            began.append(_Spent.now())
        return await process(batch)

    async with _working(settings, limits, timed, info), _reading(settings) as reader:
        left = len(articles)
        while left:
            left -= sum(len(found) for found in (await reader.getmany(timeout_ms=200)).values())
        return _Spent.since(began[0])


async def _at_half_load(
    process: Process,
    info: ModelInfo,
    kafka: LocalKafka,
    articles: Sequence[Article],
    limits: WorkerSettings,
    *,
    rate: float,
    seconds: float,
) -> list[float]:
    """Post articles at `rate` per second; return the seconds from each post to its committed outcome's read."""
    settings = await _topics(kafka, "half")
    posted: dict[bytes, float] = {}
    waits: list[float] = []
    ingress = Ingress(settings=settings, queue=256, metrics=Metrics())
    await ingress.start()
    try:
        async with _working(settings, limits, process, info) as stream, _reading(settings) as reader:
            while any(check.fails for check in (*ingress.checks(), *stream.checks())):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

            async def post() -> None:
                for number in range(int(rate * seconds)):
                    message = _message(articles[number % len(articles)], settings, number)
                    posted[message.key or b""] = time.perf_counter()
                    await ingress.publish(message)
                    await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.perf_counter()))

            started = time.perf_counter()
            posting = asyncio.create_task(post())
            while not posting.done() or len(waits) < len(posted):
                for found in (await reader.getmany(timeout_ms=100)).values():
                    waits += [time.perf_counter() - posted[record.key] for record in found]
            await posting
    finally:
        await ingress.stop()
    return waits


async def _backlog(kafka: LocalKafka, count: int) -> dict[str, object]:
    """Work through `count` records of 4 kB with an instant pipeline; return the memory used, in MiB."""
    settings = await _topics(kafka, "backlog")
    info = ModelInfo(name="instant", version="1", sha256="0" * 64)
    body = "The dam holds, she said. " * 160
    for start in range(0, count, 10_000):
        numbers = range(start, min(start + 10_000, count))
        await _publish(settings, [Article(id=ArticleId(f"urn:benchmark:{number}"), body=body) for number in numbers])

    async def instant(batch: Sequence[Article]) -> Sequence[Outcome]:
        return [Skipped(article=article, reason="benchmark", detail="Nothing is read.") for article in batch]

    memory: list[float] = []
    async with _working(settings, WorkerSettings(), instant, info), _reading(settings) as reader:
        left = count
        while left:
            left -= sum(len(found) for found in (await reader.getmany(timeout_ms=200, max_records=2000)).values())
            memory.append(_resident())
    tenth = max(1, len(memory) // 10)
    return {
        "backlog_records": count,
        "backlog_mib_early": round(statistics.mean(memory[tenth : 2 * tenth]), 1),
        "backlog_mib_late": round(statistics.mean(memory[-tenth:]), 1),
        "backlog_mib_most": round(max(memory), 1),
    }


def _resident() -> float:
    """Return the memory of this process in MiB (VmRSS)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@asynccontextmanager
async def _working(
    settings: KafkaSettings, limits: WorkerSettings, process: Process, info: ModelInfo
) -> AsyncIterator[Stream]:
    """Run a worker beside the block."""
    metrics = Metrics()
    stream = Stream(settings=settings, limits=limits, metrics=metrics)
    worker = Worker(
        stream=stream,
        process=process,
        decode=partial(codec.decode, max_bytes=settings.max_message),
        encode=lambda outcome, cause: codec.encode(outcome, cause=cause, models=[info], topic=settings.topics.enriched),
        bury=lambda message, rejected, attempts: dead_letter.bury(
            message, rejected, topic=settings.topics.dead_letter, group=settings.group, attempts=attempts
        ),
        settings=limits,
        metrics=metrics,
    )
    task = asyncio.create_task(worker.run())
    try:
        yield stream
    finally:
        worker.stop()
        await task
        await stream.close()


@asynccontextmanager
async def _reading(settings: KafkaSettings) -> AsyncIterator[AIOKafkaConsumer]:
    """Read outcomes of both kinds, committed ones only."""
    reader = AIOKafkaConsumer(
        settings.topics.enriched,
        settings.topics.dead_letter,
        **connection(settings),
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=262_144,
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()


async def _topics(kafka: LocalKafka, name: str) -> KafkaSettings:
    topics = TopicSettings(articles=f"{name}.in", enriched=f"{name}.out", dead_letter=f"{name}.dead")
    settings = KafkaSettings(bootstrap_servers=kafka.bootstrap(), group=name, topics=topics)
    await ensure_topics(settings, partitions=_PARTITIONS)
    return settings


async def _publish(settings: KafkaSettings, articles: Sequence[Article]) -> None:
    producer = AIOKafkaProducer(**connection(settings), acks="all", linger_ms=5, max_batch_size=262_144)
    async with producer:
        for start in range(0, len(articles), 1000):
            sent = []
            for article in articles[start : start + 1000]:
                message = codec.encode_article(article, cause=None, topic=settings.topics.articles)
                sent.append(
                    await producer.send(
                        message.topic, value=message.value, key=message.key, headers=list(message.headers)
                    )
                )
            await asyncio.gather(*sent)


def _message(article: Article, settings: KafkaSettings, number: int) -> Message:
    fresh = Article(id=ArticleId(f"urn:benchmark:half:{number}"), body=article.body)
    return codec.encode_article(fresh, cause=None, topic=settings.topics.articles)


def _texts(count: int) -> list[str]:
    """Return texts of different lengths, cut from the example article."""
    words = json.loads((_ROOT / "schemas" / "examples" / "article.json").read_text(encoding="utf-8"))["body"].split(" ")
    texts = []
    for number in range(count):
        start = (number * 37) % (len(words) // 2)
        texts.append(" ".join(words[start : start + _WORDS + number % _WORDS]))
    return texts


def _say(line: str) -> None:
    print(line, file=sys.stderr)
