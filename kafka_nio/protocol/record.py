"""One record within a batch: how large it is, how it is written, how it is read.

    length           varint, of everything that follows
    attributes       1 byte, always 0
    timestamp delta  varint, to the batch's first timestamp, in ms
    offset delta     varint, to the batch's first offset
    key              varint size (-1 for None), bytes
    value            varint size (-1 for None), bytes
    headers          varint count; for each: varint size, name in UTF-8, varint size (-1 for None), bytes

All varints are signed (zigzag). Small deltas make small records: 7 bytes of overhead is the usual price.

Records are not written one by one. A batch keeps its records as columns, and `encode_records` writes all of them when
the batch is closed: each column becomes bytes in one pass over a lookup table, is laid into every eighth place of a
list, and the list is joined. No line of Python runs per record and field, which makes it six times as fast.

Java: org.apache.kafka.common.record.DefaultRecord
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, TypeVar, cast

from kafka_nio.protocol.reader import Reader
from kafka_nio.protocol.types import NULL, varint

T = TypeVar("T")

Header = tuple[str, bytes | None]
Headers = Sequence[Header]

MAX_RECORD_OVERHEAD = 21
"""Length 5, attributes 1, timestamp delta 10, offset delta 5: the most that can stand before the key's size."""


class Record(NamedTuple):
    """One record as it is read from a batch."""

    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...] = ()


# How large it is...


class Lookup(dict[int, T]):
    """A function of an integer that remembers its results for small ones.

    Looking up costs a tenth of computing; the bound keeps sizes and times of all kinds from filling the memory.
    """

    BOUND = 1 << 14

    def __init__(self, function: Callable[[int], T]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, number: int) -> T:
        result = self._function(number)
        if abs(number) < self.BOUND:
            self[number] = result
        return result


VARINTS = Lookup(varint)
"""The varint of a number."""

VARINT_SIZES = Lookup(lambda number: len(varint(number)))
"""How many bytes that takes."""

FRAMED_SIZES = Lookup(lambda size: len(varint(size)) + max(size, 0))
"""How many bytes something of this size takes, with the varint of its size in front; `NULL` for None."""


def headers_size(headers: Headers) -> int:
    """How many bytes the headers take, their count included."""
    size = VARINT_SIZES[len(headers)]
    for name, value in headers:
        size += FRAMED_SIZES[len(name) if name.isascii() else len(name.encode())]
        size += 1 if value is None else FRAMED_SIZES[len(value)]
    return size


def estimate_record_size_upper_bound(key: bytes | None, value: bytes | None, headers: Headers = ()) -> int:
    """As large as this record can get, wherever in a batch it comes to stand. Java: recordSizeUpperBound."""
    return MAX_RECORD_OVERHEAD + FRAMED_SIZES[_size(key)] + FRAMED_SIZES[_size(value)] + headers_size(headers)


def _size(data: bytes | None) -> int:
    return NULL if data is None else len(data)


def sizes_of(column: Sequence[bytes | None]) -> list[int]:
    """The size of each key or value, `NULL` for None. A column without any None, or of nothing else, is done in C."""
    nones = column.count(None)
    if nones == len(column):
        return [NULL] * nones
    return list(map(_size if nones else len, column))  # type: ignore[arg-type]


# How it is written...


FIELDS = 5
"""What a batch keeps of each record, in this order: timestamp, key, value, headers, the length that will be written."""


@dataclass(slots=True)
class Columns:
    """The records of a batch, field by field, and the sizes of their keys and values."""

    timestamps: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    headers: list[Headers]
    body_sizes: list[int]
    key_sizes: list[int]
    value_sizes: list[int]

    @classmethod
    def of(cls, fields: list[Any]) -> "Columns":
        """Take apart a flat list with `FIELDS` of each record: one slice a column, all in C."""
        timestamps, keys, values, headers, body_sizes = (fields[place::FIELDS] for place in range(FIELDS))
        return cls(timestamps, keys, values, headers, body_sizes, sizes_of(keys), sizes_of(values))


def encode_records(columns: Columns) -> bytes:
    """All records, one after another."""
    count = len(columns.values)
    parts = [b"\0"] * (8 * count)  # what no column fills stays so: the header count of a record without headers
    parts[0::8] = _varints(columns.body_sizes)
    parts[1::8] = _attributes_and_times(columns.timestamps)
    parts[2::8] = map(VARINTS.__getitem__, range(count))
    parts[3::8] = _varints(columns.key_sizes)
    parts[4::8] = _without_none(columns.keys, columns.key_sizes)
    parts[5::8] = _varints(columns.value_sizes)
    parts[6::8] = _without_none(columns.values, columns.value_sizes)
    if any(columns.headers):
        parts[7::8] = map(encode_headers, columns.headers)
    return b"".join(parts)


def _varints(numbers: Sequence[int]) -> Iterable[bytes]:
    """A column of numbers; one in which all are equal needs one look at the table."""
    if _all_equal(numbers):
        return [VARINTS[numbers[0]]] * len(numbers)
    return map(VARINTS.__getitem__, numbers)


def _attributes_and_times(timestamps: Sequence[int]) -> Iterable[bytes]:
    """A batch has many records and few milliseconds, so each of these is encoded once."""
    first = timestamps[0]
    encoded = {timestamp: b"\0" + VARINTS[timestamp - first] for timestamp in set(timestamps)}
    return map(encoded.__getitem__, timestamps)


def _all_equal(numbers: Sequence[int]) -> bool:
    return numbers.count(numbers[0]) == len(numbers)


def _without_none(column: Sequence[bytes | None], sizes: Sequence[int]) -> Sequence[bytes]:
    nones = sizes.count(NULL)
    if nones == 0:
        return cast(Sequence[bytes], column)
    return [b""] * nones if nones == len(column) else [data or b"" for data in column]


def encode_headers(headers: Headers) -> bytes:
    """A record's headers, their count in front."""
    parts = [VARINTS[len(headers)]]
    for name, value in headers:
        encoded = name.encode()
        parts += (VARINTS[len(encoded)], encoded, VARINTS[_size(value)], value or b"")
    return b"".join(parts)


# How it is read...


def read_record(data: bytes, at: int, base_offset: int, base_timestamp_ms: int) -> tuple[Record, int]:
    """The record at an offset of `data`, and the offset behind it; what it says of its length must be true.

    Raises:
        WireError: it is malformed.
    """
    size, at = varint_at(data, at)
    end = at + size
    if not at < end <= len(data):
        _fail(data, at, f"record of {size} bytes")
    timestamp_delta, at = varint_at(data, at + 1, longest=10)  # behind one byte of attributes
    offset_delta, at = varint_at(data, at)
    key, at = _bytes_at(data, at, "key")
    value, at = _bytes_at(data, at, "value")
    header_count, at = varint_at(data, at)
    headers, at = _headers_at(data, at, header_count) if header_count else ((), at)
    if at != end:
        _fail(data, at, f"the end of the record, which it says is at {end},")
    return Record(base_offset + offset_delta, base_timestamp_ms + timestamp_delta, key, value, headers), at


def _bytes_at(data: bytes, at: int, what: str) -> tuple[bytes | None, int]:
    size, at = varint_at(data, at)
    if size == NULL:
        return None, at
    end = at + size
    if not at <= end <= len(data):
        _fail(data, at, f"{what} of {size} bytes")
    return data[at:end], end


def _headers_at(data: bytes, at: int, count: int) -> tuple[tuple[Header, ...], int]:
    if not 0 <= count <= len(data) - at:
        _fail(data, at, f"headers (it says {count} of them)")
    headers = []
    for _ in range(count):
        start = at
        name, at = _bytes_at(data, at, "header name")
        value, at = _bytes_at(data, at, "header value")
        if name is None:
            _fail(data, start, "header name of -1 bytes")
        try:
            headers.append((name.decode(), value))
        except UnicodeDecodeError as error:
            _fail(data, start, f"header name in UTF-8 ({error.reason})")
    return tuple(headers), at


def varint_at(data: bytes, at: int, longest: int = 5) -> tuple[int, int]:
    """The signed number at an offset, and the offset behind it: `types.read_varint` without the cost of a `Reader`.

    Nearly all have one byte. What has more than `longest`, or more bits than a Java int or long, is refused.
    """
    start = at
    try:
        byte = data[at]
        if byte < 0x80:
            return byte >> 1 ^ -(byte & 1), at + 1
        value = byte & 0x7F
        for at in range(start + 1, start + longest):
            byte = data[at]
            value |= (byte & 0x7F) << 7 * (at - start)
            if byte < 0x80 and not value >> (32 if longest == 5 else 64):
                return value >> 1 ^ -(value & 1), at + 1
    except IndexError:
        pass  # the data ends before the number does
    _fail(data, start, f"varint (at most {longest} bytes)")


def _fail(data: bytes, at: int, expected: str) -> NoReturn:
    Reader(memoryview(data), min(at, len(data))).fail(expected)
