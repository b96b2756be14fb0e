"""Batches of records as brokers send them, read so that no record stops those behind it.

aiokafka raises out of `getmany` where it cannot parse a batch: at a header name that is not UTF-8, a wrong checksum, a
codec that it does not know. Nothing says where, and a client that starts again there meets the same batch.
`RecordBatches` takes the place of its `MemoryRecords`: what aiokafka can read is read by aiokafka; of the rest each
offset gives a record, with what can be had of it, or an `Unreadable` value.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import codec
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

# Of a batch, https://kafka.apache.org/documentation/#recordbatch: base offset, length, leader epoch, magic, checksum,
# attributes, last offset delta, first timestamp, latest timestamp, producer id, its epoch, base sequence, records
_HEADER: Final = struct.Struct(">qiibIhiqqqhii")
_FRAME: Final = struct.Struct(">qi")  # the first two, with which every version begins
_MAGIC_AT: Final = 16
_CODEC: Final = 0x07  # these bits of the attributes
_LOG_APPEND_TIME: Final = 0x08
_DECODERS: Final = {
    0: bytes,
    1: codec.gzip_decode,
    2: codec.snappy_decode,
    3: codec.lz4_decode,
    4: codec.zstd_decode,
}
_NO_TIMESTAMP: Final = -1


class Unreadable(bytes):
    """Stands, empty, for a value that cannot be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Record:
    """What aiokafka expects of a record."""

    offset: int
    timestamp: int
    timestamp_type: int = 0
    key: bytes | None = None
    value: bytes | None = Unreadable()
    headers: tuple[tuple[str, bytes | None], ...] = ()
    checksum: None = None


class RecordBatches:
    """The batches of one partition in the answer to one fetch: aiokafka's `MemoryRecordsProtocol`.

    The last one may be cut off; it is fetched again. The first one never is, unless it is damaged, since brokers send
    one whole batch at least (KIP-74).
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def size_in_bytes(self) -> int:
        """Return the size of all of them."""
        return len(self._data)

    def has_next(self) -> bool:
        """Return whether there is another one."""
        left = len(self._data) - self._at
        return self._end() <= len(self._data) if self._at else left >= _HEADER.size

    def next_batch(self) -> Any:
        """Return the next one."""
        end = self._end()
        raw = self._data[self._at : end]
        self._at = min(end, len(self._data))
        if raw[_MAGIC_AT] < 2:  # noqa: PLR2004  # of brokers before 0.11: a batch of another form, without headers
            return MemoryRecords(raw).next_batch()
        following = _FRAME.unpack_from(self._data, self._at)[0] if self.has_next() else None
        return _Batch(raw, following=following)

    def _end(self) -> int:
        """Return where the next batch ends, past the end of all where it is cut off, or where its length is wrong."""
        left = len(self._data) - self._at
        length = _FRAME.unpack_from(self._data, self._at)[1] if left >= _HEADER.size else -1
        return self._at + _FRAME.size + length if length >= _HEADER.size - _FRAME.size else len(self._data) + 1


class _Batch:
    """One batch: aiokafka's, as far as that can read it.

    Args:
        raw: its bytes.
        following: where the next batch begins, if it is known.
    """

    def __init__(self, raw: bytes, *, following: int | None) -> None:
        header = _HEADER.unpack_from(raw)
        self._raw = raw
        self._attributes: int = header[5]
        self._first_timestamp: int = header[7]
        self._latest_timestamp: int = header[8]
        self._count: int = header[12]
        self._inner = _parsed_by_the_client(raw)
        self._sound = self._inner is not None
        self.base_offset: int = header[0]
        self.next_offset: int = self.base_offset + header[6] + 1
        if not self._sound and not 0 <= header[6] < len(raw):  # that field may be the damaged one
            self.next_offset = self.base_offset + 1
        if not self._sound and following is not None:
            self.next_offset = following
        self.producer_id: int = header[9]
        self.is_transactional = self._sound and self._inner.is_transactional
        self.is_control_batch = self._sound and self._inner.is_control_batch

    def validate_crc(self) -> bool:
        """Return True: what a wrong checksum covers is read as `Unreadable`."""
        return True

    def __next__(self) -> Any:
        """Return the marker of a control batch."""
        return next(self._inner)

    def __iter__(self) -> Iterator[Any]:
        """Yield the records in order; after a failure from the first again, which the fetcher skips."""
        if not self._sound:
            yield from self._unreadable(self.base_offset, self.next_offset)
            return
        try:
            yield from self._inner
        except Exception:  # noqa: BLE001  # whatever a codec or a parser may raise
            yield from self._salvaged()

    def _salvaged(self) -> Iterator[_Record]:
        """Yield what can be read, and something in the place of what cannot."""
        found = list(self._parsed())
        if len(found) == self._count:
            yield from found  # an offset that is missing was compacted away
            return
        at = self.base_offset
        for record in found:
            yield from self._unreadable(at, record.offset)
            yield record
            at = record.offset + 1
        yield from self._unreadable(at, self.next_offset)

    def _parsed(self) -> Iterator[_Record]:
        """Yield the records that can be read; each says how long it is, so that one does not spoil the next."""
        try:
            data = bytearray(_DECODERS[self._attributes & _CODEC](self._raw[_HEADER.size :]))
        except Exception:  # noqa: BLE001  # as above
            return
        at, least = 0, self.base_offset
        for _ in range(self._count):
            try:
                length, at = decode_varint(data, at)
            except (ValueError, IndexError):
                return
            if not 0 < length <= len(data) - at:
                return
            record = self._record(data[at : at + length])
            at += length
            if record is not None and least <= record.offset < self.next_offset:
                least = record.offset + 1
                yield record

    def _record(self, data: bytearray) -> _Record | None:
        """Return one record, its bytes after an attribute that nobody uses; None when it ends before it should."""
        try:
            delay, at = decode_varint(data, 1)
            delta, at = decode_varint(data, at)
            key, at = _bytes(data, at)
            value, at = _bytes(data, at)
            names, at = decode_varint(data, at)
            headers = []
            for _ in range(names):
                name, at = _bytes(data, at)
                content, at = _bytes(data, at)
                headers.append(((name or b"").decode(errors="backslashreplace"), content))
        except (ValueError, IndexError):
            return None
        appended = bool(self._attributes & _LOG_APPEND_TIME)
        return _Record(
            offset=self.base_offset + delta,
            timestamp=self._latest_timestamp if appended else self._first_timestamp + delay,
            timestamp_type=int(appended),
            key=key,
            value=value,
            headers=tuple(headers),
        )

    def _unreadable(self, start: int, end: int) -> Iterator[_Record]:
        timestamp = self._latest_timestamp if self._sound else _NO_TIMESTAMP
        for offset in range(start, end):
            yield _Record(offset=offset, timestamp=timestamp)


def _parsed_by_the_client(raw: bytes) -> Any:
    """Return aiokafka's batch, before it has looked at the records; None where the bytes are not those written."""
    try:
        batch = MemoryRecords(raw).next_batch()
        return batch if batch is not None and batch.validate_crc() else None
    except Exception:  # noqa: BLE001  # whatever damaged bytes may raise
        return None


def _bytes(data: bytearray, at: int) -> tuple[bytes | None, int]:
    """Return the bytes whose length stands at `at`, and where they end.

    Raises:
        IndexError: they end beyond the record.
    """
    length, at = decode_varint(data, at)
    if length < 0:
        return None, at
    if length > len(data) - at:
        raise IndexError(at)
    return bytes(data[at : at + length]), at + length


def read_every_record() -> None:
    """Let all consumers of this process read batches by `RecordBatches`."""
    fetcher.MemoryRecords = RecordBatches
