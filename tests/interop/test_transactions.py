"""Transactions and idempotence against Apache Kafka and librdkafka's mock cluster.

What is read back is read by librdkafka's consumer, which by default sees committed records only.
"""

import pytest
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as TheirTopicPartition

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    AbortableTransactionError,
    ConcurrentTransactionsError,
    IllegalStateError,
    KafkaError,
    NotCoordinatorError,
    NotEnoughReplicasError,
    NotLeaderOrFollowerError,
    OutOfOrderSequenceError,
    ProducerFencedError,
    TransactionAbortableError,
    TransactionAbortedError,
)
from kafka_nio.producer import ConsumerGroupMetadata, FutureRecordMetadata, KafkaProducer, OffsetAndMetadata
from kafka_nio.protocol.api import ApiKey
from tests.support.apache_kafka import RunningKafka
from tests.support.mock_cluster import MockCluster
from tests.support.read_back import read_back

TIMEOUT_S = 20


@pytest.fixture
def kafka(apache_kafka: RunningKafka) -> RunningKafka:
    return apache_kafka


def transactional(kafka: RunningKafka | MockCluster, name: str, **options: object) -> KafkaProducer:
    """A producer that is ready to begin."""
    producer = KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, transactional_id=name, **options)
    try:
        producer.init_transactions()
    except BaseException:
        producer.close(0)
        raise
    return producer


def fail_after(sent: FutureRecordMetadata) -> None:
    """What goes wrong in an application once its record is with the broker."""
    sent.result(TIMEOUT_S)
    raise TimeoutError("of the application's own")


def values(kafka: RunningKafka | MockCluster, topic: str, partitions: int = 1, count: int = 1) -> list[bytes | None]:
    # The mock's own marks at the end of a transaction have no checksum.
    check_crcs = isinstance(kafka, RunningKafka)
    records = read_back(kafka.bootstrap_servers, topic, partitions, count, check_crcs=check_crcs)
    return [record.value for record in records]


# Apache Kafka...


def test_readers_of_what_is_committed_see_exactly_that(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("committed", partitions=3)
    expected = []
    with transactional(kafka, topic, batch_size=200) as producer:
        for number in range(9):
            records = [b"%d of %d" % (index, number) for index in range(30)]
            producer.begin_transaction()
            futures = [producer.send(topic, record, partition=index % 3) for index, record in enumerate(records)]
            if number % 3 == 1:
                producer.flush()  # so that what is aborted stands in the log
                producer.abort_transaction()
            else:
                producer.commit_transaction()
                expected += records
            assert all(future.done() for future in futures)
    assert sorted(values(kafka, topic, 3, len(expected))) == sorted(expected)


def test_an_exception_in_the_with_block_aborts_and_goes_on(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("with-block")
    with transactional(kafka, topic) as producer:
        with pytest.raises(TimeoutError, match="of the application's own"), producer.transaction():
            fail_after(producer.send(topic, b"aborted"))
        with producer.transaction():
            producer.send(topic, b"committed")
    assert values(kafka, topic) == [b"committed"]


def test_what_was_not_sent_yet_is_not_sent_for_an_abort(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("not-sent")
    with transactional(kafka, topic, linger_ms=60_000) as producer:
        producer.begin_transaction()
        lingering = producer.send(topic, b"lingering")
        producer.abort_transaction()
        assert isinstance(lingering.exception(0), TransactionAbortedError)
        with producer.transaction():
            committed = producer.send(topic, b"committed")
    assert committed.result(0).offset == 0


def test_of_two_producers_with_one_transactional_id_the_first_is_fenced_off(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("fenced")
    with transactional(kafka, topic) as first:
        first.begin_transaction()
        first.send(topic, b"first, open").result(TIMEOUT_S)
        with transactional(kafka, topic) as second:
            late = first.send(topic, b"first, late")
            with pytest.raises(KafkaError):
                first.commit_transaction()
            assert late.exception(TIMEOUT_S) is not None
            with pytest.raises(ProducerFencedError) as raised:
                first.abort_transaction()
            assert raised.value.fatal
            with second.transaction():
                second.send(topic, b"second")
    assert values(kafka, topic) == [b"second"]


def test_offsets_are_committed_with_the_transaction_or_not_at_all(kafka: RunningKafka) -> None:
    topic, group = kafka.create_topic("offsets"), "readers-of-offsets"
    place, readers = TopicPartition(topic, 0), ConsumerGroupMetadata(group)
    with transactional(kafka, topic) as producer:
        with producer.transaction():
            producer.send(topic, b"one")
            producer.send_offsets_to_transaction({place: OffsetAndMetadata(7, "seven")}, readers)
        producer.begin_transaction()
        producer.send_offsets_to_transaction({place: OffsetAndMetadata(99)}, readers)
        producer.abort_transaction()
    consumer = Consumer({"bootstrap.servers": kafka.bootstrap_servers, "group.id": group, "log_level": 0})
    try:
        [committed] = consumer.committed([TheirTopicPartition(topic, 0)], timeout=TIMEOUT_S)
    finally:
        consumer.close()
    assert committed.offset == 7


def test_closing_the_producer_aborts_what_is_open(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("closed")
    with transactional(kafka, topic) as producer:
        producer.begin_transaction()
        producer.send(topic, b"open").result(TIMEOUT_S)
    with transactional(kafka, topic) as producer, producer.transaction():
        producer.send(topic, b"committed")
    assert values(kafka, topic) == [b"committed"]


def test_the_order_of_the_calls_is_checked(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("order")
    with transactional(kafka, topic) as producer:
        with pytest.raises(IllegalStateError, match="ready, so it cannot send"):
            producer.send(topic, b"x")
        with pytest.raises(IllegalStateError, match="cannot be told to commit"):
            producer.commit_transaction()
        with pytest.raises(IllegalStateError, match="cannot be asked for a producer id"):
            producer.init_transactions()
    with (
        KafkaProducer(bootstrap_servers=kafka.bootstrap_servers) as producer,
        pytest.raises(IllegalStateError, match="no transactional"),
    ):
        producer.begin_transaction()


def test_an_idempotent_producer_keeps_order_with_five_requests_under_way(kafka: RunningKafka) -> None:
    topic = kafka.create_topic("idempotent", partitions=3)
    with KafkaProducer(bootstrap_servers=kafka.bootstrap_servers, batch_size=500) as producer:
        sent = [producer.send(topic, b"%d" % number, partition=number % 3) for number in range(3_000)]
    assert [future.result(0).offset for future in sent] == [number // 3 for number in range(3_000)]
    read = values(kafka, topic, 3, 3_000)
    assert [int(value or b"") for value in read] == [*range(0, 3_000, 3), *range(1, 3_000, 3), *range(2, 3_000, 3)]


# librdkafka's mock cluster, which fails when it is told to...


def test_an_idempotent_producer_writes_once_through_errors(mock_cluster: MockCluster) -> None:
    mock_cluster.create_topic("once", 1)
    errors = [NotLeaderOrFollowerError.code, NotEnoughReplicasError.code, OutOfOrderSequenceError.code] * 3
    with KafkaProducer(
        bootstrap_servers=mock_cluster.bootstrap_servers, batch_size=100, retry_backoff_ms=5
    ) as producer:
        producer.partitions_for("once")
        mock_cluster.fail_requests(ApiKey.PRODUCE, *errors)
        for number in range(200):
            producer.send("once", b"%d" % number)
        producer.flush(TIMEOUT_S)
    assert [int(value or b"") for value in values(mock_cluster, "once", 1, 200)] == list(range(200))


@pytest.mark.parametrize(
    ("api", "error"),
    [
        (ApiKey.FIND_COORDINATOR, NotCoordinatorError),
        (ApiKey.INIT_PRODUCER_ID, NotCoordinatorError),
        (ApiKey.ADD_PARTITIONS_TO_TXN, ConcurrentTransactionsError),
        (ApiKey.ADD_PARTITIONS_TO_TXN, NotCoordinatorError),
        (ApiKey.ADD_OFFSETS_TO_TXN, NotCoordinatorError),
        (ApiKey.TXN_OFFSET_COMMIT, NotCoordinatorError),
        (ApiKey.END_TXN, NotCoordinatorError),
    ],
)
def test_what_passes_is_waited_out(mock_cluster: MockCluster, api: ApiKey, error: type[KafkaError]) -> None:
    mock_cluster.create_topic("orders", 1)
    mock_cluster.fail_requests(api, *[error.code] * 3)
    offsets = {TopicPartition("orders", 0): OffsetAndMetadata(1)}
    with transactional(mock_cluster, "till", retry_backoff_ms=5) as producer:
        for _ in range(2):
            with producer.transaction():
                producer.send("orders", b"coffee")
                producer.send_offsets_to_transaction(offsets, ConsumerGroupMetadata("readers"))
    assert values(mock_cluster, "orders", 1, 2) == [b"coffee", b"coffee"]


def test_after_an_error_that_can_be_aborted_the_next_transaction_succeeds(mock_cluster: MockCluster) -> None:
    mock_cluster.create_topic("orders", 1)
    with transactional(mock_cluster, "till", retry_backoff_ms=5) as producer:
        mock_cluster.fail_requests(ApiKey.ADD_PARTITIONS_TO_TXN, TransactionAbortableError.code)
        producer.begin_transaction()
        lost = producer.send("orders", b"lost").exception(TIMEOUT_S)
        assert isinstance(lost, TransactionAbortableError)
        with pytest.raises(AbortableTransactionError) as raised:
            producer.commit_transaction()
        assert not raised.value.fatal
        producer.abort_transaction()
        with producer.transaction():
            producer.send("orders", b"kept")
    assert values(mock_cluster, "orders") == [b"kept"]


def test_who_is_fenced_off_cannot_commit(mock_cluster: MockCluster) -> None:
    mock_cluster.create_topic("orders", 1)
    with transactional(mock_cluster, "till") as producer:
        mock_cluster.fail_requests(ApiKey.END_TXN, ProducerFencedError.code)
        with pytest.raises(ProducerFencedError), producer.transaction():
            producer.send("orders", b"late")
