"""librdkafka's transactional producer, and its consumer that reads what was committed, against the embedded broker."""

from collections import Counter
from collections.abc import Iterator

import confluent_kafka
import pytest

from kafka_nio.broker import EmbeddedCluster, Fault
from kafka_nio.broker.transaction_state import TransactionState
from kafka_nio.errors import ConcurrentTransactionsError, CoordinatorLoadInProgressError, NotLeaderOrFollowerError
from kafka_nio.protocol.api import ApiKey

TIMEOUT_S = 10

PARTITIONS = 3


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Three brokers, and a topic `orders` with one partition on each."""
    with EmbeddedCluster(nodes=3) as cluster:
        cluster.create_topic("orders", partitions=PARTITIONS)
        yield cluster


def transactional_producer(servers: str, **options: object) -> confluent_kafka.Producer:
    producer = confluent_kafka.Producer(
        {"bootstrap.servers": servers, "transactional.id": "payments", "linger.ms": 0, **options}
    )
    producer.init_transactions(TIMEOUT_S)
    return producer


def produce(producer: confluent_kafka.Producer, name: bytes) -> None:
    """A record to each partition."""
    for partition in range(PARTITIONS):
        producer.produce("orders", partition=partition, value=name)


def committed(cluster: EmbeddedCluster) -> set[tuple[bytes | None, ...]]:
    """What is committed, partition by partition; one element if they agree."""
    return {
        tuple(record.value for record in cluster.log("orders", partition).committed_records())
        for partition in range(PARTITIONS)
    }


def consume(servers: str, count: int, isolation_level: str) -> list[bytes | None]:
    consumer = confluent_kafka.Consumer(
        {
            "bootstrap.servers": servers,
            "group.id": "readers",
            "isolation.level": isolation_level,
            "check.crcs": True,
            "fetch.wait.max.ms": 10,
            "enable.partition.eof": True,
        }
    )
    values: list[bytes | None] = []
    ends = 0
    try:
        consumer.assign([confluent_kafka.TopicPartition("orders", index, 0) for index in range(PARTITIONS)])
        while len(values) < count or ends < PARTITIONS:
            (message,) = consumer.consume(1, TIMEOUT_S)
            if message.error():
                ends += 1
            else:
                values.append(message.value())
    finally:
        consumer.close()
    return values


def test_a_careful_consumer_sees_exactly_the_committed_records(cluster: EmbeddedCluster) -> None:
    producer = transactional_producer(cluster.bootstrap_servers)
    for name, end in (
        (b"first", producer.commit_transaction),
        (b"dropped", producer.abort_transaction),
        (b"second", producer.commit_transaction),
    ):
        producer.begin_transaction()
        produce(producer, name)
        producer.flush(TIMEOUT_S)  # so that what is aborted has really been written
        end(TIMEOUT_S)
    assert committed(cluster) == {(b"first", b"second")}
    everything = consume(cluster.bootstrap_servers, 9, "read_uncommitted")
    assert Counter(everything) == {b"dropped": 3, b"first": 3, b"second": 3}
    assert Counter(consume(cluster.bootstrap_servers, 6, "read_committed")) == {b"first": 3, b"second": 3}


def test_offsets_are_committed_with_the_records(cluster: EmbeddedCluster) -> None:
    producer = transactional_producer(cluster.bootstrap_servers)
    consumer = confluent_kafka.Consumer({"bootstrap.servers": cluster.bootstrap_servers, "group.id": "readers"})
    try:
        producer.begin_transaction()
        produce(producer, b"a")
        positions = [confluent_kafka.TopicPartition("orders", 1, 17)]
        producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), TIMEOUT_S)
        assert cluster.committed_offsets("readers") == {}
        producer.commit_transaction(TIMEOUT_S)
    finally:
        consumer.close()
    found = {str(partition): offset.offset for partition, offset in cluster.committed_offsets("readers").items()}
    assert found == {"orders-1": 17}


def test_the_older_of_two_producers_is_fenced(cluster: EmbeddedCluster) -> None:
    older = transactional_producer(cluster.bootstrap_servers)
    older.begin_transaction()
    produce(older, b"older")
    older.flush(TIMEOUT_S)
    newer = transactional_producer(cluster.bootstrap_servers)
    with pytest.raises(confluent_kafka.KafkaException) as failure:
        older.commit_transaction(TIMEOUT_S)
    assert failure.value.args[0].code() in (
        confluent_kafka.KafkaError._FENCED,
        confluent_kafka.KafkaError._STATE,
        confluent_kafka.KafkaError._FATAL,
    )
    newer.begin_transaction()
    produce(newer, b"newer")
    newer.commit_transaction(TIMEOUT_S)
    assert committed(cluster) == {(b"newer",)}


def test_what_goes_wrong_on_the_way_is_repeated(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.INIT_PRODUCER_ID, error=CoordinatorLoadInProgressError))
    cluster.faults.add(Fault(ApiKey.ADD_PARTITIONS_TO_TXN, error=ConcurrentTransactionsError))
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError))
    producer = transactional_producer(cluster.bootstrap_servers, **{"retry.backoff.ms": 10})
    producer.begin_transaction()
    produce(producer, b"a")
    cluster.move_transaction_coordinator(2)
    producer.commit_transaction(TIMEOUT_S)
    assert committed(cluster) == {(b"a",)}
    assert len(cluster.faults) == 0
    assert cluster.transactions.state_of("payments") is TransactionState.COMPLETE_COMMIT


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_compressed_records_come_back_as_they_were(cluster: EmbeddedCluster, codec: str) -> None:
    producer = transactional_producer(cluster.bootstrap_servers, **{"compression.type": codec})
    values = [b"value-%d " % number * 50 for number in range(20)]
    producer.begin_transaction()
    for value in values:
        producer.produce("orders", partition=1, value=value)
    producer.commit_transaction(TIMEOUT_S)
    log = cluster.log("orders", 1)
    assert [record.value for record in log.committed_records()] == values
    assert log.batches()[0].compression_codec > 0
    assert consume(cluster.bootstrap_servers, len(values), "read_committed") == values
