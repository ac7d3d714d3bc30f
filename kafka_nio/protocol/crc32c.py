"""CRC-32C, the checksum of record batches, in plain Python and yet not slow.

A CRC reads the message as a polynomial whose coefficients are bits, and keeps the remainder of its division by a fixed
polynomial P, Castagnoli's. The usual program goes byte by byte through a table: `_remainder` below, five lines, 6 MB a
second in Python. Dividing 16 KiB that way takes longer than everything else a producer does with them.

Python is good at big integers, so we first make the message short. `RELATIONS` names multiples of P with few terms:

    x^266 + x^143 + x^121 + x^88 + x^71 + 1  =  0   (modulo P)

It says that a bit may be struck out if the bits 266-143, 266-121, 266-88, 266-71 and 266-0 places further on are
flipped: the remainder stays the same. What holds for one bit holds for a block of them, so a whole block at the front
is struck out with a few shifts and XORs of one big integer. Squaring a polynomial over bits doubles its exponents, so
the relation also holds at 2, 4, 8, … times the distance: we fold a long message with wide steps first. Some 34 bytes
are left for the table in the end. That is 200 MB a second, with nothing installed.

With the package google-crc32c installed its C function does the work, and neither trick is used.

Java: org.apache.kafka.common.utils.Crc32C
"""

from collections.abc import Callable
from importlib import import_module

CASTAGNOLI = 0x82F63B78
"""The polynomial without its highest term, lowest power in the top bit: 0x1EDC6F41 mirrored."""

RELATIONS = (
    (5685, (1362, 426, 0)),
    (266, (143, 121, 88, 71, 0)),
)
"""Multiples of the polynomial, as the highest exponent and the others; coarse first. The tests divide each of them."""

ALL_ONES = 0xFFFFFFFF
"""A CRC-32C starts with all bits set, and flips them all in the end."""

Buffer = bytes | bytearray | memoryview


def crc32c_in_python(*buffers: Buffer) -> int:
    """The CRC-32C of the buffers one after another, without any help."""
    data = b"".join(buffers)
    if len(data) < 4:
        return _remainder(data, ALL_ONES) ^ ALL_ONES
    # Read as little-endian, the bit that the division meets first is bit 0: shifting right drops the front.
    message = int.from_bytes(data, "little") ^ ALL_ONES
    bits = 8 * len(data)
    for degree, exponents in RELATIONS:
        message, bits = _fold(message, bits, degree, exponents)
    return _remainder(message.to_bytes(bits // 8, "little"), 0) ^ ALL_ONES


def _fold(message: int, bits: int, degree: int, exponents: tuple[int, ...]) -> tuple[int, int]:
    """Strike out blocks at the front of `message` until about `degree` bits are left of its `bits`."""
    scale = 1
    while 2 * scale * degree < bits:
        scale *= 2
    while scale:
        reach, widest = scale * degree, scale * (degree - exponents[0])
        # A block no wider than `widest` is flipped into bits behind itself; one of whole bytes leaves whole bytes.
        while block := min(bits - reach, widest) & ~7 if bits > reach else 0:
            front = message & ((1 << block) - 1)
            message >>= block
            bits -= block
            for exponent in exponents:
                message ^= front << (reach - scale * exponent - block)
        scale //= 2
    return message, bits


def _remainder(data: bytes, crc: int) -> int:
    """The division proper, a byte at a time."""
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


def _table_entry(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (CASTAGNOLI if byte & 1 else 0)
    return byte


TABLE = tuple(map(_table_entry, range(256)))
"""What each byte does to the remainder."""


def _from_package() -> Callable[..., int] | None:
    """The same by google-crc32c, or None if it is not there or has no C in it either."""
    try:
        package = import_module("google_crc32c")
    except ImportError:
        return None
    if package.implementation != "c":
        return None
    extend: Callable[[int, bytes], int] = package.extend

    def crc32c_in_c(*buffers: Buffer) -> int:
        crc = 0
        for buffer in buffers:
            crc = extend(crc, bytes(buffer))  # it refuses views; bytes(bytes) is no copy
        return crc

    return crc32c_in_c


crc32c: Callable[..., int] = _from_package() or crc32c_in_python
"""The CRC-32C of one buffer or of several that follow each other."""
