"""Numbers of a partition's batches: given, acknowledged, moved, begun anew."""

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.sequence_numbers import (
    NOBODY,
    ProducerIdAndEpoch,
    TxnPartitionEntry,
    TxnPartitionMap,
    is_before,
)
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.parts import ORDERS_0, ORDERS_1, batch

LAST = 2**31 - 1
US = ProducerIdAndEpoch(7, 0)


@pytest.fixture
def entry() -> TxnPartitionEntry:
    made = TxnPartitionEntry(ORDERS_0)
    made.start_sequences_at_beginning(US)
    return made


def numbered(entry: TxnPartitionEntry, *record_counts: int, transactional: bool = False) -> list[ProducerBatch]:
    batches = [batch(MockClock(), values=(b"x",) * count) for count in record_counts]
    for each in batches:
        entry.assign_sequence(each, transactional)
    return batches


def test_numbers_count_records(entry: TxnPartitionEntry) -> None:
    batches = numbered(entry, 3, 1, 2)
    assert [(each.base_sequence, each.last_sequence) for each in batches] == [(0, 2), (3, 3), (4, 5)]
    assert entry.next_sequence == 6


def test_the_number_is_written_into_the_batch(entry: TxnPartitionEntry) -> None:
    _, second = numbered(entry, 2, 1, transactional=True)
    written = RecordBatch(second.close())
    assert (written.producer_id, written.producer_epoch, written.base_sequence) == (7, 0, 2)
    assert written.is_transactional
    written.ensure_valid()


@pytest.mark.behaviour(170)
def test_after_the_highest_number_comes_0(entry: TxnPartitionEntry) -> None:
    entry.next_sequence, entry.last_acked_sequence = LAST - 1, LAST - 2
    first, second = numbered(entry, 3, 1)
    assert (first.base_sequence, first.last_sequence, second.base_sequence) == (LAST - 1, 0, 1)
    entry.acknowledged(first, 100)
    assert (entry.last_acked_sequence, entry.is_next(second.base_sequence)) == (0, True)


@pytest.mark.behaviour(170)
@pytest.mark.parametrize(("sequence", "other"), [(0, 1), (-1, 0), (LAST, 0), (LAST - 5, 7)])
def test_which_number_comes_first(sequence: int, other: int) -> None:
    assert is_before(sequence, other)
    assert not is_before(other, sequence) or sequence == -1
    assert not is_before(other, other)


def test_an_acknowledged_batch_is_not_in_flight_any_more(entry: TxnPartitionEntry) -> None:
    first, second = numbered(entry, 2, 2)
    entry.acknowledged(second, 12)
    entry.acknowledged(first, 10)
    assert entry.in_flight == []
    assert (entry.last_acked_sequence, entry.last_acked_offset) == (3, 13)


@pytest.mark.behaviour(168)
def test_behind_a_batch_that_failed_for_good_numbers_move_down(entry: TxnPartitionEntry) -> None:
    first, second, third = numbered(entry, 2, 3, 1)
    entry.remove_in_flight(second)
    entry.adjust_sequences_due_to_failed_batch(second)
    assert (first.base_sequence, third.base_sequence, entry.next_sequence) == (0, 2, 3)
    assert (first.sequence_has_been_reset, third.sequence_has_been_reset) == (False, True)


def test_a_new_epoch_numbers_all_that_is_in_flight_from_0(entry: TxnPartitionEntry) -> None:
    first, second, third = numbered(entry, 2, 3, 1)
    entry.acknowledged(first, 10)
    encoded = second.close()
    entry.start_sequences_at_beginning(US._replace(epoch=1))
    assert [(each.producer, each.base_sequence) for each in (second, third)] == [((7, 1), 0), ((7, 1), 3)]
    assert entry.next_sequence == 4
    assert RecordBatch(encoded).base_sequence == 2, "what the network layer still holds stays as it was"
    assert second.sequence_has_been_reset
    again = RecordBatch(second.close())
    again.ensure_valid()
    assert (again.producer_epoch, again.base_sequence) == (1, 0)
    assert list(again.records()) == list(RecordBatch(encoded).records())
    assert not second.sequence_has_been_reset


def test_the_answer_to_an_old_epoch_says_nothing_of_the_new_one(entry: TxnPartitionEntry) -> None:
    (first,) = numbered(entry, 5)
    entry.remove_in_flight(first)
    entry.start_sequences_at_beginning(US._replace(epoch=1))
    entry.acknowledged(first, 10)
    assert entry.is_next(0)


def test_parts_of_a_batch_share_its_numbers(entry: TxnPartitionEntry) -> None:
    before, big, behind = numbered(entry, 1, 5, 1)
    parts = [batch(MockClock(), values=(b"x",) * count) for count in (2, 2, 1)]
    entry.replace_in_flight(big, parts, False)
    assert [part.base_sequence for part in parts] == [1, 3, 5]
    assert entry.in_flight == [before, *parts, behind]


def test_an_unknown_fate_is_remembered_by_the_number_behind(entry: TxnPartitionEntry) -> None:
    first, second = numbered(entry, 2, 3)
    entry.mark_unresolved(second)
    entry.mark_unresolved(first)
    assert (entry.is_unresolved, entry.next_sequence_if_resolved) == (True, 5)


def test_each_partition_has_numbers_of_its_own() -> None:
    partitions = TxnPartitionMap()
    numbered(partitions[ORDERS_0], 4)
    assert (partitions[ORDERS_0].next_sequence, partitions[ORDERS_1].next_sequence) == (4, 0)
    partitions.remove(ORDERS_0)
    assert (partitions[ORDERS_0].next_sequence, partitions[ORDERS_0].producer) == (0, NOBODY)
