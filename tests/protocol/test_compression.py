"""What each codec writes, what it reads, and that neither nonsense nor a bomb does any harm."""

import gzip
import zlib
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

import cramjam
import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.errors import ConfigError, CorruptRecordBatchError, UnsupportedCompressionTypeError
from kafka_nio.protocol import compression
from kafka_nio.protocol.compression import NO_COMPRESSION, Compression, CompressionType, decompress

NONE, GZIP, SNAPPY, LZ4, ZSTD = CompressionType
REAL = [GZIP, SNAPPY, LZ4, ZSTD]

TEXT = b"one coffee for table 4, " * 10_000
"""240,000 bytes: several blocks of snappy and of lz4."""

ORDERS = b"".join(b'{"id": %d, "table": %d, "price": "%d"}' % (n * n, n % 17, n * 7919 % 1000) for n in range(2000))
"""Text with something to search in, where trying harder pays."""

LEVELS = [
    *(Compression(GZIP, level) for level in (-1, *range(1, 10))),
    Compression(SNAPPY),
    *(Compression(LZ4, level) for level in range(1, 18)),
    *(Compression(ZSTD, level) for level in (-131_072, -5, 0, 1, 3, 9, 22)),
]

each_codec = pytest.mark.parametrize("codec", REAL, ids=lambda codec: codec.title)


def test_codecs_have_kafkas_numbers_and_names() -> None:
    assert {codec.title: int(codec) for codec in CompressionType} == {
        "none": 0,
        "gzip": 1,
        "snappy": 2,
        "lz4": 3,
        "zstd": 4,
    }
    assert [CompressionType.for_name(codec.title) for codec in CompressionType] == list(CompressionType)


# Writing...


def test_no_compression_leaves_the_bytes_alone() -> None:
    assert NO_COMPRESSION.compress(TEXT) is TEXT
    assert decompress(NONE, memoryview(TEXT)) == TEXT


@pytest.mark.parametrize("compression", LEVELS, ids=lambda codec: f"{codec.type.title} {codec.level}")
@pytest.mark.parametrize("data", [b"", b"x", TEXT[:1000]], ids=len)
def test_each_level_can_be_read_again(compression: Compression, data: bytes) -> None:
    assert decompress(compression.type, compression.compress(data)) == data


@each_codec
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=300), times=st.integers(1, 1000))
def test_what_was_compressed_is_read_again(codec: CompressionType, data: bytes, times: int) -> None:
    assert decompress(codec, Compression(codec).compress(data * times)) == data * times


@each_codec
def test_compressing_makes_it_smaller(codec: CompressionType) -> None:
    assert len(Compression(codec).compress(TEXT)) < len(TEXT) / 10


def test_a_level_is_obeyed() -> None:
    sizes = {(each.type, each.level): len(each.compress(ORDERS)) for each in LEVELS}

    assert sizes[GZIP, 9] < sizes[GZIP, 1]
    assert sizes[ZSTD, 22] < sizes[ZSTD, 1] < sizes[ZSTD, -131_072]
    assert sizes[LZ4, 17] < sizes[LZ4, 3]


def test_the_default_levels_are_kafkas() -> None:
    for codec, level in ((GZIP, -1), (LZ4, 9), (ZSTD, 3)):
        assert Compression(codec).compress(TEXT) == Compression(codec, level).compress(TEXT)


def test_level_9_of_lz4_is_the_quick_compressor_as_in_kafka() -> None:
    quick = lz4.frame.compress(ORDERS, 0, block_size=lz4.frame.BLOCKSIZE_MAX64KB, block_linked=False, store_size=False)

    assert Compression(LZ4, 9).compress(ORDERS) == quick
    assert len(Compression(LZ4, 8).compress(ORDERS)) < len(quick)


def test_gzip_is_one_member() -> None:
    compressed = Compression(GZIP).compress(TEXT)
    member = zlib.decompressobj(wbits=31)

    assert member.decompress(compressed) == TEXT
    assert member.eof
    assert member.unused_data == b""


def test_snappy_has_xerial_framing() -> None:
    compressed = Compression(SNAPPY).compress(bytes(40_000))

    assert compressed[:16].hex(" ") == "82 53 4e 41 50 50 59 00 00 00 00 01 00 00 00 01"
    first = int.from_bytes(compressed[16:20], "big")
    assert cramjam.snappy.decompress_raw_len(compressed[20 : 20 + first]) == 32_768
    second = compressed[20 + first :]
    assert int.from_bytes(second[:4], "big") == len(second) - 4
    assert cramjam.snappy.decompress_raw_len(second[4:]) == 40_000 - 32_768


def test_lz4_frames_have_the_header_that_java_writes() -> None:
    """Version 1, independent blocks of at most 64 KiB, no checksums, no size: 0x60 0x40, and 0x82 to check that."""
    compressed = Compression(LZ4).compress(TEXT)

    assert compressed[:7].hex(" ") == "04 22 4d 18 60 40 82"
    assert compressed[-4:] == bytes(4)  # the end mark, and no checksum behind it


# Reading what others write...


def lz4_with(**options: object) -> Callable[[bytes], bytes]:
    return lambda data: lz4.frame.compress(data, **options)


def zstd_stream(data: bytes) -> bytes:
    """As Java's stream writes it: without saying how large it will become."""
    stream = zstandard.ZstdCompressor(write_checksum=True, write_content_size=False).compressobj()
    return bytes(stream.compress(data) + stream.flush())


OTHERS = {
    "gzip with a name in its header": (GZIP, lambda data: gzip.compress(data, 1)),
    "two members of gzip": (GZIP, lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    "snappy without framing": (SNAPPY, lambda data: bytes(cramjam.snappy.compress_raw(data))),
    "lz4 with linked blocks": (LZ4, lz4_with(block_linked=True)),
    "lz4 with checksums": (LZ4, lz4_with(content_checksum=True, block_checksum=True)),
    "lz4 with large blocks": (LZ4, lz4_with(block_size=lz4.frame.BLOCKSIZE_MAX4MB, store_size=True)),
    "two frames of lz4": (LZ4, lambda data: lz4.frame.compress(data[:100]) + lz4.frame.compress(data[100:])),
    "cramjam's lz4": (LZ4, lambda data: bytes(cramjam.lz4.compress(data))),
    "a stream of zstd": (ZSTD, zstd_stream),
    "two frames of zstd": (ZSTD, lambda data: zstd_stream(data[:100]) + zstd_stream(data[100:])),
    "many frames of zstd": (ZSTD, lambda data: b"".join(zstd_stream(data[i : i + 100]) for i in range(0, 30_000, 100))),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_spellings_of_a_format_are_read(name: str) -> None:
    codec, write = OTHERS[name]
    data = TEXT[:30_000]

    assert decompress(codec, write(data)) == data


# Reading what cannot be read...


@each_codec
@pytest.mark.parametrize("cut", [1, 3, 7])
def test_a_stream_that_is_cut_off_is_refused(codec: CompressionType, cut: int) -> None:
    with pytest.raises(CorruptRecordBatchError, match=f"malformed {codec.title}"):
        decompress(codec, Compression(codec).compress(TEXT[:1000])[:-cut])


@each_codec
@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=100))
def test_nonsense_raises_nothing_but_corrupt(codec: CompressionType, data: bytes) -> None:
    for hostile in (data, Compression(codec).compress(TEXT[:50])[:20] + data):
        with suppress(CorruptRecordBatchError):
            decompress(codec, hostile, limit=100_000)


@each_codec
def test_what_unpacks_to_more_than_allowed_is_refused(codec: CompressionType) -> None:
    compressed = Compression(codec).compress(TEXT)

    assert decompress(codec, compressed, limit=len(TEXT)) == TEXT
    with pytest.raises(CorruptRecordBatchError, match=f"{codec.title} that unpacks to more than 239999 bytes"):
        decompress(codec, compressed, limit=len(TEXT) - 1)


@pytest.mark.parametrize("codec", [GZIP, LZ4, ZSTD], ids=lambda codec: codec.title)
def test_many_small_members_count_together(codec: CompressionType) -> None:
    with pytest.raises(CorruptRecordBatchError, match="more than 5000 bytes"):
        decompress(codec, Compression(codec).compress(bytes(1000)) * 6, limit=5000)


def test_a_bomb_is_not_unpacked() -> None:
    """A gigabyte of zeros in 32 kilobytes. It would take seconds, and the memory, to unpack it."""
    packer = zstandard.ZstdCompressor().compressobj()
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(1024)) + packer.flush()

    assert len(bomb) < 100_000
    with pytest.raises(CorruptRecordBatchError, match="more than 1000000 bytes"):
        decompress(ZSTD, bomb, limit=1_000_000)


# Without the libraries...


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python without the extra `codecs`."""

    def no_module(name: str) -> object:
        if name.partition(".")[0] in ("cramjam", "lz4", "zstandard"):
            raise ImportError(name)
        return import_module(name)

    monkeypatch.setattr(compression, "import_module", no_module)


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(("codec", "package"), [(SNAPPY, "cramjam"), (LZ4, "lz4"), (ZSTD, "zstandard")])
def test_a_missing_library_is_named_and_the_extra_that_brings_it(codec: CompressionType, package: str) -> None:
    with pytest.raises(ConfigError) as missing:
        Compression(codec).ensure_available()
    assert str(missing.value) == (
        f"compression.type='{codec.title}': the package {package} is not installed; "
        "pip install 'kafka-nio[codecs]' brings it"
    )
    with pytest.raises(UnsupportedCompressionTypeError, match=package):
        decompress(codec, b"x")


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("codec", [NONE, GZIP], ids=lambda codec: codec.title)
def test_none_and_gzip_need_no_library(codec: CompressionType) -> None:
    Compression(codec).ensure_available()
    assert decompress(codec, Compression(codec).compress(TEXT)) == TEXT
