"""A record as it lies in Kafka, or as it will."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A record as it lies in Kafka, or as it will: bytes and headers, no client's types.

    `partition`, `offset` and `timestamp` (milliseconds since the epoch) are set on what was read, not on what is to be
    written. A `value` of None is a tombstone; a header may have no value either, which is not an empty one.
    Of an `unreadable` record nothing is known but where it lies: its batch in the log is damaged.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None
    offset: int | None = None
    timestamp: int | None = None
    unreadable: bool = False

    def header(self, name: str) -> bytes | None:
        """Return the last value of the header `name` (Kafka allows repeats); None where it is absent or null."""
        return next((value for key, value in reversed(self.headers) if key == name), None)


def time_of(timestamp: int) -> datetime | None:
    """Return the time of a record's `timestamp`, or None for one outside the years 1 to 9999.

    Brokers take any 64 bits from a producer: microseconds in place of milliseconds already lie beyond.
    """
    try:
        return _EPOCH + timedelta(milliseconds=timestamp)
    except OverflowError:
        return None


def nearest_time_of(timestamp: int) -> datetime:
    """Return the time of a record's `timestamp`; for one outside the years 1 to 9999, the nearest within."""
    bound = datetime.min.replace(tzinfo=UTC) if timestamp < 0 else datetime.max.replace(tzinfo=UTC)
    return time_of(timestamp) or bound
