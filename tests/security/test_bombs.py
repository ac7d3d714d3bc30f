"""A compressed stream that unpacks to much more than it is: nobody unpacks more of it than is needed to refuse it."""

import struct
import zlib
from collections.abc import Callable

import cramjam
import lz4.frame
import pytest
import zstandard

from kafka_nio.broker import partial_record
from kafka_nio.broker.client_metrics import UNPACKED_MAX_BYTES, ClientMetricsManager
from kafka_nio.broker.partial_record import PartialRecord, partial_records
from kafka_nio.errors import CorruptRecordBatchError, InvalidRecordError
from kafka_nio.protocol import compression
from kafka_nio.protocol.compression import CompressionType, decompress
from kafka_nio.protocol.messages import PushTelemetryRequest
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.protocol.types import ZERO_UUID, unsigned_varint, varint
from tests.security.lies import a_batch, a_record, refuses
from tests.support.cost import KIB, MIB, lines_of, memory_of

BOMB_BYTES = 64 * MIB
LIMIT = MIB


def zstd_bomb(fuse: bytes = b"") -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    start = packer.compress(fuse)
    return start + b"".join(packer.compress(bytes(MIB)) for _ in range(BOMB_BYTES // MIB)) + packer.flush()


def gzip_bomb(fuse: bytes = b"") -> bytes:
    packer = zlib.compressobj(wbits=compression.GZIP_WINDOW)
    start = packer.compress(fuse)
    return start + b"".join(packer.compress(bytes(MIB)) for _ in range(BOMB_BYTES // MIB)) + packer.flush()


BOMBS: dict[CompressionType, Callable[..., bytes]] = {
    CompressionType.GZIP: gzip_bomb,
    CompressionType.SNAPPY: lambda fuse=b"": compression._compress_snappy(fuse + bytes(BOMB_BYTES), 0),
    CompressionType.LZ4: lambda fuse=b"": lz4.frame.compress(fuse + bytes(BOMB_BYTES), block_linked=False),
    CompressionType.ZSTD: zstd_bomb,
}
"""64 MiB of zeros, behind other bytes if need be."""


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_bomb_costs_no_more_than_what_is_allowed(codec: CompressionType) -> None:
    """64 MiB of zeros, where 1 MiB is allowed."""
    bomb = BOMBS[codec]()
    assert len(bomb) < BOMB_BYTES // 20
    assert memory_of(refuses(CorruptRecordBatchError, lambda: decompress(codec, bomb, LIMIT))) < 3 * LIMIT


def compressed_batch(codec: CompressionType, records: bytes, count: int = 1) -> RecordBatch:
    data = bytearray(a_batch(records, count))
    struct.pack_into(">h", data, 21, codec)
    return RecordBatch(data)


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_value_that_unpacks_to_64_mebibytes_is_stepped_over_in_a_few(codec: CompressionType) -> None:
    """It is a sound record, so the broker takes it."""
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(BOMB_BYTES - 1)
    batch = compressed_batch(codec, BOMBS[codec](varint(len(body) + BOMB_BYTES) + body))
    accepted: list[PartialRecord] = []
    assert memory_of(lambda: accepted.extend(partial_records(batch))) < 5 * MIB
    assert [record.offset_delta for record in accepted] == [0]


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_zeros_that_say_they_are_millions_of_headers_are_refused_before_the_first(codec: CompressionType) -> None:
    headers = BOMB_BYTES // 2
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(-1) + varint(headers)
    batch = compressed_batch(codec, BOMBS[codec](varint(len(body) + BOMB_BYTES) + body))
    with pytest.raises(InvalidRecordError, match=r"more than \d+ records and headers"):
        list(partial_records(batch))
    assert lines_of(refuses(InvalidRecordError, lambda: list(partial_records(batch)))) < 2000


def test_records_and_headers_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_record, "PARTS_ALLOWED", 1000)
    two_headers = (varint(0) + varint(-1)) * 2
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(-1) + varint(2) + two_headers
    record = varint(len(body)) + body
    most, too_many = (
        compressed_batch(CompressionType.ZSTD, zstandard.compress(record * count), count) for count in (333, 334)
    )
    assert len(list(partial_records(most))) == 333
    with pytest.raises(InvalidRecordError, match="more than 1000 records and headers"):
        list(partial_records(too_many))


def test_what_is_not_compressed_may_have_as_many_parts_as_it_has_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_record, "PARTS_ALLOWED", 10)
    assert len(list(partial_records(RecordBatch(a_batch(a_record() * 100, count=100))))) == 100


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_small_stream_takes_little_memory(codec: CompressionType) -> None:
    """The library of lz4 takes all that it is allowed, at once: it was allowed 128 MiB for each batch."""
    small = compression.Compression(codec).compress(b"one coffee")
    assert memory_of(lambda: decompress(codec, small)) < 2 * compression.PIECE_BYTES


def test_a_block_of_snappy_that_claims_more_than_it_can_hold_is_not_even_tried() -> None:
    """The library would take the memory first, where nobody here can see it."""
    lie = unsigned_varint(100 * MIB) + b"\xfe\1\0" * 10
    assert cramjam.snappy.decompress_raw_len(lie) == 100 * MIB
    with pytest.raises(CorruptRecordBatchError, match=f"a block of {len(lie)} bytes says it unpacks to 104857600"):
        decompress(CompressionType.SNAPPY, lie)


def test_the_tightest_block_of_snappy_is_believed() -> None:
    data = bytes(MIB)
    packed = bytes(cramjam.snappy.compress_raw(data))
    assert len(data) / len(packed) > 21
    assert decompress(CompressionType.SNAPPY, packed) == data


def test_many_members_are_not_copied_as_often_as_there_are_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind a member is handed back as a copy. 10,000 members were once copied 10,000 times."""
    copied = 0

    class Counting:
        def __init__(self) -> None:
            self._real = zlib.decompressobj(wbits=compression.GZIP_WINDOW)

        def __getattr__(self, name: str) -> object:
            nonlocal copied
            value = getattr(self._real, name)
            copied += len(value) if name == "unused_data" else 0
            return value

    members = 10_000
    stream = compression.Compression(CompressionType.GZIP).compress(b"x") * members
    pieces = compression._members(memoryview(stream), Counting, compression._unpack_gzip)
    assert sum(map(len, pieces)) == members
    assert copied <= members * 8 * KIB


def test_what_a_batch_claims_of_its_records_cannot_be_had_by_compressing_them() -> None:
    """A batch of a few hundred bytes that unpacks to 64 MiB is stopped by the limit that its reader names."""
    batch = compressed_batch(CompressionType.GZIP, gzip_bomb())
    assert memory_of(refuses(CorruptRecordBatchError, lambda: batch.decompressed(LIMIT))) < 3 * LIMIT


def test_pushed_metrics_may_not_unpack_to_more_than_is_worth_keeping() -> None:
    manager = ClientMetricsManager()
    manager.subscribe("*", push_interval_ms=1000)
    wanted = manager.process_get_telemetry_subscription_request(ZERO_UUID)
    push = PushTelemetryRequest(
        client_instance_id=wanted.client_instance_id,
        subscription_id=wanted.subscription_id,
        compression_type=CompressionType.ZSTD,
        metrics=zstd_bomb(),
    )
    with pytest.raises(InvalidRecordError, match=f"more than {UNPACKED_MAX_BYTES} bytes"):
        manager.process_push_telemetry_request(push)
    assert manager.pushed == ()
