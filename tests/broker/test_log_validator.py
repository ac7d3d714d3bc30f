"""What a batch must be like, one rule after the other. `handlers/test_produce` has what is answered."""

import pytest

from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.log_validator import RecordValidationError, only_batch, validate
from kafka_nio.errors import (
    CorruptMessageError,
    InvalidRecordError,
    InvalidTimestampError,
    RecordTooLargeError,
    UnsupportedCompressionTypeError,
)
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.record_batch import RecordBatchBuilder
from tests.broker.wire import NOW_MS, batch

CONFIG = BrokerConfig(log_message_timestamp_after_max_ms=1000)


def check(data: bytes, config: BrokerConfig = CONFIG) -> None:
    validate(only_batch(data), config, NOW_MS)


def test_a_good_batch_passes() -> None:
    check(batch(b"a", b"b", timestamps_ms=[NOW_MS, NOW_MS - 5], producer=(7, 0, 3)))


def test_records_without_a_time_pass() -> None:
    check(batch(b"a", timestamps_ms=[-1]))


def test_size_is_looked_at_before_the_checksum() -> None:
    spoiled = bytearray(batch(b"x" * 100))
    spoiled[-1] ^= 1
    with pytest.raises(RecordTooLargeError, match=r"message\.max\.bytes allows 90"):
        check(bytes(spoiled), BrokerConfig(message_max_bytes=90))


def test_the_checksum_is_looked_at_before_what_it_covers() -> None:
    spoiled = bytearray(batch(b"a"))
    spoiled[57:61] = b"\xff\xff\xff\xff"
    with pytest.raises(CorruptMessageError, match="checksum"):
        check(bytes(spoiled))


def test_exactly_one_batch_passes() -> None:
    with pytest.raises(InvalidRecordError, match="exactly one record batch per partition"):
        only_batch(batch(b"a") + batch(b"b"))


def test_each_record_with_an_impossible_time_is_named() -> None:
    times = [NOW_MS, NOW_MS + 1001, NOW_MS + 1000, -2, NOW_MS + 5000]
    with pytest.raises(RecordValidationError) as raised:
        check(batch(*[b"x"] * 5, timestamps_ms=times))
    assert isinstance(raised.value.error, InvalidTimestampError)
    assert sorted(raised.value.record_errors) == [1, 3, 4]


@pytest.mark.parametrize("codec", [kind for kind in CompressionType if kind])
def test_compressed_records_are_looked_at_like_any_other(codec: CompressionType) -> None:
    check(compressed(codec))
    with pytest.raises(RecordValidationError, match="impossible timestamps"):
        check(compressed(codec, timestamp_ms=NOW_MS + 1001))


def test_zstd_is_taken_from_version_7_of_produce_on() -> None:
    only_batch(compressed(CompressionType.ZSTD), 7)
    only_batch(compressed(CompressionType.LZ4), 6)
    with pytest.raises(UnsupportedCompressionTypeError):
        only_batch(compressed(CompressionType.ZSTD), 6)


def compressed(codec: CompressionType, *, timestamp_ms: int = NOW_MS) -> bytes:
    builder = RecordBatchBuilder(size_limit=1_000_000, compression=Compression(codec))
    for _ in range(10):
        builder.try_append(timestamp_ms, None, b"value " * 100, ())
    return bytes(builder.close())
