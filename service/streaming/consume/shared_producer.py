"""One producer without transactions that the lanes of a sink share."""

import asyncio

from aiokafka import AIOKafkaProducer

from service.core.errors import InfrastructureError
from service.settings import KafkaSettings
from service.streaming.consume.partition import Lane
from service.streaming.producers import dead, discard, open_producer


class SharedProducer:
    """Connected with the first lane, replaced when it died, and closed with the last one."""

    def __init__(self, settings: KafkaSettings, *, idempotent: bool) -> None:
        self._settings = settings
        self._idempotent = idempotent
        self._producer: AIOKafkaProducer | None = None
        self._lanes: set[Lane] = set()
        self._opening = asyncio.Lock()

    async def open(self, lane: Lane) -> AIOKafkaProducer:
        """Return the producer, connected.

        Raises:
            TimeoutError, aiokafka.errors.KafkaError: nobody answered, or refused.
        """
        self._lanes.add(lane)
        async with self._opening:
            if self._producer is not None and dead(self._producer):
                await discard(self._producer)
                self._producer = None
            if self._producer is None:
                deadline = self._settings.commit_timeout
                self._producer = await open_producer(self._settings, deadline=deadline, idempotent=self._idempotent)
            return self._producer

    @property
    def opened(self) -> AIOKafkaProducer:
        """The producer.

        Raises:
            InfrastructureError: it was closed.
        """
        if self._producer is None:
            raise InfrastructureError("The producer was closed.")
        return self._producer

    async def close(self, lane: Lane) -> None:
        """Let go of the lane, and of the producer with the last one."""
        self._lanes.discard(lane)
        if not self._lanes and self._producer is not None:
            producer, self._producer = self._producer, None
            await discard(producer)
