"""Which field each byte of a payload belongs to.

    >>> for piece in request_anatomy(payload):
    ...     print(piece)
    0 +2 header.api_key = 0
    2 +2 header.api_version = 9
    …
    23 +7 topics[0].name = 'orders'
    …
    101 +2 topics[0].partitions[0].records[0].records[0].key = b'k'

The pieces come in the order of the bytes, and together they cover all of them. A size that stands in front of a string
belongs to the string's piece; that of an array is a piece of its own, `topics.size`.

This walks the same plans by which `schema` reads, so it cannot disagree with them, and costs nobody anything who does
not ask. Record batches are taken apart, too: the fields of their header, then those of each record. Compressed records
are one piece, and so is what cannot be read.

Java: no counterpart.
"""

import sys
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, NamedTuple

from kafka_nio.errors import ProtocolError
from kafka_nio.protocol import types
from kafka_nio.protocol.api import RequestHeader
from kafka_nio.protocol.codec import (
    body_plan,
    decode_request_header,
    request_header_plan,
    response_body_plan,
    response_header_plan,
)
from kafka_nio.protocol.messages import MESSAGES
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.record import varint_at
from kafka_nio.protocol.record_batch import RecordBatch, split_batches
from kafka_nio.protocol.record_batch_header import FIELDS, RECORD_BATCH_OVERHEAD
from kafka_nio.protocol.schema import Plan
from kafka_nio.protocol.types import NULL, RECORDS, WireType

ALL = sys.maxsize


class Kind(Enum):
    """What a piece is part of. Each kind is written by code of its own, and read by other code."""

    HEADER = "the message's header"
    FIELD = "a field of the message"
    TAGGED = "the tagged fields of a struct"
    BATCH = "the header of a record batch"
    CHECKSUM = "the checksum of a record batch"
    RECORD = "a record"
    RECORD_HEADERS = "a record's headers"
    BLOCK = "records in one piece"


class Piece(NamedTuple):
    """Some bytes and the field they are. `value` is what they say, None for null and for what is shown in parts."""

    offset: int
    length: int
    path: str
    value: Any
    kind: Kind = Kind.FIELD

    def __str__(self) -> str:
        return f"{self.offset} +{self.length} {self.path} = {self.value!r}"


def request_anatomy(payload: memoryview, most_records: int = ALL) -> list[Piece]:
    """The pieces of a request.

    Args:
        most_records: so many records of each batch are taken apart; those that follow are one piece together.

    Raises:
        ProtocolError, UnsupportedVersionError: as `codec.decode_request`.
    """
    header, offset = decode_request_header(payload)
    plan = body_plan(MESSAGES[header.api_key][0], header.api_version)
    header_plan = request_header_plan(header.api_key, header.api_version)
    body = _with_records(_pieces(plan, Reader(payload, offset), ""), most_records)
    return [*_header_pieces(header_plan, Reader(payload, 0, offset)), *body]


def response_anatomy(header: RequestHeader, payload: memoryview, most_records: int = ALL) -> list[Piece]:
    """The pieces of the response to the request with this header.

    Args:
        most_records: as for `request_anatomy`.

    Raises:
        ProtocolError, UnsupportedVersionError: as `codec.decode_response`.
    """
    source = Reader(payload)
    pieces = _header_pieces(response_header_plan(header.api_key, header.api_version), source)
    pieces += _with_records(_pieces(_body_plan(header, source), source, ""), most_records)
    if source.remaining:
        pieces.append(Piece(source.offset, source.remaining, "behind_the_end", None))
    return pieces


def _body_plan(header: RequestHeader, source: Reader) -> Plan:
    try:
        return response_body_plan(header, source)
    except WireError as error:
        raise ProtocolError(f"malformed response to {header}: {error}") from None


def _header_pieces(plan: Plan, source: Reader) -> list[Piece]:
    return [piece._replace(kind=Kind.HEADER) for piece in _pieces(plan, source, "header")]


def _pieces(plan: Plan, source: Reader, path: str) -> list[Piece]:
    try:
        return list(_walk(plan, source, path))
    except WireError as error:
        raise ProtocolError(f"malformed {plan.name} version {plan.version}: {error}") from None


def _walk(wire_type: WireType, source: Reader, path: str) -> Iterator[Piece]:
    if isinstance(wire_type, Plan):
        yield from _walk_struct(wire_type, source, f"{path}." if path else "")
    elif isinstance(wire_type, types.Array):
        yield from _walk_array(wire_type, source, path)
    else:
        start = source.offset
        value = wire_type.read(source)
        if isinstance(value, memoryview) and wire_type.name.endswith(RECORDS):  # also "nullable records"
            yield from _walk_records(source, start, path, value)
        else:
            yield Piece(start, source.offset - start, path, value)


def _walk_struct(plan: Plan, source: Reader, prefix: str) -> Iterator[Piece]:
    for field in plan.fields:
        yield from _walk(field.type, source, prefix + field.name)
    if not plan.is_flexible:
        return
    start = source.offset
    count = types.read_unsigned_varint(source)
    yield Piece(start, source.offset - start, f"{prefix}tagged_fields.size", count, Kind.TAGGED)
    for _ in range(count):
        yield from _walk_tagged(plan, source, prefix)


def _walk_tagged(plan: Plan, source: Reader, prefix: str) -> Iterator[Piece]:
    start = source.offset
    tag = types.read_unsigned_varint(source)
    size = types.read_unsigned_varint(source)
    yield Piece(start, source.offset - start, f"{prefix}tagged_fields[{tag}]", tag, Kind.TAGGED)
    body = source.narrow(size, f"tagged field {tag}")
    field = plan.tagged.get(tag)
    if field is None:
        yield Piece(body.offset, size, f"{prefix}unknown_field_{tag}", None, Kind.TAGGED)
    else:
        yield from _walk(field.type, body, prefix + field.name)
        if body.remaining:
            body.fail(f"the end of tagged field {tag}, {field.name}")


def _walk_array(array: types.Array, source: Reader, path: str) -> Iterator[Piece]:
    start = source.offset
    size = array.read_size(source)
    yield Piece(start, source.offset - start, f"{path}.size", None if size == NULL else size)
    for index in range(size):
        yield from _walk(array.item, source, f"{path}[{index}]")


# Record batches...


def _walk_records(source: Reader, start: int, path: str, records: memoryview) -> Iterator[Piece]:
    offset = source.offset - len(records)
    yield Piece(start, offset - start, f"{path}.size", len(records))
    for number, batch in enumerate(split_batches(records)):
        yield from _walk_batch(batch, offset, f"{path}[{number}]")
        offset += batch.size_in_bytes


def _walk_batch(batch: RecordBatch, offset: int, path: str) -> Iterator[Piece]:
    for name, width in FIELDS:
        kind = Kind.CHECKSUM if name == "crc" else Kind.BATCH
        yield Piece(offset, width, f"{path}.{name}", getattr(batch, name), kind)
        offset += width
    yield Piece(offset, batch.size_in_bytes - RECORD_BATCH_OVERHEAD, f"{path}.records", batch, Kind.BLOCK)


def _with_records(pieces: Iterable[Piece], most_records: int) -> Iterator[Piece]:
    """The same with the records of each batch in the place of the batch."""
    for piece in pieces:
        if not isinstance(piece.value, RecordBatch):
            yield piece
            continue
        records = None if piece.value.compression_codec else _record_pieces(piece, piece.value, most_records)
        yield from records or [piece._replace(value=None)]


def _record_pieces(block: Piece, batch: RecordBatch, most_records: int) -> list[Piece] | None:
    """The pieces of a batch's records, or None if these are not what the batch says."""
    data, at = bytes(batch.buffer[RECORD_BATCH_OVERHEAD:]), 0
    pieces: list[Piece] = []
    try:
        for index in range(min(batch.record_count, most_records)):
            for piece in _walk_record(data, at, f"{block.path}[{index}]"):
                pieces.append(piece._replace(offset=block.offset + piece.offset))
                at = piece.offset + piece.length
    except (WireError, UnicodeDecodeError):
        return None
    if batch.record_count > most_records:
        rest = f"{block.path}[{most_records}:]"
        pieces.append(Piece(block.offset + at, len(data) - at, rest, None, Kind.RECORD))
        return pieces if at < len(data) else None
    return pieces if at == len(data) else None


def _walk_record(data: bytes, at: int, path: str) -> Iterator[Piece]:
    """The pieces of one record. As everywhere, a size is part of what it is the size of."""
    length, start = varint_at(data, at)
    yield Piece(at, start - at, f"{path}.length", length, Kind.RECORD)
    yield Piece(start, 1, f"{path}.attributes", data[start] if start < len(data) else None, Kind.RECORD)
    at = start + 1
    for name, longest in (("timestamp_delta", 10), ("offset_delta", 5)):
        value, end = varint_at(data, at, longest)
        yield Piece(at, end - at, f"{path}.{name}", value, Kind.RECORD)
        at = end
    for name in ("key", "value"):
        field, end = _sized_at(data, at)
        yield Piece(at, end - at, f"{path}.{name}", field, Kind.RECORD)
        at = end
    yield from _walk_record_headers(data, at, f"{path}.headers")


def _walk_record_headers(data: bytes, at: int, path: str) -> Iterator[Piece]:
    count, end = varint_at(data, at)
    # Without headers it is the zero that every record begins with, see `record.encode_records`.
    yield Piece(at, end - at, f"{path}.size", count, Kind.RECORD_HEADERS if count else Kind.RECORD)
    for index in range(count):
        name, at = _sized_at(data, end)
        yield Piece(end, at - end, f"{path}[{index}].name", (name or b"").decode(), Kind.RECORD_HEADERS)
        value, end = _sized_at(data, at)
        yield Piece(at, end - at, f"{path}[{index}].value", value, Kind.RECORD_HEADERS)


def _sized_at(data: bytes, at: int) -> tuple[bytes | None, int]:
    """The bytes behind a size, None for null, and the offset behind them."""
    size, start = varint_at(data, at)
    end = start + max(size, 0)
    if size < NULL or end > len(data):
        raise WireError(f"expected {size} bytes at offset {start} of {len(data)}")
    return (None if size == NULL else data[start:end]), end
