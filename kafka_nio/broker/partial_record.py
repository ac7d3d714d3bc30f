"""Reads of each record only what a broker has to know: that it is whole, its offset and its timestamp.

A broker looks at every record before it keeps a batch, and hands none of them to anybody. So keys, values and headers
are stepped over and no `Record` is made, which is three times as fast as `RecordBatch.records`.

Java: org.apache.kafka.common.record.PartialDefaultRecord
"""

from typing import NamedTuple

from kafka_nio.errors import InvalidRecordError
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD, RecordBatch

LONGEST_INT = 5
"""How many bytes a varint of 32 bits takes at most."""

LONGEST_LONG = 10
"""And one of 64 bits."""


class PartialRecord(NamedTuple):
    """A record without its content."""

    offset_delta: int
    timestamp_ms: int


class _Malformed(Exception):
    """What stands here is no record."""


def partial_records(batch: RecordBatch) -> list[PartialRecord]:
    """Step through the records of a batch that is not compressed.

    Raises:
        InvalidRecordError: one of them is not whole, or something follows the last.
    """
    data = bytes(batch.buffer)
    records: list[PartialRecord] = []
    at = RECORD_BATCH_OVERHEAD
    for number in range(batch.record_count):
        try:
            record, at = _read(data, at, batch.base_timestamp)
        except (IndexError, UnicodeDecodeError, _Malformed):
            raise InvalidRecordError(f"record {number} of the batch, at byte {at}, is malformed") from None
        records.append(record)
    if at != len(data):
        raise InvalidRecordError(f"{len(data) - at} bytes follow the last of {batch.record_count} records")
    return records


def _read(data: bytes, at: int, base_timestamp_ms: int) -> tuple[PartialRecord, int]:
    size, at = _varint(data, at)
    end = at + size
    timestamp_delta, at = _varint(data, at + 1, LONGEST_LONG)  # behind one byte of attributes
    offset_delta, at = _varint(data, at)
    at = _behind_bytes(data, at)  # the key
    at = _behind_bytes(data, at)  # the value
    at = _behind_headers(data, at)
    if at != end or end > len(data):
        raise _Malformed
    return PartialRecord(offset_delta, base_timestamp_ms + timestamp_delta), at


def _behind_headers(data: bytes, at: int) -> int:
    count, at = _varint(data, at)
    if count < 0:
        raise _Malformed
    for _ in range(count):
        at = _behind_header_name(data, at)
        at = _behind_bytes(data, at)
    return at


def _behind_header_name(data: bytes, at: int) -> int:
    size, at = _varint(data, at)
    if size < 0:
        raise _Malformed
    data[at : at + size].decode()
    return at + size


def _behind_bytes(data: bytes, at: int) -> int:
    size, at = _varint(data, at)
    if size < -1:
        raise _Malformed
    return at + size if size > 0 else at


def _varint(data: bytes, at: int, longest: int = LONGEST_INT) -> tuple[int, int]:
    """A signed varint, and where the next thing begins. Nearly all of them have one byte."""
    byte = data[at]
    if byte < 0x80:
        return byte >> 1 ^ -(byte & 1), at + 1
    value, shift = byte & 0x7F, 7
    for position in range(at + 1, at + longest):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1), position + 1
        shift += 7
    raise _Malformed
