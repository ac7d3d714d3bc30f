"""Transactions: what is committed is seen whole, what is aborted not at all, and nobody writes for somebody else."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.control_record import ControlRecordType, kind_of
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.broker.transaction_state import LARGEST_EPOCH, ProducerIdAndEpoch, TransactionState
from kafka_nio.clock import MockClock
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    NONE,
    ConcurrentTransactionsError,
    CoordinatorLoadInProgressError,
    InvalidPidMappingError,
    InvalidProducerEpochError,
    InvalidTxnStateError,
    NotCoordinatorError,
    NotEnoughReplicasError,
    OperationNotAttemptedError,
    ProducerFencedError,
    TransactionAbortableError,
    TransactionalIdAuthorizationError,
    UnknownTopicOrPartitionError,
)
from kafka_nio.protocol.messages import FetchResponse, ProduceResponse
from kafka_nio.protocol.record_batch import split_batches
from tests.broker.transactions import GROUP, TIMEOUT_MS, TransactionalProducer
from tests.broker.wire import Wire, batch, fetch_request, produce_request

ORDERS = TopicPartition("orders", 0)


@pytest.fixture
def orders(cluster: EmbeddedCluster) -> EmbeddedCluster:
    """A cluster with the topic `orders`, which has two partitions."""
    cluster.create_topic("orders")
    return cluster


@pytest.fixture
def producer(orders: EmbeddedCluster, wire: Wire) -> TransactionalProducer:
    """A producer that has its id."""
    producer = TransactionalProducer(wire)
    assert producer.init() == NONE
    return producer


def values(cluster: EmbeddedCluster, partition: int = 0) -> list[bytes | None]:
    """What a careful consumer sees."""
    return [record.value for record in cluster.log("orders", partition).committed_records()]


# Commit and abort...


def test_committed_records_are_seen_once_the_transaction_has_ended(
    orders: EmbeddedCluster, producer: TransactionalProducer
) -> None:
    assert producer.add(0, 1) == NONE
    assert [producer.produce(b"a", b"b"), producer.produce(b"c")] == [NONE, NONE]
    assert values(orders) == []
    assert producer.commit() == NONE
    assert values(orders) == [b"a", b"b", b"c"]
    assert orders.transactions.state_of("payments") is TransactionState.COMPLETE_COMMIT


def test_aborted_records_are_never_seen(orders: EmbeddedCluster, producer: TransactionalProducer) -> None:
    for ending, value in ((producer.abort, b"a"), (producer.commit, b"b"), (producer.abort, b"c")):
        producer.add(0)
        assert producer.produce(value) == NONE
        assert ending() == NONE
    assert values(orders) == [b"b"]
    assert [record.value for record in orders.log("orders").records()] == [b"a", b"b", b"c"]


def test_every_partition_that_took_part_is_marked_even_if_nothing_was_written_to_it(
    orders: EmbeddedCluster, producer: TransactionalProducer
) -> None:
    producer.add(0, 1)
    producer.produce(b"a")
    producer.commit()
    logs = [orders.log("orders", partition).batches() for partition in (0, 1)]
    assert [[found.is_control for found in log] for log in logs] == [[False, True], [True]]


def test_records_behind_an_open_transaction_are_not_stable(
    orders: EmbeddedCluster, producer: TransactionalProducer, wire: Wire
) -> None:
    producer.add(0)
    producer.produce(b"open")
    wire.ask(produce_request("orders", batch(b"plain")), 9, ProduceResponse)
    log = orders.log("orders")
    assert (log.last_stable_offset, log.end_offset, values(orders)) == (0, 2, [])
    producer.abort()
    assert (log.last_stable_offset, log.end_offset, values(orders)) == (3, 3, [b"plain"])


def test_ending_twice_the_same_way_is_ending_once(producer: TransactionalProducer) -> None:
    producer.add(0)
    assert [producer.commit(), producer.commit(), producer.abort()] == [NONE, NONE, InvalidTxnStateError.code]


def test_a_transaction_that_never_began_cannot_end(producer: TransactionalProducer) -> None:
    assert producer.commit() == InvalidTxnStateError.code


# Who writes...


def test_a_new_producer_locks_the_older_one_out(orders: EmbeddedCluster, producer: TransactionalProducer) -> None:
    with Wire(orders.addresses[0]) as another:
        newer = TransactionalProducer(another)
        assert newer.init() == NONE
        assert (newer.producer_id, newer.epoch) == (producer.producer_id, producer.epoch + 1)
        fenced = [producer.add(0), producer.commit(), producer.add_offsets()]
        assert fenced == [ProducerFencedError.code] * 3
        assert producer.add(0, version=1) == InvalidProducerEpochError.code, "as it was called in older versions"
        assert producer.produce(b"a") == InvalidProducerEpochError.code


def test_a_new_producer_has_to_wait_until_the_open_transaction_is_aborted(
    orders: EmbeddedCluster, producer: TransactionalProducer
) -> None:
    producer.add(0)
    producer.produce(b"a")
    with Wire(orders.addresses[0]) as another:
        newer = TransactionalProducer(another)
        assert newer.init() == ConcurrentTransactionsError.code
        assert newer.init() == NONE
        assert newer.epoch == producer.epoch + 2, "one epoch was used up to lock the older producer out"
        newer.add(0)
        assert [newer.produce(b"b"), newer.commit()] == [NONE, NONE]
    assert values(orders) == [b"b"]


def test_a_producer_that_says_who_it_was_may_go_on(producer: TransactionalProducer) -> None:
    assert producer.init(go_on=True) == NONE
    assert producer.epoch == 1


def test_asking_again_who_we_are_gives_the_same_answer(producer: TransactionalProducer) -> None:
    producer.init(go_on=True)
    producer.epoch = 0  # the answer got lost
    assert producer.init(go_on=True) == NONE
    assert producer.epoch == 1


def test_an_id_that_belongs_to_nobody_is_refused(producer: TransactionalProducer) -> None:
    producer.producer_id += 1
    assert [producer.add(0), producer.commit()] == [InvalidPidMappingError.code] * 2


# What takes part...


def test_a_batch_for_a_partition_that_does_not_take_part_is_refused(producer: TransactionalProducer) -> None:
    producer.add(1)
    assert producer.produce(b"a") == TransactionAbortableError.code
    assert producer.produce(b"a", version=9) == InvalidTxnStateError.code, "as it was called in older versions"


def test_a_batch_without_the_transactional_id_is_refused(producer: TransactionalProducer) -> None:
    producer.add(0)
    records = batch(b"a", producer=(producer.producer_id, 0, 0), is_transactional=True)
    response = producer.wire.ask(produce_request("orders", records), 11, ProduceResponse)
    assert response.topics[0].partitions[0].error_code == TransactionalIdAuthorizationError.code


def test_a_partition_that_is_not_there_keeps_the_others_out(producer: TransactionalProducer) -> None:
    expected = [OperationNotAttemptedError.code, UnknownTopicOrPartitionError.code]
    assert producer.add(0, 9) == expected
    assert producer.produce(b"a") == TransactionAbortableError.code


def test_what_was_repeated_is_kept_once(orders: EmbeddedCluster, producer: TransactionalProducer) -> None:
    producer.add(0)
    producer.produce(b"a")
    producer.sequence = 0
    assert producer.produced(b"a").base_offset == 0
    producer.commit()
    assert values(orders) == [b"a"]


# Offsets of consumer groups...


@pytest.mark.parametrize("committed", [True, False])
def test_offsets_count_if_the_transaction_commits(
    orders: EmbeddedCluster, producer: TransactionalProducer, committed: bool
) -> None:
    assert [producer.add_offsets(), producer.commit_offset(42)] == [NONE, NONE]
    assert orders.committed_offsets(GROUP) == {}
    producer.end(committed=committed)
    found = {partition: offset.offset for partition, offset in orders.committed_offsets(GROUP).items()}
    assert found == ({ORDERS: 42} if committed else {})


def test_offsets_of_a_group_that_does_not_take_part_are_refused(producer: TransactionalProducer) -> None:
    producer.add(0)
    assert producer.commit_offset(42) == TransactionAbortableError.code
    assert producer.commit_offset(42, version=3) == InvalidTxnStateError.code


def test_an_offset_for_a_partition_that_is_not_there_is_refused(producer: TransactionalProducer) -> None:
    producer.add_offsets()
    assert producer.commit_offset(42, partition=9) == UnknownTopicOrPartitionError.code


# Coordinators that move, load, and take their time...


@pytest.fixture
def two_brokers() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(nodes=2) as cluster:
        cluster.create_topic("orders")
        yield cluster


def test_a_coordinator_that_moves_takes_the_transaction_along(two_brokers: EmbeddedCluster) -> None:
    with Wire(two_brokers.addresses[0]) as first, Wire(two_brokers.addresses[1]) as second:
        producer = TransactionalProducer(first)
        producer.init()
        producer.add(0)
        producer.produce(b"a")
        two_brokers.move_transaction_coordinator(1, is_loading=True)
        assert producer.commit() == NotCoordinatorError.code
        producer.wire = second
        assert producer.commit() == CoordinatorLoadInProgressError.code
        two_brokers.transactions.seat.is_loading = False
        assert producer.commit() == NONE
    assert values(two_brokers) == [b"a"]


def test_a_group_coordinator_that_moves_is_not_found_where_it_was(two_brokers: EmbeddedCluster) -> None:
    with Wire(two_brokers.addresses[0]) as wire:
        producer = TransactionalProducer(wire)
        producer.init()
        producer.add_offsets()
        two_brokers.move_group_coordinator(1)
        assert producer.commit_offset(1) == NotCoordinatorError.code


def test_while_marks_are_held_back_producers_have_to_wait(
    orders: EmbeddedCluster, producer: TransactionalProducer
) -> None:
    producer.add(0)
    producer.produce(b"a")
    orders.transactions.hold_markers()
    assert producer.commit() == NONE
    assert orders.transactions.state_of("payments") is TransactionState.PREPARE_COMMIT
    assert [producer.add(0), producer.commit(), producer.init()] == [ConcurrentTransactionsError.code] * 3
    assert producer.abort() == InvalidTxnStateError.code
    assert producer.produce(b"b") == NotEnoughReplicasError.code
    assert values(orders) == []
    orders.transactions.release_markers()
    assert values(orders) == [b"a"]
    assert producer.add(0) == NONE


# When it takes too long...


def test_a_transaction_that_takes_too_long_is_aborted_and_its_producer_locked_out(
    coordinator: TransactionCoordinator, clock: MockClock
) -> None:
    producer = coordinator.init_producer_id("payments", TIMEOUT_MS)
    clock.sleep(TIMEOUT_MS)
    coordinator.add_partitions("payments", producer, {ORDERS})
    deadline_ms = clock.now_ms() + TIMEOUT_MS
    assert coordinator.next_deadline_ms == deadline_ms, "its time begins with the first partition"
    coordinator.abort_timed_out_transactions(int(deadline_ms) - 1)
    assert coordinator.state_of("payments") is TransactionState.ONGOING
    coordinator.abort_timed_out_transactions(int(deadline_ms))
    assert coordinator.state_of("payments") is TransactionState.COMPLETE_ABORT
    with pytest.raises(ProducerFencedError):
        coordinator.end_transaction("payments", producer, committed=True)


def test_a_broker_ends_what_takes_too_long_without_being_asked(orders: EmbeddedCluster, wire: Wire) -> None:
    producer = TransactionalProducer(wire)
    producer.init(timeout_ms=50)
    producer.add(0)
    with Wire(orders.addresses[0]) as reader:
        # Answered by the mark, which comes from nobody's request.
        response = reader.ask(fetch_request("orders", max_wait_ms=TIMEOUT_MS), 11, FetchResponse)
    (marker,) = split_batches(response.topics[0].partitions[0].records or b"")
    assert kind_of(marker) is ControlRecordType.ABORT
    assert producer.commit() == ProducerFencedError.code


def test_when_the_epochs_are_used_up_there_is_a_new_id(coordinator: TransactionCoordinator) -> None:
    first = coordinator.init_producer_id("payments", TIMEOUT_MS)
    producer = first
    while producer.epoch < LARGEST_EPOCH:
        producer = coordinator.init_producer_id("payments", TIMEOUT_MS)
    assert producer.producer_id == first.producer_id
    renewed = coordinator.init_producer_id("payments", TIMEOUT_MS, expected=producer)
    assert (renewed.producer_id > first.producer_id, renewed.epoch) == (True, 0)
    again = coordinator.init_producer_id("payments", TIMEOUT_MS, expected=producer)
    assert again == renewed, "whoever asks again, because the answer got lost, gets the same"


def test_whoever_comes_back_too_late_is_fenced(coordinator: TransactionCoordinator) -> None:
    old = coordinator.init_producer_id("payments", TIMEOUT_MS)
    coordinator.init_producer_id("payments", TIMEOUT_MS)
    with pytest.raises(ProducerFencedError):
        coordinator.init_producer_id("payments", TIMEOUT_MS, expected=old)
    with pytest.raises(ProducerFencedError):
        coordinator.init_producer_id("payments", TIMEOUT_MS, expected=ProducerIdAndEpoch(old.producer_id + 1, 0))


def test_a_partition_that_cannot_be_marked_does_not_stop_the_others(
    orders: EmbeddedCluster, producer: TransactionalProducer, caplog: pytest.LogCaptureFixture
) -> None:
    producer.add(0, 1)
    producer.produce(b"a", partition=1)
    forged = batch(b"forged", producer=(producer.producer_id, 9, 0))
    producer.wire.ask(produce_request("orders", forged), 9, ProduceResponse)
    assert producer.commit() == NONE
    assert values(orders, partition=1) == [b"a"]
    assert "cannot be marked in orders-0" in caplog.text
