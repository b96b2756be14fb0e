"""Writes records that no transaction needs, and says which of them every in-sync replica has."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from service.core.errors import ClaimwireError
from service.core.message import Message
from service.settings import KafkaSettings
from service.streaming.client import meaning
from service.streaming.producers import dead, discard, open_producer, send


class Announcer:
    """One idempotent producer, connected with the first record and replaced when it died."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None

    async def write(self, messages: Sequence[Message]) -> list[ClaimwireError | None]:
        """Write the records; return for each why it is not known to be written, or None.

        Not to be called by several tasks at once.
        """
        deliveries: list[asyncio.Future[object] | ClaimwireError] = []
        try:
            async with asyncio.timeout(self._settings.publish_timeout):
                producer = await self._opened()
                for message in messages:
                    deliveries.append(await send(producer, message))  # noqa: PERF401  # those before a failure count
                await asyncio.wait([each for each in deliveries if isinstance(each, asyncio.Future)])
        except (KafkaError, OSError, TimeoutError) as error:
            why = meaning(error, doing="writing matches")
            await self.close()
            deliveries += [why] * (len(messages) - len(deliveries))
        return [_result(each) for each in deliveries]

    async def _opened(self) -> AIOKafkaProducer:
        if self._producer is not None and dead(self._producer):
            await self.close()
        if self._producer is None:
            self._producer = await open_producer(self._settings, deadline=self._settings.publish_timeout)
        return self._producer

    async def close(self) -> None:
        """Let go of the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await discard(producer)


def _result(delivery: "asyncio.Future[object] | ClaimwireError") -> ClaimwireError | None:
    if not isinstance(delivery, asyncio.Future):
        return delivery
    if not delivery.done() or delivery.cancelled():
        return meaning(TimeoutError(), doing="writing matches")
    error = delivery.exception()
    return None if error is None else meaning(error, doing="writing matches")
