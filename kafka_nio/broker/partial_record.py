"""Reads of each record only what a broker has to know: that it is whole, its offset and its timestamp.

A broker looks at every record before it keeps a batch, and hands none of them to anybody. So keys, values and headers
are stepped over and no `Record` is made, which is faster than `RecordBatch.records`. Of what is compressed, only the
piece in which the next step falls is in memory: a value of a hundred million zeros costs no more than a small one.

Every step costs time, though, and zeros that were compressed into a message of ordinary size may be millions of
headers. So a batch may have no more records and headers than it has bytes on the wire, or `PARTS_ALLOWED`.

Java: org.apache.kafka.common.record.PartialDefaultRecord
"""

from collections.abc import Iterator
from typing import NamedTuple

from kafka_nio.broker.piece_reader import EndOfPiecesError, PieceReader
from kafka_nio.errors import CorruptRecordBatchError, InvalidRecordError
from kafka_nio.protocol.reader import WireError
from kafka_nio.protocol.record_batch import RecordBatch

PARTS_ALLOWED = 1 << 17
"""How many records and headers a batch may have in any case. To step over them took half a second."""


class PartialRecord(NamedTuple):
    """A record without its content."""

    offset_delta: int
    timestamp_ms: int


class _Malformed(Exception):
    """What stands here is no record."""


class _TooManyParts(Exception):
    """The batch has more records and headers than it may have."""


def partial_records(batch: RecordBatch) -> Iterator[PartialRecord]:
    """Step through the records of a batch.

    Raises:
        InvalidRecordError: they cannot be decompressed, there are too many, one of them is not whole, or something
            follows the last.
        UnsupportedCompressionTypeError: nobody knows the codec, or its library is not installed.
    """
    reader = PieceReader(_pieces(batch))
    parts_left = parts_allowed = max(batch.size_in_bytes, PARTS_ALLOWED)
    for number in range(batch.record_count):
        start = reader.position
        try:
            record, header_count = _step_over(reader, batch.base_timestamp, parts_left)
        except _TooManyParts:
            raise InvalidRecordError(f"the batch has more than {parts_allowed} records and headers") from None
        except (WireError, UnicodeDecodeError, EndOfPiecesError, _Malformed):
            raise InvalidRecordError(
                f"record {number} of the batch, at byte {start} of them all, is malformed"
            ) from None
        parts_left -= 1 + header_count
        yield record
    if rest := reader.rest():
        raise InvalidRecordError(f"{rest} bytes follow the last of {batch.record_count} records")


def _pieces(batch: RecordBatch) -> Iterator[bytes]:
    try:
        yield from batch.unpacked()
    except CorruptRecordBatchError as error:
        raise InvalidRecordError(str(error)) from None


def _step_over(reader: PieceReader, base_timestamp_ms: int, parts_left: int) -> tuple[PartialRecord, int]:
    """One record, and how many headers it has."""
    size = reader.varint()
    end = reader.position + size
    reader.skip(1)  # the attributes
    timestamp_delta = reader.varint(longest=10)
    offset_delta = reader.varint()
    _skip_bytes(reader)  # the key
    _skip_bytes(reader)  # the value
    header_count = reader.varint()
    if header_count < 0:
        raise _Malformed
    if header_count >= parts_left:
        raise _TooManyParts
    for _ in range(header_count):
        _skip_header(reader)
    if reader.position != end:
        raise _Malformed
    return PartialRecord(offset_delta, base_timestamp_ms + timestamp_delta), header_count


def _skip_header(reader: PieceReader) -> None:
    name_size = reader.varint()
    if name_size < 0:
        raise _Malformed
    reader.skip_text(name_size)
    _skip_bytes(reader)


def _skip_bytes(reader: PieceReader) -> None:
    size = reader.varint()
    if size < -1:
        raise _Malformed
    if size > 0:
        reader.skip(size)
