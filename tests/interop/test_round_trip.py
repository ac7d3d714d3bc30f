"""Records of every kind go to Apache Kafka, with every codec, over three partitions, and come back equal.

What a record holds is drawn by lot, and the seed is printed: `KAFKA_NIO_SEED=… pytest …` draws the same ones again.
"""

import os
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from kafka_nio.producer import FutureRecordMetadata, KafkaProducer
from kafka_nio.protocol.record_batch import estimate_batch_size_upper_bound
from tests.support.apache_kafka import RunningKafka
from tests.support.read_back import ReadRecord, read_back

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
COUNT = 100_000
PARTITIONS = 3
MAX_REQUEST_SIZE = 1_048_576
LARGEST_NOISE = 900_000
"""What does not compress becomes a little larger by the attempt, and the broker's limit is our own."""

DAY_MS = 86_400_000

Headers = tuple[tuple[str, bytes | None], ...]


class Drawn(NamedTuple):
    """A record as it is handed to the producer."""

    codec: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp_ms: int


@pytest.fixture
def lot() -> random.Random:
    seed = int(os.environ.get("KAFKA_NIO_SEED") or random.randrange(2**32))
    print(f"KAFKA_NIO_SEED={seed}")
    return random.Random(seed)


def draw(lot: random.Random, count: int) -> Iterator[Drawn]:
    """As many records; the very largest that may be, one for each codec, is somewhere among them."""
    now_ms = int(time.time() * 1000)
    largest = dict(zip(lot.sample(range(count), len(CODECS)), CODECS, strict=True))
    for number in range(count):
        key = lot.choice((None, b"", lot.randbytes(lot.randrange(1, 40))))
        headers = tuple(draw_header(lot) for _ in range(lot.choice((0, 0, 0, 1, 3))))
        codec = largest.get(number) or lot.choice(CODECS)
        value = as_large_as_may_be(key, headers) if number in largest else draw_value(lot)
        yield Drawn(codec, key, value, headers, now_ms - lot.randrange(DAY_MS))


def draw_header(lot: random.Random) -> tuple[str, bytes | None]:
    name = lot.choice(("", "trace", "größe", "ключ", "x" * 200))
    return name, lot.choice((None, b"", lot.randbytes(lot.randrange(30))))


def draw_value(lot: random.Random) -> bytes | None:
    """Mostly small, sometimes large, sometimes nothing; noise, text, or zeros."""
    scale = lot.choices((0, 100, 2_000, 60_000, LARGEST_NOISE), weights=(500, 8_000, 1_450, 49, 1))[0]
    size = lot.randrange(scale + 1)
    noise = lot.randbytes(min(size, lot.choice((1, 20, size))))
    return lot.choice((noise * (size // max(len(noise), 1)), noise, None if size == 0 else noise))


def as_large_as_may_be(key: bytes | None, headers: Headers) -> bytes:
    size = MAX_REQUEST_SIZE - estimate_batch_size_upper_bound(key, b"", headers)
    while estimate_batch_size_upper_bound(key, bytes(size), headers) > MAX_REQUEST_SIZE:
        size -= 1
    return bytes(range(256)) * (size // 256) + bytes(size % 256)


def test_all_records_come_back_as_they_were_sent(apache_kafka: RunningKafka, lot: random.Random) -> None:
    topic = apache_kafka.create_topic("round-trip", PARTITIONS)
    records = list(draw(lot, COUNT))
    with ExitStack() as stack:
        producers = {codec: stack.enter_context(producer_for(apache_kafka, codec)) for codec in CODECS}
        sent = [send(producers[record.codec], topic, record) for record in records]
    places = [(metadata.partition, metadata.offset) for metadata in (future.result(timeout=0) for future in sent)]
    read = read_back(apache_kafka.bootstrap_servers, topic, PARTITIONS, COUNT, timeout_s=60)
    expected = sorted(ReadRecord(*place, *record[1:]) for place, record in zip(places, records, strict=True))
    assert first_difference(read, expected) is None


def send(producer: KafkaProducer, topic: str, record: Drawn) -> FutureRecordMetadata:
    return producer.send(topic, record.value, key=record.key, headers=record.headers, timestamp_ms=record.timestamp_ms)


def producer_for(kafka: RunningKafka, codec: str) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers,
        compression_type=codec,
        max_request_size=MAX_REQUEST_SIZE,
        client_id=f"round-trip-{codec}",
    )


def first_difference(read: list[ReadRecord], expected: list[ReadRecord]) -> object:
    """Where they begin to differ; comparing the lists themselves would print megabytes."""
    if len(read) != len(expected):
        return f"{len(read)} records, not {len(expected)}"
    return next(((a, b) for a, b in zip(read, expected, strict=True) if a != b), None)
