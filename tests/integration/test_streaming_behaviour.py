"""The real stream, with either sink, behaves as the one that is a list."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from service.core.message import Message
from service.settings import WorkerSettings
from service.streaming.consume.stream import Stream
from service.telemetry.metrics import Metrics
from tests.behaviour.streams import Harness, StreamBehaviour

pytestmark = pytest.mark.anyio


class KafkaHarness(Harness):
    """Both ends are topics."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.stream = self.real = Stream(settings=bench.kafka, limits=WorkerSettings(), metrics=Metrics())

    async def put(self, values: Sequence[bytes]) -> None:
        """Write."""
        await self.bench.publish(values, keys=1, partition=0)

    async def outcomes(self, count: int) -> list[bytes]:
        """Read, committed."""
        return [record.value for record in await self.bench.enriched(count)]

    def addressed(self, output: Message) -> Message:
        """Name the output topic."""
        return replace(output, topic=self.bench.kafka.topics.enriched)


class TestStream(StreamBehaviour):
    """All behaviours, on a real broker."""

    @pytest.fixture(params=["exactly-once", "at-least-once"])
    async def harness(self, benches: Any, request: pytest.FixtureRequest) -> AsyncIterator[Harness]:
        """Topics of its own."""
        made = KafkaHarness(await benches(partitions=2, delivery=request.param))
        yield made
        await made.real.close()
