"""Kafka's records as messages."""

from aiokafka.structs import ConsumerRecord

from service.core.message import Message
from service.streaming.records import message_of


def test_message_of_record() -> None:
    """A record becomes a message with its place and time; a header's null value stays null."""
    record = ConsumerRecord("articles", 3, 41, 1_700_000_000_000, 0, b"k", None, None, 1, 0, (("a", b"1"), ("b", None)))
    assert message_of(record) == Message(
        topic="articles",
        key=b"k",
        value=None,
        headers=(("a", b"1"), ("b", None)),
        partition=3,
        offset=41,
        timestamp=1_700_000_000_000,
    )
