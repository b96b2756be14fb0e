"""A topic from its first record to its last."""

import time
from collections.abc import AsyncIterator
from typing import Any, Final, Literal

from aiokafka import AIOKafkaConsumer

from service.settings import KafkaSettings
from service.streaming.client import REQUEST_MS, connection, stop_consumer

_POLL_MS: Final = 500
_SILENCE: Final = 30.0  # seconds without a record after which reading counts as failed


async def whole_topic(
    settings: KafkaSettings, topic: str, *, isolation: Literal["read_committed", "read_uncommitted"]
) -> AsyncIterator[Any]:
    """Yield aiokafka's record of each record of the topic, up to where it ended when this began.

    Records of one partition come in order. `read_uncommitted` yields those of aborted transactions too.

    Raises:
        aiokafka.errors.KafkaError: no broker answered, or one refused.
        TimeoutError: nothing came for half a minute before the end was reached.
    """
    consumer = AIOKafkaConsumer(
        topic,
        **connection(settings),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
        request_timeout_ms=REQUEST_MS,
    )
    try:
        await consumer.start()
        places = consumer.assignment()
        ends = await consumer.end_offsets(places)
        heard = time.monotonic()
        while any([await consumer.position(place) < ends[place] for place in places]):
            batches = await consumer.getmany(timeout_ms=_POLL_MS)
            if batches:
                heard = time.monotonic()
            elif time.monotonic() - heard > _SILENCE:
                raise TimeoutError(f"no records of {topic}")
            for batch in batches.values():
                for record in batch:
                    yield record
    finally:
        await stop_consumer(consumer)
