"""The checksum: known values, the relations it rests on, and the same result however it is computed."""

import random
from collections.abc import Callable

import google_crc32c
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.protocol.crc32c import RELATIONS, crc32c, crc32c_in_python

POLYNOMIAL = 0x11EDC6F41
"""x^32 + x^28 + x^27 + … + 1, highest power in the highest bit."""

IMPLEMENTATIONS = pytest.mark.parametrize("checksum", [crc32c, crc32c_in_python], ids=["installed", "python"])


def by_table(data: bytes) -> int:
    """The textbook's way."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@IMPLEMENTATIONS
@pytest.mark.parametrize(
    ("data", "crc"),
    [(b"", 0), (b"123456789", 0xE3069283), (b"Some String", 608512271), (bytes(32), 0x8A9136AA)],
)
def test_known_values(checksum: Callable[..., int], data: bytes, crc: int) -> None:
    assert checksum(data) == crc


@pytest.mark.parametrize(("degree", "exponents"), RELATIONS)
def test_relations_are_multiples_of_the_polynomial(degree: int, exponents: tuple[int, ...]) -> None:
    rest = 1 << degree
    for exponent in exponents:
        rest ^= 1 << exponent
    while rest.bit_length() >= POLYNOMIAL.bit_length():
        rest ^= POLYNOMIAL << (rest.bit_length() - POLYNOMIAL.bit_length())

    assert rest == 0


@given(st.binary(max_size=2000))
def test_folding_gives_what_the_table_gives(data: bytes) -> None:
    assert crc32c_in_python(data) == by_table(data)


@pytest.mark.parametrize("size", [33, 34, 35, 66, 67, 710, 711, 712, 1421, 1422, 16384, 16385, 1_048_576])
def test_folding_gives_what_c_gives(size: int) -> None:
    data = random.Random(size).randbytes(size)

    assert crc32c_in_python(data) == google_crc32c.value(data)


@IMPLEMENTATIONS
def test_buffers_count_as_one(checksum: Callable[..., int]) -> None:
    assert checksum(b"1234", bytearray(b""), memoryview(b"x56789x")[1:-1]) == 0xE3069283
