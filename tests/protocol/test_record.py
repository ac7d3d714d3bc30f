"""One record: its bytes, its size, and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.record import (
    FRAMED_SIZES,
    Columns,
    Headers,
    Lookup,
    Record,
    encode_headers,
    encode_records,
    estimate_record_size_upper_bound,
    headers_size,
    read_record,
    sizes_of,
    varint_at,
)
from kafka_nio.protocol.types import read_varint, varint

HEADERS = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3)


def encoded(key: bytes | None, value: bytes | None, headers: Headers = ()) -> bytes:
    """One record alone, encoded as a batch would."""
    body_size = 3 + FRAMED_SIZES[-1 if key is None else len(key)] + FRAMED_SIZES[-1 if value is None else len(value)]
    return encode_records(Columns.of([1000, key, value, headers, body_size + headers_size(headers)]))


def read(data: bytes) -> Record:
    record, end = read_record(data, 0, base_offset=0, base_timestamp_ms=1000)
    assert end == len(data)
    return record


@pytest.mark.parametrize(
    ("record", "data"),
    [
        (Record(0, 1000, None, None), "0c 00 00 00 01 01 00"),
        (Record(0, 1000, b"k", b"v"), "10 00 00 00 02 6b 02 76 00"),
        (Record(0, 1000, b"", b""), "0c 00 00 00 00 00 00"),
        (Record(0, 1000, None, b"v", (("h", b"x"), ("n", None))), "1c 00 00 00 01 02 76 04 02 68 02 78 02 6e 01"),
    ],
)
def test_a_record_has_these_bytes(record: Record, data: str) -> None:
    assert encoded(record.key, record.value, record.headers).hex(" ") == data
    assert read(bytes.fromhex(data)) == record


@given(st.none() | st.binary(max_size=200), st.none() | st.binary(max_size=200), HEADERS)
def test_no_record_is_larger_than_its_upper_bound(key: bytes | None, value: bytes | None, headers: Headers) -> None:
    size = len(encoded(key, value, headers))

    assert size <= estimate_record_size_upper_bound(key, value, headers) <= size + 21


@given(HEADERS)
def test_headers_are_as_large_as_computed(headers: Headers) -> None:
    assert len(encode_headers(headers)) == headers_size(headers)


def test_sizes_of_a_column_have_minus_one_for_none() -> None:
    assert sizes_of([b"ab", None, b""]) == [2, -1, 0]
    assert sizes_of([None, None]) == [-1, -1]


def test_a_lookup_computes_each_small_number_once() -> None:
    computed: list[int] = []

    def double(number: int) -> int:
        computed.append(number)
        return 2 * number

    lookup = Lookup(double)

    assert [lookup[21], lookup[21], lookup[10**6], lookup[10**6]] == [42, 42, 2 * 10**6, 2 * 10**6]
    assert computed == [21, 10**6, 10**6]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("10 00 00 00 02 6b 02 76", "expected record of 8 bytes at offset 1, where 7 bytes are left"),
        ("01", "expected record of -1 bytes"),
        ("12 00 00 00 02 6b 02 76 00 00", "expected the end of the record, which it says is at 10, at offset 9"),
        ("10 00 00 00 20 6b 02 76 00", "expected key of 16 bytes"),
        ("10 00 00 00 03 6b 02 76 00", "expected key of -2 bytes"),
        ("10 00 00 00 02 6b 02 76 02", "expected headers .it says 1 of them."),
        ("10 00 00 00 02 6b 02 76 01", "expected headers .it says -1 of them."),
        ("14 00 00 00 02 6b 02 76 02 01 00", "expected header name of -1 bytes"),
        ("16 00 00 00 02 6b 02 76 02 02 ff 01", "expected header name in UTF-8"),
    ],
)
def test_malformed_records_are_refused(data: str, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        read(bytes.fromhex(data))


@given(st.binary(max_size=12), st.sampled_from([5, 10]))
def test_numbers_are_read_as_a_reader_reads_them(data: bytes, longest: int) -> None:
    source = Reader(memoryview(data))
    try:
        expected = read_varint(source, longest)
    except WireError:
        with pytest.raises(WireError, match="expected varint"):
            varint_at(data, 0, longest)
    else:
        assert varint_at(data, 0, longest) == (expected, source.offset)


@given(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=3))
def test_every_number_is_found_at_its_offset(number: int, before: bytes) -> None:
    encoded = varint(number)
    assert varint_at(before + encoded + b"x", len(before), longest=10) == (number, len(before + encoded))
