"""A broker that creates any topic that a client asks about: no topic of the service is created that way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from service.api.live_view import LiveView
from service.core.errors import ClaimwireError
from service.local_kafka import LocalKafka
from service.settings import KafkaSettings
from service.streaming.admin.dead_letters import list_dead_letters
from service.streaming.admin.topics import ensure_topics
from service.streaming.client import connection
from service.streaming.http.publisher import Ingress
from service.streaming.http.tail import Tail
from service.telemetry.metrics import Metrics
from tests.integration.conftest import Bench

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def creating() -> Iterator[LocalKafka]:
    """One broker with Kafka's own default, that a question for a topic makes it."""
    with LocalKafka(properties={"auto.create.topics.enable": "true", "group.min.session.timeout.ms": "1000"}) as made:
        yield made


@pytest.fixture
async def empty(creating: LocalKafka) -> AsyncIterator[Bench]:
    """A bench without topics."""
    bench = Bench(kafka=KafkaSettings(bootstrap_servers=creating.bootstrap(), session_timeout=2.0))
    yield bench
    for running in bench.workers:
        with contextlib.suppress(Exception):
            await running.crash()


async def topics(settings: KafkaSettings) -> set[str]:
    """Return the names of all topics."""
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        return set(await admin.list_topics())
    finally:
        await admin.close()


async def test_nothing_makes_a_topic_by_asking_for_it(empty: Any) -> None:
    """Worker, ingress, live view and commands wait or say what to do; `topics ensure` lets all of them go on."""
    running = empty.worker()
    ingress = Ingress(settings=empty.kafka, queue=1, metrics=Metrics())
    await ingress.start()
    following = asyncio.create_task(
        Tail(empty.kafka, view=LiveView(max_articles=1, max_bytes=1), history=1).run(), name="tail"
    )
    try:
        for part in (running.stream, ingress):
            await empty.eventually(
                lambda part=part: any("topics ensure" in str(check.detail) for check in part.checks()), "it says so"
            )
        with pytest.raises(ClaimwireError, match="topics ensure"):
            await list_dead_letters(empty.kafka)
        assert not running.ready()
        assert {each for each in await topics(empty.kafka) if each.startswith("articles")} == set()
        await ensure_topics(empty.kafka, partitions=2)
        await empty.eventually(running.ready, "ready")
        await empty.eventually(lambda: len(running.states()) == 2, "both partitions taken")
        await empty.publish([b"x"])
        await empty.enriched(1)
    finally:
        following.cancel()
        await asyncio.wait({following})
        await ingress.stop()
