"""Reading a topic as a consumer of committed records does."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from tests.progress import Progress


async def committed(topic: str, count: int, *, isolation_level: str = "read_committed", **connection: Any) -> list[Any]:
    """Return at least the first `count` records of a topic, and all that is behind them; fail when they do not come.

    Args:
        topic: Which one.
        count: How many are waited for.
        isolation_level: Kafka's.
        connection: Options of `AIOKafkaConsumer`: `bootstrap_servers`, and what a secured broker asks for.
    """
    records: list[Any] = []
    consumer = AIOKafkaConsumer(
        topic, **connection, auto_offset_reset="earliest", enable_auto_commit=False, isolation_level=isolation_level
    )
    async with consumer:
        progress = Progress()
        ends: dict[Any, int] = {}
        while len(records) < count or any([await consumer.position(each) < ends[each] for each in ends]):
            progress.check(len(records), f"{count} records in {topic}")
            for found in (await consumer.getmany(timeout_ms=200)).values():
                records += found
            if len(records) >= count and not ends:
                ends = await consumer.end_offsets(list(consumer.assignment()))
    return records
