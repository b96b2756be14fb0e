"""Topics whose size limit is lower than what the worker may write: told at the start, and survived later on."""

import asyncio
import random
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from service.core.article import Article, ArticleId, Rejected
from service.core.errors import ConfigurationError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.wire.dead_letter import OFFSET, OMITTED
from tests.progress import Progress

pytestmark = pytest.mark.anyio


async def limit(settings: KafkaSettings, topic: str, size: int) -> None:
    """Let a topic take records of so many bytes at most; return once its broker knows."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        small = {"max.message.bytes": str(size)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs=small)])
        progress = Progress()
        while f"'{size}'" not in str(await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])):
            progress.check(None, f"max.message.bytes {size} of {topic}")
            await asyncio.sleep(0.05)
    finally:
        await admin.close()


def read(message: Message) -> Article | Rejected:
    """Refuse what begins with "bad"."""
    value = message.value or b""
    return Rejected(code="bad", message="No.") if value.startswith(b"bad") else Article(id=ArticleId("k"), body="b")


@pytest.mark.parametrize("which", ["enriched", "dead_letter"])
async def test_a_topic_with_too_low_a_limit_is_told_at_the_start(benches: Any, which: str) -> None:
    """The worker takes nothing, and says which topic takes how much; once the limit is raised, it goes on by itself."""
    bench = await benches(partitions=1)
    topic = getattr(bench.kafka.topics, which)
    await limit(bench.kafka, topic, bench.kafka.max_message)
    await bench.publish([b"x"], keys=1)
    running = bench.worker()
    await bench.eventually(lambda: "max.message.bytes" in str(running.stream.checks()[1].detail), "it is told")
    assert f"{topic} takes records of {bench.kafka.max_message} bytes" in str(running.stream.checks()[1].detail)
    assert not running.ready()
    assert running.committed() == 0
    await ensure_topics(bench.kafka)
    await bench.enriched(1)
    await bench.eventually(running.ready, "ready")


async def test_a_letter_that_its_topic_never_takes_is_cut_until_it_is_taken(benches: Any) -> None:
    """A letter still too large without its value loses the record's key and headers; the next record has its turn."""
    bench = await benches(partitions=1)
    running = bench.worker(decode=read)
    await bench.eventually(running.ready, "ready")
    await limit(bench.kafka, bench.kafka.topics.dead_letter, 4_096)
    noise = random.Random(7).randbytes(20_000)  # noqa: S311  # what does not compress
    await bench.publish([b"bad"], keys=1, headers=[("large", noise)])
    await bench.publish([b"bad" + noise], keys=1)
    await bench.publish([b"good"], keys=1)
    await bench.enriched(1)
    first, second = await bench.dead(2)
    assert (first.value, [name for name, _ in first.headers if name == "large"]) == (b"", [])
    assert (second.key, second.value) == (b"k0", b"")
    assert [dict(each.headers)[OFFSET][-1] for each in (first, second)] == [0, 1]
    assert all(dict(each.headers)[OMITTED] for each in (first, second))
    await bench.eventually(lambda: running.committed() == 3, "counted")
    assert running.metrics.registry.get_sample_value("claimwire_dead_letters_total", {"code": "bad"}) == 2


async def test_a_topic_that_takes_no_letter_at_all_ends_the_worker(benches: Any) -> None:
    """It does not try for ever: it ends with a sentence that names the topic, and commits nothing."""
    bench = await benches(partitions=1)
    running = bench.worker(decode=read)
    await bench.eventually(running.ready, "ready")
    await limit(bench.kafka, bench.kafka.topics.dead_letter, 100)
    await bench.publish([b"bad"], keys=1)
    with pytest.raises(ConfigurationError, match=bench.kafka.topics.dead_letter):
        await asyncio.wait_for(asyncio.shield(running.task), 60)
    assert set((await bench.committed()).values()) == {None}
