"""Both protocols of transactions, and two-phase commit, against Apache Kafka: which path ran, and what came of it.

Apache Kafka agrees to transaction.version 2, which came with 4.0, unless it is told otherwise when its storage is
formatted. Two-phase commit it speaks only if it is told to; and it does not keep prepared transactions yet.
"""

import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as TheirTopicPartition

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import FatalTransactionError, KafkaError, ProducerFencedError, UnsupportedVersionError
from kafka_nio.producer import ConsumerGroupMetadata, KafkaProducer, OffsetAndMetadata, PreparedTxnState
from tests.support.apache_kafka import RunningKafka
from tests.support.read_back import read_back

TIMEOUT_S = 20


second_protocol = pytest.mark.kafka_since("4.0", "the second protocol of transactions")
two_phase_commit = pytest.mark.kafka_since("4.1", "two-phase commit")


@pytest.fixture(
    params=[
        pytest.param("first_protocol_kafka", id="first protocol"),
        pytest.param("apache_kafka", id="second protocol", marks=second_protocol),
    ]
)
def kafka(request: pytest.FixtureRequest) -> RunningKafka:
    """Two clusters, one for each."""
    return request.getfixturevalue(request.param)


def transactional(kafka: RunningKafka, name: str, *, keep: bool = False, **options: object) -> KafkaProducer:
    """A producer that is ready to begin."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, transactional_id=name, **options)
    try:
        producer.init_transactions(keep_prepared_txn=keep)
    except BaseException:
        producer.close(0)
        raise
    return producer


def is_second_protocol(producer: KafkaProducer) -> bool:
    return producer._transactions.is_transaction_v2_enabled


def epoch_of(producer: KafkaProducer) -> int:
    return producer._transactions.producer.epoch


def values(kafka: RunningKafka, topic: str, partitions: int = 1, count: int = 1) -> list[bytes | None]:
    return [record.value for record in read_back(kafka.bootstrap_servers, topic, partitions, count)]


@pytest.mark.parametrize(
    ("cluster", "is_second"),
    [("first_protocol_kafka", False), pytest.param("apache_kafka", True, marks=second_protocol)],
)
def test_the_cluster_says_which_protocol_it_is(request: pytest.FixtureRequest, cluster: str, is_second: bool) -> None:
    with transactional(request.getfixturevalue(cluster), "which-protocol") as producer:
        assert is_second_protocol(producer) is is_second


def test_only_the_second_protocol_has_an_epoch_for_each_transaction(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("epochs", partitions=2)
    with transactional(kafka, topic) as producer:
        first = epoch_of(producer)
        for number in range(4):
            producer.begin_transaction()
            for partition in range(2):
                producer.send(topic, b"%d" % number, partition=partition)
            if number % 2:
                producer.flush()
                producer.abort_transaction()
            else:
                producer.commit_transaction()
        assert epoch_of(producer) - first == (4 if is_second_protocol(producer) else 0)
    assert sorted(values(kafka, topic, 2, 4)) == [b"0", b"0", b"2", b"2"]


def test_offsets_take_part_in_either(kafka: RunningKafka) -> None:
    topic, group = kafka.create_topic("group-offsets"), "readers-in-either"
    place, readers = TopicPartition(topic, 0), ConsumerGroupMetadata(group)
    with transactional(kafka, topic) as producer:
        for offset, end in ((7, producer.commit_transaction), (99, producer.abort_transaction)):
            producer.begin_transaction()
            producer.send_offsets_to_transaction({place: OffsetAndMetadata(offset)}, readers)
            end()
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": group, "log_level": 0})
    try:
        [committed] = consumer.committed([TheirTopicPartition(topic, 0)], timeout=TIMEOUT_S)
    finally:
        consumer.close()
    assert committed.offset == 7


def test_in_either_the_first_of_two_is_fenced_off(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("fenced-in-either")
    with transactional(kafka, topic) as first:
        first.begin_transaction()
        first.send(topic, b"first").result(TIMEOUT_S)
        with transactional(kafka, topic) as second:
            with pytest.raises(KafkaError):
                first.commit_transaction()
            with pytest.raises(ProducerFencedError):
                first.begin_transaction()
            with second.transaction():
                second.send(topic, b"second")
    assert values(kafka, topic) == [b"second"]


def test_a_transaction_that_fails_is_aborted_and_the_next_one_begins_with_new_numbers(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("failed")
    with transactional(kafka, topic) as producer:
        before = epoch_of(producer)
        producer.begin_transaction()
        producer.send(topic, b"aborted").result(TIMEOUT_S)
        too_large = producer.send(topic, b"x" * 2_000_000)
        assert too_large.exception(TIMEOUT_S) is not None
        producer.abort_transaction()
        assert epoch_of(producer) == before + 1
        with producer.transaction():
            producer.send(topic, b"committed")
    assert values(kafka, topic) == [b"committed"]


# Two-phase commit...


@two_phase_commit
def test_a_prepared_transaction_is_completed(first_protocol_kafka: RunningKafka) -> None:
    topic = first_protocol_kafka.create_topic("prepared")
    with transactional(first_protocol_kafka, topic, transaction_two_phase_commit_enable=True) as producer:
        for known, value in ((True, b"known"), (False, b"unknown")):
            producer.begin_transaction()
            producer.send(topic, value)
            state = PreparedTxnState.parse(str(producer.prepare_transaction()))
            producer.complete_transaction(state if known else PreparedTxnState())
        with producer.transaction():
            producer.send(topic, b"next")
    assert values(first_protocol_kafka, topic, count=2) == [b"known", b"next"]


@two_phase_commit
def test_apache_kafka_does_not_keep_a_prepared_transaction_yet(first_protocol_kafka: RunningKafka) -> None:
    with pytest.raises((FatalTransactionError, UnsupportedVersionError)):
        transactional(first_protocol_kafka, "kept", keep=True, transaction_two_phase_commit_enable=True)


def test_a_broker_that_was_not_told_to_speaks_no_two_phase_commit(apache_kafka: RunningKafka) -> None:
    with pytest.raises(UnsupportedVersionError, match="enable_two_phase_commit"):
        transactional(apache_kafka, "untold", transaction_two_phase_commit_enable=True)
