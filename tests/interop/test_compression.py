"""What one side has compressed, the other reads: our producer and librdkafka, through three kinds of brokers.

librdkafka's consumer reads what our producer wrote, checksums and all; our own reader reads what librdkafka's producer
wrote. Apache Kafka in between takes every batch apart, so it has to be able to decompress each of them, too.
"""

import random
from collections.abc import Iterator

import confluent_kafka
import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.messages import FetchResponse
from kafka_nio.protocol.record import Record
from kafka_nio.protocol.record_batch import split_batches
from tests.broker.wire import Wire, fetch_request
from tests.support.apache_kafka import RunningKafka
from tests.support.mock_cluster import MockCluster
from tests.support.read_back import read_back

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
ON_THE_HOUR_MS = 1_700_000_000_000
TIMEOUT_S = 20
FETCH_VERSION = 12

VALUES = [b'{"order": %d, "table": %d, "note": "no sugar"}' % (number, number % 17) for number in range(2_000)]
"""In one batch: 90 kB, which are three blocks of snappy and two of lz4."""

Place = tuple[str, str]
"""Bootstrap servers, and a new topic of one partition there."""

each_codec = pytest.mark.parametrize("codec", CODECS)


@pytest.fixture(params=["embedded", "mock_cluster", "apache_kafka"])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    if request.param == "embedded":
        with EmbeddedCluster() as cluster:
            cluster.create_topic("orders", 1)
            yield cluster.bootstrap_servers, "orders"
    else:
        other: MockCluster | RunningKafka = request.getfixturevalue(request.param)
        yield other.bootstrap_servers, other.create_topic("orders")


def send(place: Place, codec: str, values: list[bytes] = VALUES, **options: object) -> None:
    """Send the values as one batch."""
    servers, topic = place
    generous = {"linger_ms": 10_000, "batch_size": 1_000_000}
    with KafkaProducer(bootstrap_servers=servers, compression_type=codec, **{**generous, **options}) as producer:
        sent = [producer.send(topic, value, key=b"key", timestamp_ms=ON_THE_HOUR_MS) for value in values]
        producer.flush()
    assert [future.result(timeout=0).offset for future in sent] == list(range(len(values)))


def send_by_librdkafka(place: Place, codec: str) -> None:
    servers, topic = place
    options = {"compression.type": codec, "linger.ms": 1_000, "batch.size": 1_000_000, "log_level": 0}
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, **options})
    for value in VALUES:
        producer.produce(topic, value, key=b"key", partition=0, timestamp=ON_THE_HOUR_MS)
    assert producer.flush(TIMEOUT_S) == 0


def fetch(place: Place, count: int) -> tuple[set[CompressionType], list[Record]]:
    """Read with our own reader: with which codecs the batches are compressed, and what is in them."""
    servers, topic = place
    codecs, records = set(), []
    for server in servers.split(","):  # one of them leads the partition, and the others refuse
        host, _, port = server.rpartition(":")
        with Wire((host, int(port))) as wire:
            while len(records) < count:
                request = fetch_request(topic, len(records), max_wait_ms=1_000)
                [[partition]] = [t.partitions for t in wire.ask(request, FETCH_VERSION, FetchResponse).topics]
                if partition.error_code or not partition.records:
                    break
                for batch in split_batches(partition.records):
                    batch.ensure_valid()
                    codecs.add(CompressionType(batch.compression_codec))
                    records += batch.records()
    return codecs, records


@each_codec
def test_librdkafka_reads_what_we_compressed(place: Place, codec: str) -> None:
    send(place, codec)
    read = read_back(*place, count=len(VALUES))
    assert [(record.key, record.value, record.timestamp_ms) for record in read] == [
        (b"key", value, ON_THE_HOUR_MS) for value in VALUES
    ]


@each_codec
def test_we_read_what_we_compressed_and_no_broker_changed_it(place: Place, codec: str) -> None:
    send(place, codec)
    codecs, read = fetch(place, len(VALUES))
    assert codecs == {CompressionType.for_name(codec)}
    assert [record.value for record in read] == VALUES


@each_codec
def test_we_read_what_librdkafka_compressed(place: Place, codec: str) -> None:
    send_by_librdkafka(place, codec)
    codecs, read = fetch(place, len(VALUES))
    assert codecs == {CompressionType.for_name(codec)}
    assert [(record.offset, record.key, record.value, record.timestamp_ms) for record in read] == [
        (offset, b"key", value, ON_THE_HOUR_MS) for offset, value in enumerate(VALUES)
    ]


@pytest.mark.parametrize(
    ("codec", "level"),
    [("gzip", 1), ("gzip", 9), ("lz4", 1), ("lz4", 17), ("zstd", -131_072), ("zstd", -1), ("zstd", 22)],
)
def test_apache_kafka_takes_every_level(apache_kafka: RunningKafka, codec: str, level: int) -> None:
    place = apache_kafka.bootstrap_servers, apache_kafka.create_topic(f"{codec}-{abs(level)}")
    send(place, codec, **{f"compression_{codec}_level": level})
    assert [record.value for record in read_back(*place, count=len(VALUES))] == VALUES


@each_codec
def test_noise_that_does_not_compress_arrives_as_it_was(apache_kafka: RunningKafka, codec: str) -> None:
    place = apache_kafka.bootstrap_servers, apache_kafka.create_topic("noise")
    noise = [random.Random(number).randbytes(3_000) for number in range(20)]
    send(place, codec, noise, batch_size=16_384, linger_ms=0)
    assert [record.value for record in read_back(*place, count=len(noise))] == noise
