"""Transactions from the application's call to the embedded broker, read back by librdkafka, committed records only."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.faults import Ending, Fault
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    CoordinatorLoadInProgressError,
    IllegalStateError,
    KafkaTimeoutError,
    ProducerFencedError,
    TransactionAbortedError,
)
from kafka_nio.producer import ConsumerGroupMetadata, KafkaProducer, OffsetAndMetadata
from kafka_nio.protocol.api import ApiKey
from tests.support.read_back import read_back

LONG_S = 20


@pytest.fixture(params=[1, 2], ids=["first protocol", "second protocol"])
def cluster(request: pytest.FixtureRequest) -> Iterator[EmbeddedCluster]:
    """A cluster that has agreed to one of the two protocols of transactions; its topics have three partitions."""
    config = BrokerConfig(transaction_version=request.param)
    with EmbeddedCluster(nodes=2, partitions_per_topic=3, config=config) as running:
        yield running


def till(cluster: EmbeddedCluster, **options: object) -> KafkaProducer:
    """A producer that is ready to begin."""
    producer = KafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers, transactional_id="till 3", retry_backoff_ms=5, **options
    )
    producer.init_transactions()
    return producer


def committed(cluster: EmbeddedCluster, count: int) -> list[bytes | None]:
    return [record.value for record in read_back(cluster.bootstrap_servers, "orders", 3, count)]


def test_what_is_committed_is_seen_and_what_is_aborted_is_not(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        with producer.transaction():
            for number in range(6):
                producer.send("orders", b"%d" % number, partition=number % 3)
        producer.begin_transaction()
        producer.send("orders", b"aborted", partition=0).result(LONG_S)
        producer.abort_transaction()
    assert committed(cluster, 6) == [b"0", b"3", b"1", b"4", b"2", b"5"]


def test_an_exception_aborts_and_goes_on(cluster: EmbeddedCluster) -> None:
    def run(producer: KafkaProducer) -> None:
        with producer.transaction():
            lingering.append(producer.send("orders", b"never sent"))
            raise ZeroDivisionError

    lingering = []
    with till(cluster, linger_ms=60_000) as producer:
        with pytest.raises(ZeroDivisionError):
            run(producer)
        assert isinstance(lingering[0].exception(0), TransactionAbortedError)
        with producer.transaction():
            producer.send("orders", b"sent")
    assert committed(cluster, 1) == [b"sent"]


@pytest.mark.parametrize(
    "api", [ApiKey.INIT_PRODUCER_ID, ApiKey.ADD_PARTITIONS_TO_TXN, ApiKey.PRODUCE, ApiKey.END_TXN], ids=str
)
def test_an_answer_that_is_lost_changes_nothing(cluster: EmbeddedCluster, api: ApiKey) -> None:
    cluster.faults.add(Fault(api, ending=Ending.RESPONSE_LOST))
    with till(cluster) as producer:
        for number in range(2):
            with producer.transaction():
                producer.send("orders", b"%d" % number, partition=0)
    assert committed(cluster, 2) == [b"0", b"1"]


def test_the_second_producer_of_a_name_fences_the_first_one_off(cluster: EmbeddedCluster) -> None:
    with till(cluster) as first:
        first.begin_transaction()
        first.send("orders", b"first", partition=0).result(LONG_S)
        with till(cluster) as second:
            with pytest.raises(ProducerFencedError):
                first.commit_transaction()
            with pytest.raises(ProducerFencedError):
                first.send("orders", b"late")
            with second.transaction():
                second.send("orders", b"second")
    assert committed(cluster, 1) == [b"second"]


def test_offsets_take_part(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer, producer.transaction():
        producer.send("orders", b"read and written", partition=0)
        offsets = {TopicPartition("read", 0): OffsetAndMetadata(5)}
        cluster.create_topic("read", 1)
        producer.send_offsets_to_transaction(offsets, ConsumerGroupMetadata("readers"))
        producer.send_offsets_to_transaction({}, ConsumerGroupMetadata("readers"))
    assert committed(cluster, 1) == [b"read and written"]


def test_a_call_that_takes_too_long_can_be_made_again(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        producer.begin_transaction()
        producer.send("orders", b"late", partition=0)
        cluster.faults.add(Fault(ApiKey.END_TXN, error=CoordinatorLoadInProgressError, times=20))
        with pytest.raises(KafkaTimeoutError, match="commit_transaction was not done"):
            producer.commit_transaction(timeout=0)
        with pytest.raises(IllegalStateError, match="call commit_transaction again"):
            producer.begin_transaction()
        producer.commit_transaction()
    assert committed(cluster, 1) == [b"late"]


def test_a_cluster_changes_over_while_a_producer_is_at_work() -> None:
    with EmbeddedCluster(config=BrokerConfig(transaction_version=1)) as cluster, till(cluster) as producer:
        for number in range(4):
            with producer.transaction():
                producer.send("orders", b"%d" % number).result(LONG_S)
            if number == 0:
                cluster.state.features.finalize_transaction_version(2)
                cluster.restart_broker(0)  # for it is when they connect that clients learn of it
        batches = cluster.log("orders").read(0, 1_000_000, at_least_one=True)
        records = [record.value for record in cluster.log("orders").committed_records()]
    # Each with its mark. The first protocol keeps the epoch, the second begins one with each transaction.
    assert [batch.producer_epoch for batch in batches] == [0, 0, 0, 0, 1, 2, 2, 3]
    assert records == [b"0", b"1", b"2", b"3"]


def test_a_producer_without_a_transactional_id_has_no_transactions(cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        with pytest.raises(IllegalStateError, match=r"no transactional\.id"):
            producer.init_transactions()
        with pytest.raises(IllegalStateError, match=r"no transactional\.id"):
            producer.commit_transaction()


def test_a_closed_producer_has_no_transactions(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        pass
    with pytest.raises(IllegalStateError, match="closed"):
        producer.begin_transaction()
