"""The four compressions that the records of a batch may have, and what each looks like on the wire.

    gzip    RFC 1952, as the standard library writes it
    snappy  xerial framing: a header of 16 bytes, then blocks, each with its size in front (see `_compress_snappy`)
    lz4     the LZ4 frame format, with blocks that do not depend on each other: Java's reader refuses all other frames
    zstd    the Zstandard frame format; brokers know it since Kafka 2.1

The whole records section is one compressed stream. `Compression` is a codec with a level and writes; `decompress` reads
what others may write too: several members one after another, snappy without framing, frames with checksums.

What is read may be hostile. A kilobyte of zeros in zstd unpacks to thirty megabytes, so every codec is given its input
by the bite and stopped at a limit, before the memory is taken or soon after. A size that a stream claims is believed
only as far as its bytes could make it true.

gzip is in the standard library, the others need the extra `codecs`. lz4 and zstd come from the bindings of the
reference libraries, lz4 and zstandard. cramjam brings all of them, but its lz4 frames are of the kind that Kafka
refuses, and its zstd cannot be stopped; so it is used for snappy alone.

Java: org.apache.kafka.common.compress.Compression
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from importlib import import_module
from io import BytesIO
from typing import Any, NamedTuple

from kafka_nio.errors import ConfigError, CorruptRecordBatchError, UnsupportedCompressionTypeError

DECOMPRESSED_MAX_BYTES = 128 << 20
"""What a batch may unpack to. Brokers take batches of a megabyte; at a ratio of one hundred this is enough."""

INSTALL = "pip install 'kafka-nio[codecs]'"


class CompressionType(IntEnum):
    """The codecs by the number in a batch's attributes; options call them by their names in lower case."""

    NONE = 0
    GZIP = 1
    SNAPPY = 2
    LZ4 = 3
    ZSTD = 4

    @property
    def title(self) -> str:
        """As `compression.type` calls it."""
        return self.name.lower()

    @classmethod
    def for_name(cls, name: str) -> "CompressionType":
        """The codec that `compression.type` calls by this name."""
        return cls[name.upper()]


@dataclass(frozen=True, slots=True)
class Compression:
    """A codec and how hard it tries; `level` None is the codec's own default.

    The levels are Kafka's: gzip 1 to 9, or -1 for zlib's choice; lz4 1 to 17, where 9 is the quick one; zstd -131072
    to 22. snappy has none.
    """

    type: CompressionType = CompressionType.NONE
    level: int | None = None

    def ensure_available(self) -> None:
        """Raise now what `compress` would raise later, on a thread whose caller has gone.

        Raises:
            ConfigError: a library is missing.
        """
        codec = CODECS.get(self.type)
        try:
            if codec is not None and codec.library is not None:
                _library(codec.library)
        except UnsupportedCompressionTypeError as error:
            raise ConfigError(f"compression.type={self.type.title!r}: {error}") from None

    def compress(self, data: bytes) -> bytes:
        """`data` as one compressed stream; the same object if there is no compression."""
        codec = CODECS.get(self.type)
        if codec is None:
            return data
        return codec.compress(data, codec.default_level if self.level is None else self.level)


NO_COMPRESSION = Compression()


def decompress(
    compression_type: CompressionType, data: bytes | memoryview, limit: int = DECOMPRESSED_MAX_BYTES
) -> bytes:
    """What was compressed.

    Args:
        compression_type: by which codec.
        data: all of the stream, and nothing behind it.
        limit: how many bytes may come out.

    Raises:
        CorruptRecordBatchError: the stream is malformed, incomplete, or larger than `limit`.
        UnsupportedCompressionTypeError: the library that could read it is not installed.
    """
    out = BytesIO()
    out.writelines(unpack(compression_type, data, limit))
    return out.getvalue()  # which is the buffer itself and no copy of it


def unpack(
    compression_type: CompressionType, data: bytes | memoryview, limit: int = DECOMPRESSED_MAX_BYTES
) -> Iterator[bytes]:
    """What was compressed, by the piece: whoever keeps one at a time needs little memory, however much it is in all.

    A piece has 2 MiB at most; a block of snappy, which cannot be unpacked in parts, has up to `SNAPPY_MOST` times
    its size. Arguments and errors are those of `decompress`; an error comes behind the pieces that are sound.
    """
    codec = CODECS.get(compression_type)
    if codec is None:
        yield bytes(data)
        return
    size = 0
    try:
        for piece in codec.decompress(memoryview(data), limit):
            size += len(piece)
            if size > limit:
                raise _TooLargeError
            yield piece
    except _TooLargeError:
        raise CorruptRecordBatchError(f"{compression_type.title} that unpacks to more than {limit} bytes") from None
    except UnsupportedCompressionTypeError:
        raise
    except Exception as error:  # each library has its own
        raise CorruptRecordBatchError(f"malformed {compression_type.title}: {error}") from None


class _TooLargeError(Exception):
    """More comes out than is allowed."""


def _library(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise UnsupportedCompressionTypeError(f"the package {package} is not installed; {INSTALL} brings it") from None


BITE_BYTES = 4096
"""How much of a stream is unpacked at once. What stands behind the end of a member is handed back, copied, so a stream
of many small members would be copied as often as it has members, if it were given as a whole."""

PIECE_BYTES = 256 << 10
"""How much may come out at once, where a library can be told."""


def _members(
    data: memoryview,
    new_decompressor: Callable[[], Any],
    unpack: Callable[[Any, memoryview], Iterator[bytes]],
    bite_bytes: int = BITE_BYTES,
) -> Iterator[bytes]:
    """Unpack members one after another. A decompressor tells when its member has ended, and what stands behind it."""
    at, member = 0, None
    while at < len(data):
        if member is None or member.eof:
            member = new_decompressor()
        bite = data[at : at + bite_bytes]
        yield from unpack(member, bite)
        at += len(bite) - len(member.unused_data or b"")
    if member is not None and not member.eof:
        raise ValueError("it is cut off")


# gzip...


def _compress_gzip(data: bytes, level: int) -> bytes:
    return zlib.compress(data, level, wbits=GZIP_WINDOW)


def _decompress_gzip(data: memoryview, _limit: int) -> Iterator[bytes]:
    return _members(data, lambda: zlib.decompressobj(wbits=GZIP_WINDOW), _unpack_gzip)


def _unpack_gzip(member: Any, bite: memoryview | bytes) -> Iterator[bytes]:
    """A piece that is full may not have been all, even if nothing of the bite is left."""
    is_full = True
    while (bite or is_full) and not member.eof:
        piece = member.decompress(bite, PIECE_BYTES)
        yield piece
        bite, is_full = member.unconsumed_tail, len(piece) == PIECE_BYTES


GZIP_WINDOW = zlib.MAX_WBITS | 16
"""How zlib is told to write gzip's header and trailer instead of its own."""


# snappy...

XERIAL_MAGIC = b"\x82SNAPPY\0"
XERIAL_HEADER = XERIAL_MAGIC + struct.pack(">ii", 1, 1)
"""Magic, version, and the oldest version that can read it."""
XERIAL_BLOCK_BYTES = 32 << 10
BLOCK_SIZE = struct.Struct(">i")
SNAPPY_MOST = 22
"""How many bytes a byte of snappy unpacks to at most: its shortest spelling is of 64 bytes in 3."""


def _compress_snappy(data: bytes, _level: int) -> bytes:
    """The framing of snappy-java, which Kafka inherited: snappy itself has only blocks and no streams."""
    snappy = _library("cramjam").snappy
    parts = [XERIAL_HEADER]
    for start in range(0, len(data), XERIAL_BLOCK_BYTES):
        block = bytes(snappy.compress_raw(data[start : start + XERIAL_BLOCK_BYTES]))
        parts += (BLOCK_SIZE.pack(len(block)), block)
    return b"".join(parts)


def _decompress_snappy(data: memoryview, limit: int) -> Iterator[bytes]:
    """librdkafka writes a single block without any framing, so that must be read too."""
    snappy = _library("cramjam").snappy
    for block in _xerial_blocks(data) if data[: len(XERIAL_MAGIC)] == XERIAL_MAGIC else (data,):
        size = snappy.decompress_raw_len(block)  # stands in front of it, so nothing need be unpacked to know
        limit -= size
        if limit < 0:
            raise _TooLargeError
        if size > SNAPPY_MOST * len(block):
            raise ValueError(f"a block of {len(block)} bytes says it unpacks to {size}")
        yield bytes(snappy.decompress_raw(block))


def _xerial_blocks(data: memoryview) -> Iterator[memoryview]:
    at = len(XERIAL_HEADER)
    if len(data) < at:
        raise ValueError("it is cut off")
    while at < len(data):
        (size,) = BLOCK_SIZE.unpack_from(data, at)
        start, at = at + BLOCK_SIZE.size, at + BLOCK_SIZE.size + size
        if not start <= at <= len(data):
            raise ValueError(f"a block says it has {size} bytes, and {len(data) - start} are there")
        yield data[start:at]


# lz4...

LZ4_DEFAULT_LEVEL = 9
LZ4_QUICK, LZ4_THOROUGH, LZ4_MOST_THOROUGH = 0, 3, 12
"""Levels as the library counts them; from the second one on it searches for matches thoroughly."""


def _compress_lz4(data: bytes, level: int) -> bytes:
    """Kafka's level 9 is the quick compressor, every other one is the thorough one, which knows no more than 12."""
    frame = _library("lz4.frame")
    own_level = LZ4_QUICK if level == LZ4_DEFAULT_LEVEL else min(max(level, LZ4_THOROUGH), LZ4_MOST_THOROUGH)
    compressed: bytes = frame.compress(
        data, own_level, block_size=frame.BLOCKSIZE_MAX64KB, block_linked=False, store_size=False
    )
    return compressed


def _decompress_lz4(data: memoryview, _limit: int) -> Iterator[bytes]:
    return _members(data, _library("lz4.frame").LZ4FrameDecompressor, _unpack_lz4)


def _unpack_lz4(member: Any, bite: memoryview | bytes) -> Iterator[bytes]:
    """The library takes all the memory at once that it is allowed, so it is allowed a piece."""
    piece = b" "
    while piece and not member.eof:
        piece = member.decompress(bite, PIECE_BYTES)
        yield piece
        if member.needs_input:
            break
        bite = b""


# zstd...

ZSTD_BITE_BYTES = 64
ZSTD_PIECE_BYTES = ZSTD_BITE_BYTES // 4 * (128 << 10)
"""What a bite may become: a block of 4 bytes unpacks to 128 KiB at most."""


def _compress_zstd(data: bytes, level: int) -> bytes:
    compressed: bytes = _library("zstandard").ZstdCompressor(level=level).compress(data)
    return compressed


def _decompress_zstd(data: memoryview, _limit: int) -> Iterator[bytes]:
    """The library cannot be told how much to unpack, so its bites are small, and the caller counts."""
    return _members(data, _library("zstandard").ZstdDecompressor().decompressobj, _unpack_zstd, ZSTD_BITE_BYTES)


def _unpack_zstd(member: Any, bite: memoryview | bytes) -> Iterator[bytes]:
    yield member.decompress(bite)


# All of them...


class Codec(NamedTuple):
    """How one compression is written and read."""

    compress: Callable[[bytes, int], bytes]
    decompress: Callable[[memoryview, int], Iterator[bytes]]
    default_level: int = 0
    library: str | None = None


CODECS = {
    CompressionType.GZIP: Codec(_compress_gzip, _decompress_gzip, default_level=-1),
    CompressionType.SNAPPY: Codec(_compress_snappy, _decompress_snappy, library="cramjam"),
    CompressionType.LZ4: Codec(_compress_lz4, _decompress_lz4, LZ4_DEFAULT_LEVEL, "lz4.frame"),
    CompressionType.ZSTD: Codec(_compress_zstd, _decompress_zstd, 3, "zstandard"),
}
