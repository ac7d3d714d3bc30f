"""The second protocol of transactions (KIP-890) on the wire: nothing is announced, and no epoch is used twice."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.control_record import ControlRecordType, kind_of
from kafka_nio.broker.transaction_state import LARGEST_EPOCH, ProducerIdAndEpoch, TransactionState
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    NONE,
    ConcurrentTransactionsError,
    InvalidProducerEpochError,
    InvalidRequestError,
    InvalidTxnStateError,
    NotEnoughReplicasError,
    ProducerFencedError,
    TransactionAbortableError,
    TransactionalIdAuthorizationError,
)
from kafka_nio.protocol.messages import (
    EndTxnRequest,
    EndTxnResponse,
    InitProducerIdRequest,
    InitProducerIdResponse,
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse,
)
from kafka_nio.protocol.record_batch import split_batches
from tests.broker.transactions import GROUP, TransactionalProducer
from tests.broker.wire import Wire

LONG_AFTER_MS = 2**50


class Producer(TransactionalProducer):
    """As the one of the first protocol, in the versions of the second."""

    def write(self, value: bytes, version: int = 12) -> int:
        return self.produce(value, version=version)

    def end(self, *, committed: bool, version: int = 5) -> int:
        """EndTxn, and go on as its answer says."""
        response = self.end_again(self.us, committed=committed, version=version)
        if response.error_code == NONE and version >= 5:
            self.producer_id, self.epoch, self.sequence = response.producer_id, response.producer_epoch, 0
        return response.error_code

    def end_again(self, who: ProducerIdAndEpoch, *, committed: bool, version: int = 5) -> EndTxnResponse:
        """EndTxn of somebody; nothing follows from it."""
        return self.wire.ask(EndTxnRequest(self.transactional_id, *who, committed), version, EndTxnResponse)

    def commit_offset(self, offset: int, version: int = 5) -> int:
        topics = [TxnOffsetCommitRequestTopic("orders", [TxnOffsetCommitRequestPartition(0, offset)])]
        request = TxnOffsetCommitRequest(self.transactional_id, GROUP, *self.us, topics=topics)
        response = self.wire.ask(request, version, TxnOffsetCommitResponse)
        return response.topics[0].partitions[0].error_code

    def take_over(self, *, keep: bool = True, enable: bool = True) -> InitProducerIdResponse:
        """InitProducerId with two-phase commit."""
        request = InitProducerIdRequest(self.transactional_id, 1, -1, -1, enable, keep)
        response = self.wire.ask(request, 6, InitProducerIdResponse)
        self.producer_id, self.epoch, self.sequence = response.producer_id, response.producer_epoch, 0
        return response

    @property
    def us(self) -> ProducerIdAndEpoch:
        return ProducerIdAndEpoch(self.producer_id, self.epoch)


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """One broker with the topic `orders`, where two-phase commit is allowed."""
    config = BrokerConfig(transaction_two_phase_commit_enable=True)
    with EmbeddedCluster(partitions_per_topic=2, config=config) as running:
        running.create_topic("orders")
        yield running


@pytest.fixture
def producer(wire: Wire) -> Producer:
    """A producer that has its id."""
    producer = Producer(wire)
    assert producer.init() == NONE
    return producer


@pytest.fixture
def worn_out(cluster: EmbeddedCluster, producer: Producer) -> Producer:
    """A producer in its last epoch."""
    cluster.transactions._transactions["payments"].epoch = producer.epoch = LARGEST_EPOCH
    return producer


def values(cluster: EmbeddedCluster) -> list[bytes | None]:
    return [record.value for record in cluster.log("orders").committed_records()]


def _everything(cluster: EmbeddedCluster) -> bytes:
    return b"".join(bytes(batch.buffer) for batch in cluster.log("orders").read(0, 1_000_000, at_least_one=True))


def test_a_batch_lets_its_partition_take_part(cluster: EmbeddedCluster, producer: Producer) -> None:
    assert producer.write(b"a") == NONE
    assert cluster.transactions.state_of("payments") is TransactionState.ONGOING
    assert values(cluster) == []
    assert producer.commit() == NONE
    assert values(cluster) == [b"a"]


def test_an_older_version_of_produce_does_not(producer: Producer) -> None:
    assert producer.write(b"a", version=11) == TransactionAbortableError.code


@pytest.mark.parametrize("version", [0, 1])
def test_nor_does_any_if_the_cluster_has_not_agreed(cluster: EmbeddedCluster, producer: Producer, version: int) -> None:
    cluster.state.features.finalize_transaction_version(version)
    assert producer.write(b"a") == TransactionAbortableError.code
    assert producer.commit_offset(1) == TransactionAbortableError.code


def test_offsets_take_part_by_themselves(cluster: EmbeddedCluster, producer: Producer) -> None:
    assert producer.commit_offset(7, version=4) == TransactionAbortableError.code
    assert producer.commit_offset(7) == NONE
    assert cluster.committed_offsets(GROUP) == {}
    assert producer.commit() == NONE
    assert cluster.committed_offsets(GROUP)[TopicPartition("orders", 0)].offset == 7


def test_each_transaction_has_its_own_epoch_and_its_mark_the_next(cluster: EmbeddedCluster, producer: Producer) -> None:
    for end in (producer.commit, producer.abort, producer.commit):
        producer.write(b"a")
        assert end() == NONE
    batches = list(split_batches(_everything(cluster)))
    assert [batch.producer_epoch for batch in batches] == [0, 1, 1, 2, 2, 3]
    assert [kind_of(batch) for batch in batches if batch.is_control] == [
        ControlRecordType.COMMIT,
        ControlRecordType.ABORT,
        ControlRecordType.COMMIT,
    ]


def test_a_batch_that_comes_after_its_transaction_is_refused(cluster: EmbeddedCluster, producer: Producer) -> None:
    producer.write(b"a")
    late = Producer(producer.wire, producer_id=producer.producer_id, epoch=producer.epoch, sequence=1)
    producer.abort()
    assert late.write(b"late") == InvalidProducerEpochError.code
    producer.write(b"b")
    producer.commit()
    assert values(cluster) == [b"b"]


@pytest.mark.parametrize("committed", [True, False])
def test_the_same_end_again_is_answered_as_the_first_time(producer: Producer, committed: bool) -> None:
    producer.write(b"a")
    before = producer.us
    producer.end(committed=committed)
    again = producer.end_again(before, committed=committed)
    assert (again.error_code, again.producer_id, again.producer_epoch) == (NONE, *producer.us)
    assert producer.end_again(before, committed=not committed).error_code == InvalidTxnStateError.code
    producer.write(b"b")
    assert producer.end_again(before, committed=committed).error_code == ProducerFencedError.code


def test_nothing_can_be_aborted_but_not_committed(producer: Producer) -> None:
    for _ in range(2):
        assert producer.commit() == InvalidTxnStateError.code
        epoch = producer.epoch
        assert producer.abort() == NONE
        assert producer.epoch == epoch + 1


def test_until_its_end_is_marked_a_transaction_is_in_the_way(cluster: EmbeddedCluster, producer: Producer) -> None:
    producer.write(b"a")
    before = producer.us
    cluster.transactions.hold_markers()
    assert producer.commit() == NONE
    assert producer.write(b"b") == ConcurrentTransactionsError.code
    assert producer.write(b"b", version=11) == NotEnoughReplicasError.code
    assert producer.abort() == ConcurrentTransactionsError.code
    assert producer.end_again(before, committed=True).error_code == ConcurrentTransactionsError.code
    cluster.transactions.release_markers()
    assert producer.write(b"b") == NONE
    assert producer.abort() == NONE
    assert values(cluster) == [b"a"]


def test_after_the_last_epoch_comes_a_new_producer_id(cluster: EmbeddedCluster, worn_out: Producer) -> None:
    worn_out.write(b"a")
    before = worn_out.us
    assert worn_out.commit() == NONE
    assert worn_out.us == (before.producer_id + 1, 0)
    again = worn_out.end_again(before, committed=True)
    assert (again.error_code, again.producer_id) == (NONE, worn_out.producer_id)
    worn_out.write(b"b")
    assert worn_out.commit() == NONE
    assert values(cluster) == [b"a", b"b"]


def test_who_took_too_long_goes_on_after_an_abort(cluster: EmbeddedCluster, producer: Producer) -> None:
    producer.write(b"a")
    cluster.transactions.abort_timed_out_transactions(LONG_AFTER_MS)
    assert producer.write(b"b") == InvalidProducerEpochError.code
    assert producer.abort() == NONE
    assert producer.write(b"c") == NONE
    assert producer.commit() == NONE
    assert values(cluster) == [b"c"]


def test_but_not_if_that_was_in_its_last_epoch(cluster: EmbeddedCluster, worn_out: Producer) -> None:
    worn_out.write(b"a")
    cluster.transactions.abort_timed_out_transactions(LONG_AFTER_MS)
    assert worn_out.abort() == ProducerFencedError.code
    assert worn_out.init() == NONE
    assert worn_out.epoch == 0


# Two-phase commit...


def test_a_transaction_that_is_kept_is_ended_by_another(cluster: EmbeddedCluster, producer: Producer) -> None:
    producer.write(b"a")
    writer = producer.us
    for _ in range(2):
        response = producer.take_over()
        assert (response.ongoing_txn_producer_id, response.ongoing_txn_producer_epoch) == writer
    assert producer.epoch == writer.epoch + 2
    assert producer.end_again(writer, committed=True).error_code == ProducerFencedError.code
    assert producer.commit() == NONE
    assert values(cluster) == [b"a"]


def test_even_if_there_are_no_epochs_left(cluster: EmbeddedCluster, worn_out: Producer) -> None:
    worn_out.write(b"a")
    worn_out.commit_offset(7)
    writer = worn_out.us
    response = worn_out.take_over()
    assert (response.ongoing_txn_producer_id, response.ongoing_txn_producer_epoch) == writer
    assert worn_out.producer_id != writer.producer_id
    assert worn_out.commit() == NONE
    assert values(cluster) == [b"a"]
    assert TopicPartition("orders", 0) in cluster.committed_offsets(GROUP)
    worn_out.write(b"b")
    assert worn_out.commit() == NONE
    assert values(cluster) == [b"a", b"b"]


def test_where_nothing_is_open_nothing_is_kept(producer: Producer) -> None:
    response = producer.take_over()
    assert (response.error_code, response.ongoing_txn_producer_id, response.ongoing_txn_producer_epoch) == (0, -1, -1)


def test_such_a_transaction_never_takes_too_long(cluster: EmbeddedCluster, producer: Producer) -> None:
    producer.take_over(keep=False)
    producer.write(b"a")
    cluster.transactions.abort_timed_out_transactions(LONG_AFTER_MS)
    assert producer.commit() == NONE


def test_keeping_is_a_part_of_two_phase_commit_and_that_must_be_allowed(producer: Producer) -> None:
    assert producer.take_over(enable=False).error_code == InvalidRequestError.code
    with EmbeddedCluster() as strict, Wire(strict.addresses[0]) as wire:
        for keep in (True, False):
            refused = Producer(wire).take_over(keep=keep)
            assert refused.error_code == TransactionalIdAuthorizationError.code
