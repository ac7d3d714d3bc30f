"""Other people's clients produce to the embedded broker and read back from it what they sent.

Nothing proves better that the broker speaks Kafka: librdkafka (plain, idempotent, and as kcat), kafka-python and
aiokafka write keys, values, headers, timestamps and partitions; librdkafka's consumer, which checks every checksum,
reads them, and so do the other two.
"""

import asyncio
import subprocess
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import aiokafka
import confluent_kafka
import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import FIRST_PRODUCER_ID

with warnings.catch_warnings():
    # It reads its own files with a function that Python 3.11 has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    import kafka

TIMEOUT_S = 10

KCAT = Path("/usr/bin/kcat")


class Sent(NamedTuple):
    """A record as a client was asked to send it, and as it ought to come back."""

    partition: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp_ms: int


RECORDS = [
    Sent(
        partition=number % 3,
        key=None if number % 4 == 0 else b"key-%d" % number,
        value=b"value-%d" % number * (number * 50),
        headers=(("trace", b"%d" % number), ("empty", b""), ("trace", "größer".encode())) if number % 2 else (),
        timestamp_ms=1_700_000_000_000 + number * 1000 - (number % 3) * 4000,
    )
    for number in range(30)
]


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Three brokers, and a topic `orders` with one partition on each."""
    with EmbeddedCluster(nodes=3) as cluster:
        cluster.create_topic("orders", partitions=3)
        yield cluster


def by_partition(records: list[Sent]) -> dict[int, list[Sent]]:
    """Order counts within a partition only."""
    return {partition: [record for record in records if record.partition == partition] for partition in range(3)}


# Producers...


def produce_with_librdkafka(servers: str, **options: object) -> None:
    producer = confluent_kafka.Producer({"bootstrap.servers": servers, "linger.ms": 0, **options})
    failures: list[object] = []
    for record in RECORDS:
        producer.produce(
            "orders",
            partition=record.partition,
            key=record.key,
            value=record.value,
            headers=list(record.headers),
            timestamp=record.timestamp_ms,
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
    assert producer.flush(TIMEOUT_S) == 0
    assert failures == []


def produce_with_librdkafka_idempotently(servers: str) -> None:
    produce_with_librdkafka(servers, **{"enable.idempotence": True})


def produce_with_librdkafka_and_acks_1(servers: str) -> None:
    produce_with_librdkafka(servers, acks=1)


def produce_with_librdkafka_and_acks_0(servers: str) -> None:
    produce_with_librdkafka(servers, acks=0)


def produce_with_kafka_python(servers: str, **options: object) -> None:
    producer = kafka.KafkaProducer(bootstrap_servers=servers.split(","), **options)
    try:
        futures = [
            producer.send(
                "orders",
                partition=record.partition,
                key=record.key,
                value=record.value,
                headers=list(record.headers),
                timestamp_ms=record.timestamp_ms,
            )
            for record in RECORDS
        ]
        for future in futures:
            future.get(TIMEOUT_S)
    finally:
        producer.close()


def produce_with_kafka_python_plainly(servers: str) -> None:
    produce_with_kafka_python(servers, enable_idempotence=False, acks=1)


def produce_with_aiokafka(servers: str, **options: object) -> None:
    async def produce() -> None:
        async with aiokafka.AIOKafkaProducer(bootstrap_servers=servers, **options) as producer:
            for record in RECORDS:
                await producer.send(
                    "orders",
                    partition=record.partition,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                    timestamp_ms=record.timestamp_ms,
                )

    asyncio.run(asyncio.wait_for(produce(), TIMEOUT_S))


def produce_with_aiokafka_idempotently(servers: str) -> None:
    produce_with_aiokafka(servers, enable_idempotence=True)


IDEMPOTENT_PRODUCERS: list[Callable[[str], None]] = [
    produce_with_librdkafka_idempotently,
    produce_with_kafka_python,
    produce_with_aiokafka_idempotently,
]

PLAIN_PRODUCERS: list[Callable[[str], None]] = [
    produce_with_librdkafka,
    produce_with_librdkafka_and_acks_1,
    produce_with_librdkafka_and_acks_0,
    produce_with_kafka_python_plainly,
    produce_with_aiokafka,
]


# Consumers, whose partitions are assigned by hand...


def consume_with_librdkafka(servers: str, count: int = len(RECORDS)) -> list[Sent]:
    consumer = confluent_kafka.Consumer(
        {"bootstrap.servers": servers, "group.id": "readers", "check.crcs": True, "fetch.wait.max.ms": 10}
    )
    try:
        # A number, because librdkafka takes half a second to look up "the beginning"; another test has it looked up.
        consumer.assign([confluent_kafka.TopicPartition("orders", index, 0) for index in range(3)])
        messages = consumer.consume(count, TIMEOUT_S)
    finally:
        consumer.close()
    assert [message.error() for message in messages if message.error()] == []
    return [
        Sent(
            message.partition(),
            message.key(),
            message.value(),
            tuple(message.headers() or ()),
            message.timestamp()[1],
        )
        for message in messages
    ]


def consume_with_kafka_python(servers: str) -> list[Sent]:
    consumer = kafka.KafkaConsumer(bootstrap_servers=servers.split(","), consumer_timeout_ms=TIMEOUT_S * 1000)
    try:
        partitions = [kafka.TopicPartition("orders", index) for index in range(3)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        found = [next(consumer) for _ in RECORDS]
    finally:
        consumer.close()
    return [
        Sent(record.partition, record.key, record.value, tuple(record.headers), record.timestamp) for record in found
    ]


def consume_with_aiokafka(servers: str) -> list[Sent]:
    async def consume() -> list[Sent]:
        async with aiokafka.AIOKafkaConsumer(bootstrap_servers=servers) as consumer:
            partitions = [aiokafka.TopicPartition("orders", index) for index in range(3)]
            consumer.assign(partitions)
            await consumer.seek_to_beginning(*partitions)
            found = [await consumer.getone() for _ in RECORDS]
        return [
            Sent(record.partition, record.key, record.value, tuple(record.headers), record.timestamp)
            for record in found
        ]

    return asyncio.run(asyncio.wait_for(consume(), TIMEOUT_S))


CONSUMERS: list[Callable[[str], list[Sent]]] = [consume_with_kafka_python, consume_with_aiokafka]


def name(function: Callable[..., object]) -> str:
    return function.__name__.partition("_with_")[2]


def producer_ids(cluster: EmbeddedCluster) -> set[int]:
    """The ids with which producers have marked their batches; -1 is none."""
    return {batch.producer_id for index in range(3) for batch in cluster.log("orders", index).batches()}


@pytest.mark.parametrize("produce", PLAIN_PRODUCERS, ids=name)
def test_what_a_producer_sends_librdkafka_reads_back(cluster: EmbeddedCluster, produce: Callable[[str], None]) -> None:
    produce(cluster.bootstrap_servers)
    assert by_partition(consume_with_librdkafka(cluster.bootstrap_servers)) == by_partition(RECORDS)
    assert producer_ids(cluster) == {-1}


@pytest.mark.parametrize("produce", IDEMPOTENT_PRODUCERS, ids=name)
def test_what_an_idempotent_producer_sends_librdkafka_reads_back(
    cluster: EmbeddedCluster, produce: Callable[[str], None]
) -> None:
    produce(cluster.bootstrap_servers)
    assert by_partition(consume_with_librdkafka(cluster.bootstrap_servers)) == by_partition(RECORDS)
    assert producer_ids(cluster) == {FIRST_PRODUCER_ID}


@pytest.mark.parametrize("consume", CONSUMERS, ids=name)
def test_what_librdkafka_sends_a_consumer_reads_back(
    cluster: EmbeddedCluster, consume: Callable[[str], list[Sent]]
) -> None:
    produce_with_librdkafka(cluster.bootstrap_servers)
    assert by_partition(consume(cluster.bootstrap_servers)) == by_partition(RECORDS)


def test_librdkafka_finds_offsets_by_time(cluster: EmbeddedCluster) -> None:
    produce_with_librdkafka(cluster.bootstrap_servers)
    timestamps = [record.timestamp_ms for record in RECORDS if record.partition == 1]
    consumer = confluent_kafka.Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "readers"})
    try:
        ends = consumer.get_watermark_offsets(confluent_kafka.TopicPartition("orders", 1), TIMEOUT_S)
        wanted = confluent_kafka.TopicPartition("orders", 1, timestamps[4])
        (found,) = consumer.offsets_for_times([wanted], TIMEOUT_S)
    finally:
        consumer.close()
    assert ends == (0, len(timestamps))
    assert found.offset == 4


@pytest.mark.skipif(not KCAT.exists(), reason=f"there is no {KCAT}")
def test_kcat_produces_and_consumes(cluster: EmbeddedCluster) -> None:
    options = ["-X", "check.crcs=true", "-X", "fetch.wait.max.ms=10"]
    kcat = [str(KCAT), "-b", cluster.bootstrap_servers, "-t", "orders", "-p", "1", *options]
    lines = "".join(f"key-{number}:value-{number}\n" for number in range(5))
    subprocess.run([*kcat, "-P", "-K", ":", "-H", "source=kcat"], input=lines, text=True, check=True, timeout=TIMEOUT_S)
    read = subprocess.run(
        [*kcat, "-C", "-e", "-q", "-o", "beginning", "-f", "%p %o %k:%s %h\n"],
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_S,
    )
    assert read.stdout.splitlines() == [f"1 {number} key-{number}:value-{number} source=kcat" for number in range(5)]
    assert [record.key for record in cluster.log("orders", 1).records()] == [b"key-%d" % n for n in range(5)]
