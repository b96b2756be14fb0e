"""From aiokafka's record to a message of ours."""

from typing import Any

from service.core.message import Message


def message_of(record: Any) -> Message:
    """Return an aiokafka `ConsumerRecord` as a message."""
    return Message(
        topic=record.topic,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
    )
