"""A record as it lies in Kafka, or as it will."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A record as it lies in Kafka, or as it will: bytes and headers, no client's types.

    `partition`, `offset` and `timestamp` (milliseconds since the epoch) are set on what was read, not on what is to be
    written. A `value` of None is a tombstone; a header may have no value either, which is not an empty one.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...] = ()
    partition: int | None = None
    offset: int | None = None
    timestamp: int | None = None

    def header(self, name: str) -> bytes | None:
        """Return the last value of the header `name` (Kafka allows repeats); None where it is absent or null."""
        return next((value for key, value in reversed(self.headers) if key == name), None)
