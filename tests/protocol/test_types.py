"""Single values on the wire: known bytes, every value back again, and what is refused."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.protocol import types
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.types import Part, WireType


def written(wire_type: WireType, value: object) -> bytes:
    out: list[Part] = []
    wire_type.write(value, out)
    return b"".join(out)


def read(wire_type: WireType, data: bytes) -> object:
    source = Reader(memoryview(data))
    value = wire_type.read(source)
    assert source.remaining == 0
    return value


CLASSIC_STRING = types.String(types.CLASSIC_STRING_LENGTH, nullable=True)
COMPACT_STRING = types.String(types.COMPACT_LENGTH, nullable=True)
INT32_ARRAY = types.Array(types.INT32, types.CLASSIC_LENGTH, nullable=True)

KNOWN = [
    (types.BOOLEAN, True, "01"),
    (types.INT8, -1, "ff"),
    (types.INT16, 258, "0102"),
    (types.INT32, -2, "fffffffe"),
    (types.INT64, 1, "0000000000000001"),
    (types.UINT32, 0xE3069283, "e3069283"),
    (types.UUID_TYPE, UUID(int=1), "00000000000000000000000000000001"),
    (CLASSIC_STRING, "é", "0002c3a9"),
    (CLASSIC_STRING, "", "0000"),
    (CLASSIC_STRING, None, "ffff"),
    (COMPACT_STRING, "é", "03c3a9"),
    (COMPACT_STRING, "", "01"),
    (COMPACT_STRING, None, "00"),
    (types.Bytes(types.CLASSIC_LENGTH, nullable=True), b"ab", "000000026162"),
    (types.Bytes(types.CLASSIC_LENGTH, nullable=True), None, "ffffffff"),
    (types.Bytes(types.COMPACT_LENGTH, nullable=True), b"ab", "036162"),
    (INT32_ARRAY, [1, 2], "000000020000000100000002"),
    (INT32_ARRAY, [], "00000000"),
    (INT32_ARRAY, None, "ffffffff"),
    (types.Array(COMPACT_STRING, types.COMPACT_LENGTH), ["a", None], "03026100"),
]


@pytest.mark.parametrize(("wire_type", "value", "data"), KNOWN)
def test_known_values_have_known_bytes(wire_type: WireType, value: object, data: str) -> None:
    assert written(wire_type, value).hex() == data
    assert read(wire_type, bytes.fromhex(data)) == value


@pytest.mark.parametrize(
    ("number", "data"),
    [(0, "00"), (1, "01"), (127, "7f"), (128, "8001"), (300, "ac02"), (16384, "808001"), (2**32 - 1, "ffffffff0f")],
)
def test_unsigned_varints_have_seven_bits_a_byte(number: int, data: str) -> None:
    assert types.unsigned_varint(number).hex() == data


@pytest.mark.parametrize(
    ("number", "data"),
    [(0, "00"), (-1, "01"), (1, "02"), (-2, "03"), (63, "7e"), (-64, "7f"), (64, "8001"), (2**31 - 1, "feffffff0f")],
)
def test_signed_varints_are_zigzag(number: int, data: str) -> None:
    assert types.varint(number).hex() == data


@given(st.integers(0, 2**32 - 1))
def test_unsigned_varints_are_read_back(number: int) -> None:
    assert types.read_unsigned_varint(Reader(memoryview(types.unsigned_varint(number)))) == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_varlongs_are_read_back(number: int) -> None:
    assert types.read_varint(Reader(memoryview(types.varint(number))), longest=10) == number


@pytest.mark.parametrize("data", ["", "80", "8080808080", "ffffffff1f", "808080808001"])
def test_varints_without_end_or_too_large_are_refused(data: str) -> None:
    with pytest.raises(WireError, match="expected varint"):
        types.read_unsigned_varint(Reader(memoryview(bytes.fromhex(data))))


@pytest.mark.parametrize(
    ("wire_type", "data", "complaint"),
    [
        (types.INT32, "000000", r"expected int32 \(4 bytes\) at offset 0, where 3 bytes are left"),
        (types.UUID_TYPE, "00", "expected uuid of 16 bytes"),
        (CLASSIC_STRING, "000361", "expected nullable string, not a size of 3, at offset 0, where 3 bytes are left"),
        (CLASSIC_STRING, "fffe", "not a size of -2"),
        (types.String(types.CLASSIC_STRING_LENGTH), "ffff", "expected string, not a size of -1"),
        (types.String(types.COMPACT_LENGTH), "00", "expected string, not a size of -1"),
        (CLASSIC_STRING, "0001ff", "UTF-8 .invalid start byte. at offset 2"),
        (INT32_ARRAY, "7fffffff00", "expected nullable array of int32, not a size of 2147483647"),
        (INT32_ARRAY, "000000020000000100", "expected 2 int32 values of 8 bytes at offset 4, where 5 bytes are left"),
        (types.Array(CLASSIC_STRING, types.CLASSIC_LENGTH), "00000002 0000 00", r"^\[1\]: expected int16"),
    ],
)
def test_malformed_bytes_are_refused(wire_type: WireType, data: str, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        read(wire_type, bytes.fromhex(data))


@pytest.mark.parametrize(
    ("wire_type", "value", "complaint"),
    [
        (types.INT16, 32768, "32768 is no int16"),
        (types.INT32, "1", "'1' is no int32"),
        (types.String(types.CLASSIC_STRING_LENGTH), None, "None, where this version has a string"),
        (CLASSIC_STRING, "x" * 32768, "32768 is no int16"),
        (CLASSIC_STRING, "\ud800", "no text that UTF-8 can carry"),
        (INT32_ARRAY, [0, 2**31], r"^\[1\]: 2147483648 is no int32"),
    ],
)
def test_values_that_do_not_fit_are_refused(wire_type: WireType, value: object, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        written(wire_type, value)


def test_bytes_are_read_as_a_view_of_the_payload() -> None:
    payload = memoryview(b"\0\0\0\3abc")
    value = types.Bytes(types.CLASSIC_LENGTH).read(Reader(payload))

    assert isinstance(value, memoryview)
    assert value.obj is payload.obj


@pytest.mark.parametrize("narrow", [lambda source: source.take(3, "it"), lambda source: source.narrow(3, "it")])
def test_nobody_reads_past_the_end(narrow: Callable[[Reader], object]) -> None:
    source = Reader(memoryview(b"abcdef"), 0, end=2)
    with pytest.raises(WireError, match="expected it of 3 bytes at offset 0, where 2 bytes are left"):
        narrow(source)
