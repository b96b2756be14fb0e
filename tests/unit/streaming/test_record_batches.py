"""Batches that aiokafka cannot parse: every offset gives a record, and those behind are read."""

import struct
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

from service.streaming.record_batches import RecordBatches
from service.streaming.records import message_of

HEADER = 61  # bytes before the records
CRC, ATTRIBUTES, LAST_DELTA = 17, 21, 23  # where these fields stand


def batch(base: int, *values: bytes, name: str = "name", compression: int = 0) -> bytearray:
    """Return a batch as a broker stores it."""
    builder = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 20)
    for delta, value in enumerate(values):
        builder.append(delta, 1_700_000_000_000, b"key", value, [(name, b"x")])
    built = bytearray(builder.build())
    struct.pack_into(">q", built, 0, base)
    return built


def signed(built: bytearray) -> bytearray:
    """Put a checksum that is right."""
    struct.pack_into(">I", built, CRC, calc_crc32c(bytes(built[ATTRIBUTES:])))
    return built


def read(data: bytes, *, fetch_offset: int = 0, records: Any = RecordBatches) -> list[tuple[int, bytes | None, bool]]:
    """Return offset, value and whether it is unreadable, through aiokafka's own unpacking."""
    found = PartitionRecords(
        TopicPartition("t", 0), records(bytes(data)), [], fetch_offset, None, None, True, 1
    )  # 1: read committed
    messages = [message_of(record) for record in found]
    return [(each.offset or 0, each.value, each.unreadable) for each in messages]


def latin_name() -> bytearray:
    """Return a batch of two records whose header's name is not UTF-8."""
    return signed(batch(5, b"one", b"two", name="nam@").replace(b"nam@", b"nam\xe9"))


def wrong_checksum() -> bytearray:
    """Return a batch of two records with a bit flipped in a value."""
    return batch(5, b"one", b"two").replace(b"two", b"twp")


def unknown_codec() -> bytearray:
    """Return a batch of two records in an unknown codec."""
    built = batch(5, b"one", b"two")
    built[ATTRIBUTES + 1] |= 7
    return signed(built)


def broken_gzip() -> bytearray:
    """Return a batch of two records whose gzip data is invalid."""
    built = batch(5, b"one" * 50, b"two" * 50, compression=1)
    built[HEADER:] = b"\0" * (len(built) - HEADER)
    return signed(built)


def broken_length() -> bytearray:
    """Return a batch of two records, the second of which says it is longer than the batch."""
    built = batch(5, b"one", b"two")
    size = (len(built) - HEADER) // 2
    built[HEADER + size] = 0x7E
    return signed(built)


BEHIND = (7, b"behind", False)
LOST = [(5, None, True), (6, None, True), BEHIND]
CASES = [
    (latin_name, [(5, b"one", False), (6, b"two", False), BEHIND]),
    (wrong_checksum, LOST),
    (unknown_codec, LOST),
    (broken_gzip, LOST),
    (broken_length, [(5, b"one", False), (6, None, True), BEHIND]),
]


@pytest.mark.parametrize(("damage", "expected"), CASES, ids=lambda each: getattr(each, "__name__", ""))
def test_a_damaged_batch_does_not_stop_what_is_behind(damage: Any, expected: list[Any]) -> None:
    """Each offset gives a record, with its value where it can be had; aiokafka alone raises."""
    data = damage() + batch(7, b"behind")
    assert read(data) == expected
    assert read(data, fetch_offset=6) == expected[1:]
    with pytest.raises(Exception):  # noqa: B017, PT011  # of many kinds
        read(data, records=MemoryRecords)


def test_a_header_name_is_escaped() -> None:
    """What is not UTF-8 in a header's name comes as an escape, so that the name can be written again."""
    (record, _) = PartitionRecords(
        TopicPartition("t", 0), RecordBatches(bytes(latin_name())), [], 0, None, None, True, 1
    )
    assert message_of(record).headers == (("nam\\xe9", b"x"),)
    assert record.timestamp == 1_700_000_000_000


def test_a_damaged_last_offset_leads_nowhere() -> None:
    """Where the field behind a wrong checksum says that two thousand million records follow, none is made up."""
    built = batch(5, b"one", b"two")
    struct.pack_into(">i", built, LAST_DELTA, 2_000_000_000)
    assert read(built + batch(7, b"behind")) == LOST
    assert read(built) == [(5, None, True)]


def test_a_batch_that_is_cut_off_is_fetched_again() -> None:
    """The last batch of an answer may be incomplete, as aiokafka reads it; the first is damaged then."""
    whole, cut = batch(5, b"one"), batch(6, b"two")[:-3]
    assert read(whole + cut) == read(whole + cut, records=MemoryRecords) == [(5, b"one", False)]
    assert read(cut) == [(6, None, True)]


@pytest.mark.parametrize("compression", [0, 1, 2, 3, 4])
def test_sound_batches_are_read_as_aiokafka_reads_them(compression: int) -> None:
    """All codecs, several batches, a fetch from the middle."""
    data = batch(0, *[b"value" * 20] * 5, compression=compression) + batch(5, b"a", b"b")
    assert read(data, fetch_offset=3) == read(data, fetch_offset=3, records=MemoryRecords)
    assert len(read(data)) == 7
    assert read(b"") == []
