"""Which field each byte of a payload belongs to.

    >>> for piece in request_anatomy(payload):
    ...     print(piece)
    0 +2 header.api_key = 0
    2 +2 header.api_version = 9
    …
    23 +7 topics[0].name = 'orders'

The pieces come in the order of the bytes, and together they cover all of them. A size that stands in front of a string
belongs to the string's piece; that of an array is a piece of its own, `topics.size`.

This walks the same plans by which `schema` reads, so it cannot disagree with them, and costs nobody anything who does
not ask. Record batches are taken apart down to the fields of their header; the records are one piece.

Java: no counterpart.
"""

from collections.abc import Iterator
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
from kafka_nio.protocol.record_batch import split_batches
from kafka_nio.protocol.record_batch_header import FIELDS, RECORD_BATCH_OVERHEAD
from kafka_nio.protocol.schema import Plan
from kafka_nio.protocol.types import NULL, RECORDS, WireType


class Piece(NamedTuple):
    """Some bytes and the field they are. `value` is what they say, None for null and for what is shown in parts."""

    offset: int
    length: int
    path: str
    value: Any

    def __str__(self) -> str:
        return f"{self.offset} +{self.length} {self.path} = {self.value!r}"


def request_anatomy(payload: memoryview) -> list[Piece]:
    """The pieces of a request.

    Raises:
        ProtocolError, UnsupportedVersionError: as `codec.decode_request`.
    """
    header, offset = decode_request_header(payload)
    plan = body_plan(MESSAGES[header.api_key][0], header.api_version)
    header_plan = request_header_plan(header.api_key, header.api_version)
    return [*_pieces(header_plan, Reader(payload, 0, offset), "header"), *_pieces(plan, Reader(payload, offset), "")]


def response_anatomy(header: RequestHeader, payload: memoryview) -> list[Piece]:
    """The pieces of the response to the request with this header.

    Raises:
        ProtocolError, UnsupportedVersionError: as `codec.decode_response`.
    """
    source = Reader(payload)
    pieces = _pieces(response_header_plan(header.api_key, header.api_version), source, "header")
    pieces += _pieces(response_body_plan(header, source), source, "")
    if source.remaining:
        pieces.append(Piece(source.offset, source.remaining, "behind_the_end", None))
    return pieces


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
    yield Piece(start, source.offset - start, f"{prefix}tagged_fields.size", count)
    for _ in range(count):
        yield from _walk_tagged(plan, source, prefix)


def _walk_tagged(plan: Plan, source: Reader, prefix: str) -> Iterator[Piece]:
    start = source.offset
    tag = types.read_unsigned_varint(source)
    size = types.read_unsigned_varint(source)
    yield Piece(start, source.offset - start, f"{prefix}tagged_fields[{tag}]", tag)
    body = source.narrow(size, f"tagged field {tag}")
    field = plan.tagged.get(tag)
    if field is None:
        yield Piece(body.offset, size, f"{prefix}unknown_field_{tag}", None)
    else:
        yield from _walk(field.type, body, prefix + field.name)


def _walk_array(array: types.Array, source: Reader, path: str) -> Iterator[Piece]:
    start = source.offset
    size = array.read_size(source)
    yield Piece(start, source.offset - start, f"{path}.size", None if size == NULL else size)
    for index in range(size):
        yield from _walk(array.item, source, f"{path}[{index}]")


def _walk_records(source: Reader, start: int, path: str, records: memoryview) -> Iterator[Piece]:
    offset = source.offset - len(records)
    yield Piece(start, offset - start, f"{path}.size", len(records))
    for number, batch in enumerate(split_batches(records)):
        for name, width in FIELDS:
            yield Piece(offset, width, f"{path}[{number}].{name}", getattr(batch, name))
            offset += width
        size = batch.size_in_bytes - RECORD_BATCH_OVERHEAD
        yield Piece(offset, size, f"{path}[{number}].records", None)
        offset += size
