"""A producer that compresses: the options, how full batches become, and what is too large all the same."""

from random import Random

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.clock import MockClock
from kafka_nio.errors import ConfigError, RecordTooLargeError
from kafka_nio.metrics import Metrics
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.protocol import compression
from kafka_nio.protocol.compression import Compression, CompressionType
from tests.producer.parts import NODE_0, ORDERS_0, ORDERS_1, append, cluster

LONG_S = 30
ZEROS = bytes(1_000)
EACH_CODEC = ["none", "gzip", "snappy", "lz4", "zstd"]


def send(brokers: EmbeddedCluster, *values: bytes, **options: object) -> None:
    """Send them in as few batches as they fit into."""
    with KafkaProducer(bootstrap_servers=brokers.bootstrap_servers, linger_ms=10_000, **options) as producer:
        for value in values:
            producer.send("orders", value, partition=0)


@pytest.mark.parametrize("codec", EACH_CODEC)
def test_the_option_chooses_the_codec(codec: str) -> None:
    with EmbeddedCluster() as brokers:
        send(brokers, *[b"one coffee"] * 100, compression_type=codec)
        (batch,) = brokers.log("orders", 0).batches()
        assert batch.compression_codec == CompressionType.for_name(codec)
        assert [record.value for record in batch.records()] == [b"one coffee"] * 100


@pytest.mark.parametrize(("codec", "levels"), [("gzip", (1, 9)), ("lz4", (3, 12)), ("zstd", (-100, 22))])
def test_the_level_reaches_the_codec(codec: str, levels: tuple[int, int]) -> None:
    lot = Random(1)
    value = b"".join(b"order %d, table %d; " % (lot.randrange(1000), lot.randrange(20)) for _ in range(2_000))
    sizes = []
    for level in levels:
        with EmbeddedCluster() as brokers:
            send(brokers, value, compression_type=codec, **{f"compression_{codec}_level": level})
            (batch,) = brokers.log("orders", 0).batches()
            sizes.append(batch.size_in_bytes)
    assert sizes[0] > sizes[1]


def test_a_level_of_another_codec_does_nothing() -> None:
    with EmbeddedCluster() as brokers:
        send(brokers, b"one coffee", compression_type="snappy", compression_gzip_level=9)
        (batch,) = brokers.log("orders", 0).batches()
        assert batch.compression_codec == CompressionType.SNAPPY


def test_a_missing_library_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(compression, "import_module", no_module)
    with pytest.raises(ConfigError, match=r"compression.type='zstd'.*pip install 'kafka-nio\[codecs\]'"):
        KafkaProducer(bootstrap_servers="localhost:9092", compression_type="zstd")


@pytest.mark.behaviour(182)
def test_a_record_that_would_compress_well_is_refused_if_it_is_too_large_as_it_is() -> None:
    options = {"compression_type": "gzip", "max_request_size": 10_000}
    with (
        EmbeddedCluster() as brokers,
        KafkaProducer(bootstrap_servers=brokers.bootstrap_servers, **options) as producer,
    ):
        refused = producer.send("orders", bytes(10_000)).exception(LONG_S)
        assert producer.send("orders", bytes(9_000)).result(LONG_S).offset == 0
    assert isinstance(refused, RecordTooLargeError)


# How full batches become...


def compressing(clock: MockClock, batch_size: int = 5_000) -> RecordAccumulator:
    io_thread = IoThread()
    return RecordAccumulator(
        batch_size=batch_size,
        linger_ms=0,
        delivery_timeout_ms=120_000,
        retry_backoff_ms=100,
        retry_backoff_max_ms=1_000,
        buffer_pool=BufferPool(1_000_000, clock, io_thread, Metrics()),
        clock=clock,
        io_thread=io_thread,
        random=Random(1),
        compression=Compression(CompressionType.GZIP),
    )


def records_in_next_batch(accumulator: RecordAccumulator, clock: MockClock, number: int) -> int:
    """Add so many records, then drain, and look at the first batch."""
    for _ in range(number):
        append(accumulator, ORDERS_0, ZEROS)
    drained = []
    while batches := accumulator.drain(cluster(NODE_0), [NODE_0], 1_000_000, clock.now_ms()):
        drained += batches[NODE_0.id]
    return drained[0].record_count


def test_the_better_records_compress_the_more_of_them_a_batch_takes() -> None:
    """The first batch expects nothing of compression. Each that is sent makes the next ones expect a little more."""
    clock = MockClock()
    accumulator = compressing(clock)
    counts = [records_in_next_batch(accumulator, clock, 60) for _ in range(12)]

    assert counts[0] == 4
    assert counts == sorted(counts)
    assert counts[-1] > 6


@pytest.mark.behaviour(128)
def test_a_request_is_filled_by_what_batches_have_become_not_by_what_they_were_estimated() -> None:
    """Each is estimated at 3,150 bytes, of which two fit into 5,000 only because the first one shrank to fifty."""
    clock = MockClock()
    accumulator, leaders = compressing(clock), cluster(NODE_0, NODE_0)
    for topic_partition in (ORDERS_0, ORDERS_1):
        for _ in range(3):
            append(accumulator, topic_partition, ZEROS)
    drained = accumulator.drain(leaders, [NODE_0], 5_000, clock.now_ms())[NODE_0.id]

    assert [batch.topic_partition for batch in drained] == [ORDERS_0, ORDERS_1]
    assert [batch.estimated_size for batch in drained] == [len(batch.close()) for batch in drained]
    assert all(batch.compression_ratio < 0.05 for batch in drained)
