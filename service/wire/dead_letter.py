"""The dead letter: the original record, untouched, and in headers why it is here.

Header names are Spring Kafka's (`kafka_dlt-*`, `DeadLetterPublishingRecoverer`) where it has one, so that its tools and
people's habits work; numbers are big-endian, as Spring writes them. Ours begin with `claimwire-`.
"""

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import Final

from service.core.article import Rejected
from service.core.message import Message

TOPIC: Final = "kafka_dlt-original-topic"
PARTITION: Final = "kafka_dlt-original-partition"  # int32
OFFSET: Final = "kafka_dlt-original-offset"  # int64
TIMESTAMP: Final = "kafka_dlt-original-timestamp"  # int64, milliseconds since the epoch
GROUP: Final = "kafka_dlt-original-consumer-group"
MESSAGE: Final = "kafka_dlt-exception-message"
CODE: Final = "claimwire-error-code"
FIELD: Final = "claimwire-error-field"
ATTEMPTS: Final = "claimwire-attempts"  # int32
REPLAYS: Final = "claimwire-replays"  # int32; on a record that was replayed, for whoever looks at it: never read by us
REPLAYED: Final = "claimwire-replayed"  # of a marker: the offset, in the same partition, of the letter that it is for …
REPLAYED_TO: Final = "claimwire-replayed-to"  # … and the place that its record was written to: `topic/partition/offset`
OMITTED: Final = "claimwire-value-sha256"  # set when the value was too large even for the dead-letter topic

_OURS: Final = frozenset(
    {TOPIC, PARTITION, OFFSET, TIMESTAMP, GROUP, MESSAGE, CODE, FIELD, ATTEMPTS}
    | {REPLAYS, REPLAYED, REPLAYED_TO, OMITTED},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A dead letter as it is read back: the record it was made of, and why."""

    original: Message
    code: str
    message: str
    attempts: int
    partition: int
    offset: int
    timestamp: int


def bury(message: Message, rejected: Rejected, *, topic: str, group: str, attempts: int = 1) -> Message:
    """Return the dead letter for `message`, to be written to `topic`.

    Key, value and headers are kept byte for byte, except for headers with our names: they are set by us alone, whether
    an earlier dead letter or a stranger wrote them. Where key and value are both null the value becomes empty, since no
    producer of ours writes such a record.
    """
    kept = tuple((name, value) for name, value in message.headers if name not in _OURS)
    told = [
        (TOPIC, message.topic.encode()),
        (PARTITION, struct.pack(">i", message.partition or 0)),
        (OFFSET, struct.pack(">q", message.offset or 0)),
        (TIMESTAMP, struct.pack(">q", message.timestamp or 0)),
        (GROUP, group.encode()),
        (CODE, rejected.code.encode()),
        (MESSAGE, rejected.message.encode(errors="replace")),
        (ATTEMPTS, struct.pack(">i", attempts)),
    ]
    if rejected.field is not None:
        told.append((FIELD, rejected.field.encode(errors="replace")))
    value = b"" if message.key is None and message.value is None else message.value
    return Message(topic=topic, key=message.key, value=value, headers=(*kept, *told))


def strip(letter: Message) -> Message:
    """Return the dead letter without its value, for one that no topic takes; the value's digest says what it was."""
    digest = hashlib.sha256(letter.value or b"").hexdigest()
    return replace(letter, value=b"", headers=(*letter.headers, (OMITTED, digest.encode())))


def reduce(letter: Message) -> Message:
    """Return the dead letter without key and headers of the record, for one that is too large with them."""
    return replace(letter, key=None, headers=tuple((name, value) for name, value in letter.headers if name in _OURS))


def exhume(letter: Message) -> DeadLetter | None:
    """Read a dead letter back; None when the record is not one of ours."""
    topic, code = letter.header(TOPIC), letter.header(CODE)
    if topic is None or code is None:
        return None
    try:
        origin = topic.decode()
    except UnicodeDecodeError:
        return None
    headers = tuple((name, value) for name, value in letter.headers if name not in _OURS)
    return DeadLetter(
        original=Message(topic=origin, key=letter.key, value=letter.value, headers=headers),
        code=code.decode(errors="replace"),
        message=(letter.header(MESSAGE) or b"").decode(errors="replace"),
        attempts=_number(">i", letter.header(ATTEMPTS)),
        partition=_number(">i", letter.header(PARTITION)),
        offset=_number(">q", letter.header(OFFSET)),
        timestamp=_number(">q", letter.header(TIMESTAMP)),
    )


def revive(letter: DeadLetter, *, replays: int, topic: str | None = None) -> Message:
    """Return the record to be written for the `replays`th time: original key, value and headers, and that number."""
    headers = (*letter.original.headers, (REPLAYS, struct.pack(">i", replays)))
    return replace(letter.original, topic=topic or letter.original.topic, headers=headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a marker says: the letter at `offset` of the marker's partition was written to this place.

    The place shows how often a letter was replayed: the next letter came from there. The record itself
    cannot say it, since anybody may write any header to the input topic.
    """

    offset: int
    topic: str
    partition: int
    to: int


def mark(done: Replayed, *, topic: str, partition: int, key: bytes | None) -> Message:
    """Return the marker, to be written beside the letter in one transaction with the record."""
    place = f"{done.topic}/{done.partition}/{done.to}"
    headers = ((REPLAYED, str(done.offset).encode()), (REPLAYED_TO, place.encode()))
    return Message(topic=topic, partition=partition, key=key, value=b"", headers=headers)


def read_mark(record: Message) -> Replayed | None:
    """Read a marker back; None when the record is not one. A letter never is, whatever its headers are."""
    offset, place = record.header(REPLAYED), record.header(REPLAYED_TO)
    if offset is None or place is None or exhume(record) is not None:
        return None
    try:
        topic, partition, to = place.decode().rsplit("/", 2)
        return Replayed(offset=int(offset), topic=topic, partition=int(partition), to=int(to))
    except ValueError:
        return None


def _number(form: str, value: bytes | None) -> int:
    if value is None or len(value) != struct.calcsize(form):
        return 0
    return int(struct.unpack(form, value)[0])
