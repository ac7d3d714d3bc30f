"""The primitive types of Kafka's wire format: how one value becomes bytes, and how bytes become one value.

Every type has `write(value, out)`, which appends bytes to the list `out`, and `read(source)`, which takes a value off a
`Reader`. Appending to a list and joining once at the end is the cheapest way to build bytes in Python, and it lets a
megabyte of records pass through untouched as a part of its own.

What has a length comes in two spellings. The classic one is a fixed-width length, -1 for null. The compact one, used
by the "flexible" versions since Kafka 2.4 (KIP-482), is an unsigned varint of length + 1, so that 0 can mean null.

A size read from the wire is compared with the bytes that are left before anything of that size is made.

Left out against Java: float64, uint16, and nullable structs, which no message here has.

Java: org.apache.kafka.common.protocol.types.Type
"""

import struct
from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID

from kafka_nio.protocol.reader import Reader, WireError

Part = bytes | memoryview
"""A piece of an encoded message."""

NULL = -1
"""The size of what is not there."""


class WireType(Protocol):
    """What every type can do. `name` is the word for it in error messages."""

    @property
    def name(self) -> str:
        """As Kafka's protocol guide calls it."""

    def write(self, value: Any, out: list[Part]) -> None:
        """Append the bytes of `value`."""

    def read(self, source: Reader) -> Any:
        """Take a value off the source."""


# Numbers of a fixed width, big-endian...


class Fixed:
    """A value of fixed width that the `struct` module knows: integers and booleans."""

    __slots__ = ("_code", "_pack", "_unpack_from", "name", "size")

    def __init__(self, name: str, code: str) -> None:
        packer = struct.Struct(f">{code}")
        self._code = code
        self.name = name
        self.size = packer.size
        self._pack = packer.pack
        self._unpack_from = packer.unpack_from

    def write(self, value: int, out: list[Part]) -> None:
        try:
            out.append(self._pack(value))
        except struct.error as error:
            raise WireError(f"{value!r} is no {self.name} ({error})") from None

    def read(self, source: Reader) -> Any:
        end = source.offset + self.size
        if end > source.end:
            source.fail(f"{self.name} ({self.size} bytes)")
        (value,) = self._unpack_from(source.payload, source.offset)
        source.offset = end
        return value

    def read_many(self, source: Reader, count: int) -> list[Any]:
        """`count` values in a row, by one call of `struct` instead of `count`."""
        end = source.offset + count * self.size
        if end > source.end:
            source.fail(f"{count} {self.name} values of {count * self.size} bytes")
        values = struct.unpack_from(f">{count}{self._code}", source.payload, source.offset)
        source.offset = end
        return list(values)


BOOLEAN = Fixed("boolean", "?")
INT8 = Fixed("int8", "b")
INT16 = Fixed("int16", "h")
INT32 = Fixed("int32", "i")
INT64 = Fixed("int64", "q")
UINT32 = Fixed("uint32", "I")


class Uuid:
    """16 bytes. All zeros stand for "no id"."""

    name = "uuid"

    def write(self, value: UUID, out: list[Part]) -> None:
        out.append(value.bytes)

    def read(self, source: Reader) -> UUID:
        return UUID(bytes=bytes(source.take(16, self.name)))


UUID_TYPE = Uuid()
ZERO_UUID = UUID(int=0)
"""The id of a topic whose id is not known."""


# Numbers as short as they can be...


def unsigned_varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the top bit says that more follow."""
    if value < 0x80:
        return value.to_bytes(1, "big")
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def read_unsigned_varint(source: Reader, longest: int = 5) -> int:
    """An unsigned number of at most `longest` bytes: 5 for what Java keeps in an int, 10 for a long.

    Five bytes carry 35 bits and ten carry 70; a number that needs more than 32 or 64 is refused.
    """
    value = 0
    payload, offset = source.payload, source.offset
    if offset < source.end and payload[offset] < 0x80:
        source.offset = offset + 1
        return payload[offset]
    for position in range(min(longest, source.remaining)):
        byte = payload[offset + position]
        value |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            if value >> (32 if longest == 5 else 64):
                break
            source.offset = offset + position + 1
            return value
    source.fail(f"varint (at most {longest} bytes)")


def zigzag(value: int) -> int:
    """0, -1, 1, -2 … as 0, 1, 2, 3 …, so that small negative numbers are short too."""
    return value << 1 if value >= 0 else ~(value << 1)


def varint(value: int) -> bytes:
    """A signed number: its zigzag as an unsigned varint. The records of a batch are made of these."""
    return unsigned_varint(zigzag(value))


def read_varint(source: Reader, longest: int = 5) -> int:
    """The opposite of `varint`; `longest` as for `read_unsigned_varint`."""
    value = read_unsigned_varint(source, longest)
    return value >> 1 ^ -(value & 1)


# How long something is...


class Length(Protocol):
    """How a size is spelled."""

    def encode(self, size: int) -> bytes:
        """The bytes of a size; `NULL` for what is not there."""

    def read(self, source: Reader) -> int:
        """The size, or `NULL`. A size below that is passed on as it is."""


class ClassicLength:
    """A fixed-width integer: int16 for strings, int32 for everything else."""

    def __init__(self, width: Fixed) -> None:
        self._width = width

    def encode(self, size: int) -> bytes:
        out: list[Part] = []
        self._width.write(size, out)
        return bytes(out[0])

    def read(self, source: Reader) -> int:
        size: int = self._width.read(source)
        return size


class CompactLength:
    """An unsigned varint of size + 1, so that null is 0 and one byte serves sizes up to 126."""

    def encode(self, size: int) -> bytes:
        return unsigned_varint(size + 1)

    def read(self, source: Reader) -> int:
        offset = source.offset
        if offset < source.end and source.payload[offset] < 0x80:  # as `read_unsigned_varint` would, a call earlier
            source.offset = offset + 1
            return source.payload[offset] - 1
        return read_unsigned_varint(source) - 1


CLASSIC_STRING_LENGTH = ClassicLength(INT16)
CLASSIC_LENGTH = ClassicLength(INT32)
COMPACT_LENGTH = CompactLength()


class Sized:
    """What strings, bytes and arrays have in common: a size in front, and perhaps null."""

    __slots__ = ("length", "name", "nullable")

    def __init__(self, name: str, length: Length, nullable: bool) -> None:
        self.name = f"nullable {name}" if nullable else name
        self.length = length
        self.nullable = nullable

    def write_null(self, out: list[Part]) -> None:
        """Append the size of what is not there."""
        if not self.nullable:
            raise WireError(f"None, where this version has a {self.name}")
        out.append(self.length.encode(NULL))

    def read_size(self, source: Reader) -> int:
        """The size, or `NULL` where that is allowed; never more than the bytes left.

        An array is held to the same bound as a string, because no element takes less than a byte.
        """
        start = source.offset
        size = self.length.read(source)
        if size > source.end - source.offset or size < (NULL if self.nullable else 0):
            source.offset = start
            source.fail(f"{self.name}, not a size of {size},")
        return size


class String(Sized):
    """Text in UTF-8; the size counts bytes."""

    __slots__ = ()

    def __init__(self, length: Length, nullable: bool = False) -> None:
        super().__init__("string", length, nullable)

    def write(self, value: str | None, out: list[Part]) -> None:
        if value is None:
            self.write_null(out)
            return
        try:
            encoded = value.encode()
        except UnicodeEncodeError as error:
            raise WireError(f"{value!r} is no text that UTF-8 can carry ({error.reason})") from None
        out.append(self.length.encode(len(encoded)))
        out.append(encoded)

    def read(self, source: Reader) -> str | None:
        size = self.read_size(source)
        if size == NULL:
            return None
        try:
            return str(source.take(size, self.name), "utf-8")
        except UnicodeDecodeError as error:
            source.offset -= size
            source.fail(f"{self.name} in UTF-8 ({error.reason})")


RECORDS = "records"
"""The name of the bytes that are record batches."""


class Bytes(Sized):
    """Bytes; what is read is a view of the payload, not a copy of it."""

    __slots__ = ()

    def __init__(self, length: Length, nullable: bool = False, name: str = "bytes") -> None:
        super().__init__(name, length, nullable)

    def write(self, value: Part | None, out: list[Part]) -> None:
        if value is None:
            self.write_null(out)
            return
        out.append(self.length.encode(len(value)))
        out.append(value)

    def read(self, source: Reader) -> memoryview | None:
        size = self.read_size(source)
        return None if size == NULL else source.take(size, self.name)


class Array(Sized):
    """So many of the same type, one after another."""

    __slots__ = ("item",)

    def __init__(self, item: WireType, length: Length, nullable: bool = False) -> None:
        super().__init__(f"array of {item.name}", length, nullable)
        self.item = item

    def write(self, values: Sequence[Any] | None, out: list[Part]) -> None:
        if values is None:
            self.write_null(out)
            return
        out.append(self.length.encode(len(values)))
        write = self.item.write
        for index, value in enumerate(values):
            try:
                write(value, out)
            except WireError as error:
                error.path.insert(0, f"[{index}]")
                raise

    def read(self, source: Reader) -> list[Any] | None:
        size = self.read_size(source)
        if size == NULL:
            return None
        if isinstance(self.item, Fixed):
            return self.item.read_many(source, size)
        read = self.item.read
        values: list[Any] = []
        try:
            for _ in range(size):
                values.append(read(source))
        except WireError as error:
            error.path.insert(0, f"[{len(values)}]")
            raise
        return values
