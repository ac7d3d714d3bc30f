"""Reads of each record only what a broker has to know: that it is whole, its offset and its timestamp.

A broker looks at every record before it keeps a batch, and hands none of them to anybody. So keys, values and headers
are stepped over and no `Record` is made, which is faster than `RecordBatch.records`.

Java: org.apache.kafka.common.record.PartialDefaultRecord
"""

from typing import NamedTuple

from kafka_nio.errors import CorruptRecordBatchError, InvalidRecordError
from kafka_nio.protocol.reader import WireError
from kafka_nio.protocol.record import varint_at
from kafka_nio.protocol.record_batch import RecordBatch


class PartialRecord(NamedTuple):
    """A record without its content."""

    offset_delta: int
    timestamp_ms: int


class _Malformed(Exception):
    """What stands here is no record."""


def partial_records(batch: RecordBatch) -> list[PartialRecord]:
    """Step through the records of a batch.

    Raises:
        InvalidRecordError: they cannot be decompressed, one of them is not whole, or something follows the last.
        UnsupportedCompressionTypeError: nobody knows the codec, or its library is not installed.
    """
    try:
        data, at = batch.decompressed(), 0
    except CorruptRecordBatchError as error:
        raise InvalidRecordError(str(error)) from None
    records: list[PartialRecord] = []
    for number in range(batch.record_count):
        try:
            record, at = _read(data, at, batch.base_timestamp)
        except (WireError, UnicodeDecodeError, _Malformed):
            raise InvalidRecordError(f"record {number} of the batch, at byte {at} of them all, is malformed") from None
        records.append(record)
    if at != len(data):
        raise InvalidRecordError(f"{len(data) - at} bytes follow the last of {batch.record_count} records")
    return records


def _read(data: bytes, at: int, base_timestamp_ms: int) -> tuple[PartialRecord, int]:
    size, at = varint_at(data, at)
    end = at + size
    timestamp_delta, at = varint_at(data, at + 1, longest=10)  # behind one byte of attributes
    offset_delta, at = varint_at(data, at)
    at = _behind_bytes(data, at)  # the key
    at = _behind_bytes(data, at)  # the value
    at = _behind_headers(data, at)
    if at != end or end > len(data):
        raise _Malformed
    return PartialRecord(offset_delta, base_timestamp_ms + timestamp_delta), at


def _behind_headers(data: bytes, at: int) -> int:
    count, at = varint_at(data, at)
    if count < 0:
        raise _Malformed
    for _ in range(count):
        at = _behind_header_name(data, at)
        at = _behind_bytes(data, at)
    return at


def _behind_header_name(data: bytes, at: int) -> int:
    size, at = varint_at(data, at)
    if size < 0:
        raise _Malformed
    data[at : at + size].decode()
    return at + size


def _behind_bytes(data: bytes, at: int) -> int:
    size, at = varint_at(data, at)
    if size < -1:
        raise _Malformed
    return at + size if size > 0 else at
