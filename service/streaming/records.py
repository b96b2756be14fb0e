"""From aiokafka's record to a message of ours."""

from typing import Any

from service.core.message import Message
from service.streaming.record_batches import Unreadable


def message_of(record: Any) -> Message:
    """Return an aiokafka `ConsumerRecord` as a message."""
    unreadable = isinstance(record.value, Unreadable)
    return Message(
        topic=record.topic,
        key=record.key,
        value=None if unreadable else record.value,
        headers=tuple(record.headers),
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        unreadable=unreadable,
    )
