"""Our producer writes to Apache Kafka; librdkafka's consumer reads back what arrived, checksums and all."""

import re
import subprocess
import sys
import uuid
from random import Random

import pytest

from kafka_nio.errors import ApiError, RecordTooLargeError
from kafka_nio.producer import KafkaProducer, ProducerRecord
from tests.support.apache_kafka import RunningKafka
from tests.support.read_back import ReadRecord, read_back

ON_THE_HOUR_MS = 1_700_000_000_000
TIMEOUT_S = 20


@pytest.fixture
def kafka(apache_kafka: RunningKafka) -> RunningKafka:
    return apache_kafka


def test_a_record_arrives_as_it_was_sent(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("as-it-was-sent")
    headers = [("trace", b"\x00\xff"), ("empty", b""), ("null", None), ("trace", b"again"), ("größe", b"1")]
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        sent = producer.send(topic, b"one coffee", key=b"table 4", headers=headers, timestamp_ms=ON_THE_HOUR_MS)
        metadata = sent.result(timeout=TIMEOUT_S)
    assert (metadata.topic, metadata.partition, metadata.offset) == (topic, 0, 0)
    assert metadata.timestamp_ms == ON_THE_HOUR_MS
    assert (metadata.serialized_key_size, metadata.serialized_value_size) == (7, 10)
    assert read_back(kafka.bootstrap_servers, topic) == [
        ReadRecord(0, 0, b"table 4", b"one coffee", tuple(headers), ON_THE_HOUR_MS)
    ]


@pytest.mark.parametrize(("key", "value"), [(None, b"no key"), (b"no value", None), (None, None), (b"", b"")], ids=repr)
def test_null_is_not_the_same_as_empty(kafka: RunningKafka, key: bytes | None, value: bytes | None) -> None:
    topic = kafka.create_topic("null-and-empty")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        producer.send(topic, value, key=key)
    [record] = read_back(kafka.bootstrap_servers, topic)
    assert (record.key, record.value) == (key, value)


@pytest.mark.behaviour(157)
@pytest.mark.parametrize("acks", [0, 1, "all"])
def test_each_kind_of_acknowledgement(kafka: RunningKafka, acks: object) -> None:
    topic = kafka.create_topic(f"acks-{acks}")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, acks=acks) as producer:
        sent = [producer.send(topic, b"%d" % number) for number in range(10)]
    offsets = [future.result(timeout=TIMEOUT_S).offset for future in sent]
    assert offsets == ([-1] * 10 if acks == 0 else list(range(10)))  # who asks for no answer learns no offset
    assert [record.value for record in read_back(kafka.bootstrap_servers, topic, count=10)] == [
        b"%d" % number for number in range(10)
    ]


def test_many_records_over_several_partitions_keep_their_order(kafka: RunningKafka) -> None:
    """One request at a time: a topic so new may refuse the first batches, and a second one must not overtake them."""
    topic, partitions, count = kafka.create_topic("many", partitions=5), 5, 5_000
    options = {"batch.size": 2_000, "max.in.flight.requests.per.connection": 1}
    with KafkaProducer(options, bootstrap_servers=kafka.bootstrap_servers) as producer:
        sent = [producer.send(topic, b"%d" % number, key=b"key %d" % (number % 50)) for number in range(count)]
    told = [(metadata.partition, metadata.offset) for metadata in (future.result(0) for future in sent)]
    read = read_back(kafka.bootstrap_servers, topic, partitions, count)
    assert {(record.partition, record.offset): record.value for record in read} == {
        place: b"%d" % number for number, place in enumerate(told)
    }
    for key in {record.key for record in read}:
        places, numbers = zip(*((r.partition, int(r.value or b"")) for r in read if r.key == key), strict=True)
        assert len(set(places)) == 1
        assert list(numbers) == sorted(numbers)


@pytest.mark.behaviour(179)
def test_the_same_key_goes_where_another_client_would_send_it(kafka: RunningKafka) -> None:
    """librdkafka can be told to use Java's murmur2 partitioner."""
    from confluent_kafka import Producer

    topic, partitions = kafka.create_topic("murmur2", partitions=7), 7
    keys = [b"key %d" % number for number in range(40)] + [b"", "größe".encode()]
    theirs = Producer({"bootstrap.servers": kafka.bootstrap_servers, "partitioner": "murmur2", "log_level": 0})
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as ours:
        for key in keys:
            ours.send(topic, b"ours", key=key)
            theirs.produce(topic, b"theirs", key=key)
    assert theirs.flush(TIMEOUT_S) == 0
    places: dict[bytes | None, set[int]] = {}
    for record in read_back(kafka.bootstrap_servers, topic, partitions, 2 * len(keys)):
        places.setdefault(record.key, set()).add(record.partition)
    assert set(places) == set(keys)
    assert [key for key, partitions_of_key in places.items() if len(partitions_of_key) != 1] == []


def test_a_partition_may_be_named(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("named", partitions=3)
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        assert [info.partition for info in producer.partitions_for(topic)] == [0, 1, 2]
        sent = [producer.send(ProducerRecord(topic, b"x", partition=partition)) for partition in (2, 0, 2)]
    places = [(f.result(TIMEOUT_S).partition, f.result(TIMEOUT_S).offset) for f in sent]
    assert places == [(2, 0), (0, 0), (2, 1)]


def test_records_without_a_timestamp_carry_the_time_of_send(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("time-of-send")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        metadata = producer.send(topic, b"now").result(timeout=TIMEOUT_S)
    [record] = read_back(kafka.bootstrap_servers, topic)
    assert record.timestamp_ms == metadata.timestamp_ms


def test_a_topic_that_does_not_exist_is_created_by_sending_to_it(kafka: RunningKafka) -> None:
    topic = f"created-by-sending-{uuid.uuid4().hex[:8]}"
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        assert producer.send(topic, b"first").result(timeout=TIMEOUT_S).offset == 0
    assert [record.value for record in read_back(kafka.bootstrap_servers, topic)] == [b"first"]


def test_serializers_turn_values_into_bytes(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("serializers")
    with KafkaProducer(
        {"bootstrap.servers": kafka.bootstrap_servers, "key.serializer": str.encode, "value.serializer": str.encode}
    ) as producer:
        producer.send(topic, "größe", key="ключ")
    [record] = read_back(kafka.bootstrap_servers, topic)
    assert (record.key, record.value) == ("ключ".encode(), "größe".encode())


def test_a_large_record_arrives_whole(kafka: RunningKafka) -> None:
    topic, value = kafka.create_topic("large"), bytes(range(256)) * 4_000
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        producer.send(topic, value)
    assert [record.value for record in read_back(kafka.bootstrap_servers, topic)] == [value]


def test_a_batch_larger_than_the_broker_takes_fails_in_the_brokers_words(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("too-large")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, max_request_size=3_000_000) as producer:
        too_large = producer.send(topic, bytes(2_000_000))
        assert isinstance(too_large.exception(timeout=TIMEOUT_S), RecordTooLargeError)
        assert producer.send(topic, b"small").result(timeout=TIMEOUT_S).offset == 0


@pytest.mark.behaviour(153, 163)
@pytest.mark.parametrize("compression_type", ["none", "gzip"])
def test_a_batch_that_is_too_large_for_the_broker_arrives_in_parts(kafka: RunningKafka, compression_type: str) -> None:
    """The broker takes a mebibyte. What is random does not compress, so the batch has three."""
    topic = kafka.create_topic("split")
    values = [Random(number).randbytes(100_000) for number in range(30)]
    large = {"batch_size": 8_000_000, "max_request_size": 8_000_000, "linger_ms": 500}
    with KafkaProducer(
        bootstrap_servers=kafka.bootstrap_servers, compression_type=compression_type, **large
    ) as producer:
        futures = [producer.send(topic, value) for value in values]
    assert [future.result(timeout=TIMEOUT_S).offset for future in futures] == list(range(30))
    assert producer.metrics()["batch-split-total"] >= 1
    assert [record.value for record in read_back(kafka.bootstrap_servers, topic, count=30)] == values


def test_a_topic_name_that_kafka_refuses_fails_the_record(kafka: RunningKafka) -> None:
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, max_block_ms=5_000) as producer:
        refused = producer.send("no spaces allowed", b"x").exception(timeout=TIMEOUT_S)
    assert isinstance(refused, ApiError)
    assert "no spaces allowed" in str(refused)


# The command...


def test_the_demo_prints_an_offset_that_a_consumer_confirms(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("demo")
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer:
        for _ in range(3):
            producer.send(topic, b"before the demo")
    command = ["demo", "one-record", "--bootstrap-servers", kafka.bootstrap_servers, "--topic", topic]
    done = subprocess.run([sys.executable, "-m", "kafka_nio", *command], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = re.search(rf"topic {topic}, partition (\d+), offset (\d+)", done.stdout)
    assert printed is not None, done.stdout
    place = int(printed[1]), int(printed[2])
    records = read_back(kafka.bootstrap_servers, topic, count=4)
    assert place == (0, 3)
    assert place == (records[-1].partition, records[-1].offset)
