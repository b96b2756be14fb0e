"""Timestamps of records: whatever a producer wrote, nothing raises."""

import pytest

from service.api.routes.batch import decode_item
from service.core.article import Article, Rejected
from service.core.message import Message, nearest_time_of
from service.wire.codec import decode

BODY = b'{"id": "urn:a", "body": "The dam holds."}'
FAR = (1_790_000_000_000_000, 2**63 - 1, -(2**63))


@pytest.mark.parametrize("timestamp", FAR)
def test_a_timestamp_beyond_every_calendar_is_a_refusal(timestamp: int) -> None:
    """Microseconds in place of milliseconds, and the ends of 64 bits, are refused with a code and never raise."""
    found = decode(Message(topic="t", key=None, value=BODY, timestamp=timestamp), max_bytes=1_000)
    assert isinstance(found, Rejected)
    assert found.code == "bad-timestamp"
    assert isinstance(decode_item(BODY, limit=1_000, timestamp=timestamp), Rejected)
    assert nearest_time_of(timestamp).year in {1, 9999}


@pytest.mark.parametrize("timestamp", [-1, 0, 1_790_000_000_123])
def test_other_timestamps_are_taken(timestamp: int) -> None:
    """A record without a timestamp of its own (-1), and one of today, are read."""
    found = decode(Message(topic="t", key=None, value=BODY, timestamp=timestamp), max_bytes=1_000)
    assert isinstance(found, Article)
