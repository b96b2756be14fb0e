"""A dead letter keeps the record byte for byte, and says why it was rejected."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.core.article import Rejected
from service.core.message import Message
from service.wire.dead_letter import (
    CODE,
    MESSAGE,
    OFFSET,
    REPLAYED,
    REPLAYS,
    TOPIC,
    Replayed,
    bury,
    exhume,
    mark,
    read_mark,
    revive,
    strip,
)

HEADERS = st.lists(
    st.tuples(
        st.text(max_size=20).filter(lambda name: not name.startswith(("kafka_", "claimwire-"))),
        st.none() | st.binary(max_size=20),
    ),
    max_size=5,
)
MESSAGES = st.builds(
    Message,
    topic=st.text(min_size=1, max_size=20),
    key=st.none() | st.binary(max_size=40),
    value=st.none() | st.binary(max_size=200),
    headers=HEADERS.map(tuple),
    partition=st.integers(0, 2**31 - 1),
    offset=st.integers(0, 2**63 - 1),
    timestamp=st.integers(0, 2**62),
)
REASONS = st.builds(
    Rejected,
    code=st.from_regex(r"[a-z-]{1,30}", fullmatch=True),
    message=st.text(max_size=80),
    field=st.none() | st.text(max_size=20),
)


def letter(message: Message, rejected: Rejected) -> Message:
    """Bury."""
    return bury(message, rejected, topic="dead", group="g", attempts=3)


def kept(message: Message) -> bytes | None:
    """Return the value that a dead letter has: no producer of ours writes a record of neither key nor value."""
    return b"" if message.key is None and message.value is None else message.value


@given(MESSAGES, REASONS)
def test_what_is_buried_can_be_read_back(message: Message, rejected: Rejected) -> None:
    """Key, value, headers and every number survive; only where key and value are null the value becomes empty."""
    read = exhume(letter(message, rejected))
    assert read is not None
    assert (read.original.topic, read.original.key, read.original.value) == (message.topic, message.key, kept(message))
    assert read.original.headers == message.headers
    assert (read.partition, read.offset, read.timestamp) == (message.partition, message.offset, message.timestamp)
    assert (read.code, read.attempts) == (rejected.code, 3)


@given(MESSAGES, REASONS, st.integers(1, 4))
def test_a_replay_counts_and_keeps_everything_else(message: Message, rejected: Rejected, rounds: int) -> None:
    """Through any number of rounds the record stays what it was, with one counter that goes up."""
    record = message
    for number in range(rounds):
        read = exhume(letter(record, rejected))
        assert read is not None
        record = revive(read, replays=number + 1)
    assert int.from_bytes(record.header(REPLAYS) or b"", "big") == rounds
    assert record.headers[:-1] == message.headers
    assert (record.topic, record.key) == (message.topic, message.key)
    assert record.value == (kept(message) if rounds else message.value)


def test_names_are_springs() -> None:
    """Spring Kafka's tools find what they look for, numbers big-endian."""
    message = Message(topic="articles", key=b"k", value=b"v", partition=1, offset=258, timestamp=5)
    buried = letter(message, Rejected(code="not-json", message="No."))
    assert buried.header(TOPIC) == buried.header("kafka_dlt-original-topic") == b"articles"
    assert buried.header(OFFSET) == b"\0\0\0\0\0\0\1\2"
    assert buried.header(MESSAGE) == b"No."


def test_another_records_headers_are_no_letter() -> None:
    """A record without our headers is not taken for a dead letter."""
    assert exhume(Message(topic="dead", key=None, value=b"v", headers=(("a", b"b"),))) is None


def test_a_value_no_topic_takes_leaves_its_digest() -> None:
    """Without its value the letter still says what it was, and where it lies."""
    message = Message(topic="articles", key=b"k", value=b"v" * 10, partition=1, offset=2, timestamp=5)
    bare = strip(letter(message, Rejected(code="event-too-large", message="No.")))
    assert bare.value == b""
    assert len(bare.header("claimwire-value-sha256") or b"") == 64


OURS = st.sampled_from(
    [TOPIC, OFFSET, MESSAGE, CODE, REPLAYED, REPLAYS, "claimwire-value-sha256", "kafka_dlt-original-partition"]
)
STRANGE = st.lists(st.tuples(OURS, st.none() | st.binary(max_size=20)), min_size=1, max_size=8)


@given(MESSAGES, REASONS, STRANGE)
def test_headers_of_ours_are_set_by_us_alone(
    message: Message, rejected: Rejected, strange: list[tuple[str, bytes]]
) -> None:
    """Whatever a sender writes under our names is gone in the dead letter, which is never taken for a marker."""
    written = letter(replace(message, headers=(*strange, *message.headers)), rejected)
    assert written == letter(message, rejected)
    assert read_mark(written) is None


@given(MESSAGES, STRANGE)
def test_headers_that_cannot_be_read_are_not_an_error(message: Message, strange: list[tuple[str, bytes]]) -> None:
    """A record with our header names and arbitrary values is read, or is neither a letter nor a marker."""
    record = replace(message, headers=tuple(strange))
    read = exhume(record)
    assert read is None or read.original.key == message.key
    assert read_mark(record) is None or read is None


@given(
    st.builds(
        Replayed,
        offset=st.integers(0, 2**63 - 1),
        topic=st.text(min_size=1, max_size=20),
        partition=st.integers(0, 2**31 - 1),
        to=st.integers(0, 2**63 - 1),
    )
)
def test_a_marker_says_which_letter_went_where(done: Replayed) -> None:
    """The offset of the letter, and the place that its record was written to, survive."""
    assert read_mark(mark(done, topic="dead", partition=3, key=b"k")) == done


def test_a_letter_with_a_markers_header_is_not_a_marker() -> None:
    """Letters of the time when senders' headers were kept hide no other letter."""
    old = replace(letter(Message(topic="articles", key=b"k", value=b""), Rejected(code="a", message="")), value=b"")
    assert read_mark(replace(old, headers=(*old.headers, (REPLAYED, b"0")))) is None
