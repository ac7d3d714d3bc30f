"""Sequence numbers: each batch of an idempotent producer is kept once, and none before its predecessor."""

import pytest

from kafka_nio.broker.control_record import ControlRecordType, end_transaction_marker
from kafka_nio.broker.producer_state import BATCHES_TO_RETAIN, CompletedTransaction, ProducerStateManager
from kafka_nio.errors import InvalidProducerEpochError, InvalidTxnStateError, OutOfOrderSequenceError
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import batch

ID = 7

MAX_SEQUENCE = 2**31 - 1


def sent(sequence: int, *, epoch: int = 0, records: int = 1, producer_id: int = ID) -> RecordBatch:
    """A batch with `records` records, the first of which has this sequence number."""
    return RecordBatch(batch(*[b"x"] * records, producer=(producer_id, epoch, sequence)))


def mark(*, epoch: int = 0) -> RecordBatch:
    """The mark that ends a transaction, at offset 9."""
    return end_transaction_marker(ID, epoch, 0, ControlRecordType.ABORT, 0).placed_at(9, 0)


def manager_after(*batches: RecordBatch) -> ProducerStateManager:
    """A manager that has seen these batches appended."""
    manager = ProducerStateManager()
    for appended in batches:
        assert manager.check(appended) is None
        manager.update(appended)
    return manager


def test_a_batch_without_producer_id_is_never_refused() -> None:
    plain = RecordBatch(batch(b"x"))
    assert manager_after(plain, plain, plain).check(plain) is None


def test_batches_in_order_may_be_appended() -> None:
    assert manager_after(sent(0, records=3), sent(3), sent(4, records=2)).check(sent(6)) is None


def test_a_repeated_batch_is_recognized() -> None:
    duplicate = manager_after(sent(0, records=3), sent(3)).check(sent(0, records=3))
    assert duplicate is not None
    assert (duplicate.first_sequence, duplicate.last_sequence) == (0, 2)


def test_a_batch_is_recognized_as_long_as_five_others_have_not_come_after_it() -> None:
    manager = manager_after(*[sent(number) for number in range(BATCHES_TO_RETAIN)])
    assert manager.check(sent(0)) is not None
    manager.update(sent(BATCHES_TO_RETAIN))
    with pytest.raises(OutOfOrderSequenceError):
        manager.check(sent(0))


def test_a_gap_is_refused_with_the_number_that_was_expected() -> None:
    with pytest.raises(OutOfOrderSequenceError, match=r"sent sequence number 5, but 3 is next"):
        manager_after(sent(0, records=3)).check(sent(5))


def test_a_batch_that_overlaps_another_is_refused() -> None:
    with pytest.raises(OutOfOrderSequenceError):
        manager_after(sent(0, records=3)).check(sent(0, records=2))


def test_a_producer_that_nobody_knows_may_begin_with_any_number() -> None:
    assert manager_after(sent(5), sent(6)).check(sent(7)) is None


def test_producers_do_not_get_in_each_others_way() -> None:
    manager = manager_after(sent(0), sent(0, producer_id=ID + 1), sent(1))
    assert manager.check(sent(1, producer_id=ID + 1)) is None


def test_after_the_largest_sequence_number_comes_0() -> None:
    manager = ProducerStateManager()
    manager.update(sent(MAX_SEQUENCE - 1, records=4))
    assert manager.check(sent(MAX_SEQUENCE - 1, records=4)) is not None
    assert manager.check(sent(2)) is None


# Epochs...


def test_a_new_epoch_begins_again_with_0() -> None:
    manager = manager_after(sent(0), sent(1))
    assert manager.check(sent(0, epoch=1)) is None
    with pytest.raises(OutOfOrderSequenceError):
        manager.check(sent(2, epoch=1))


def test_a_batch_of_an_old_epoch_is_refused() -> None:
    manager = manager_after(sent(0), sent(0, epoch=1))
    with pytest.raises(InvalidProducerEpochError):
        manager.check(sent(1))


# Transactions...


def transactional(sequence: int, *, epoch: int = 0) -> RecordBatch:
    """A batch of a transaction, at offset 3."""
    return RecordBatch(batch(b"x", producer=(ID, epoch, sequence), is_transactional=True)).placed_at(3, 0)


def test_a_transaction_is_open_from_its_first_batch_to_its_mark() -> None:
    manager = manager_after(transactional(0), transactional(1))
    assert manager.first_unstable_offset == 3
    assert manager.end_transaction(mark()) == CompletedTransaction(ID, 3, 9)
    assert manager.first_unstable_offset is None


def test_a_mark_without_records_ends_nothing() -> None:
    assert manager_after().end_transaction(mark()) is None


def test_sequence_numbers_go_on_behind_a_mark() -> None:
    manager = manager_after(transactional(0))
    manager.end_transaction(mark())
    assert manager.check(transactional(0)) is not None, "it is still known as a duplicate"
    assert manager.check(transactional(1)) is None


def test_a_mark_with_a_new_epoch_locks_the_old_one_out() -> None:
    manager = manager_after(transactional(0))
    manager.end_transaction(mark(epoch=1))
    with pytest.raises(InvalidProducerEpochError):
        manager.check(transactional(1))
    assert manager.check(transactional(0, epoch=2)) is None


def test_a_mark_with_an_old_epoch_is_refused() -> None:
    with pytest.raises(InvalidProducerEpochError):
        manager_after(transactional(0, epoch=1)).check_marker(mark())


def test_a_batch_outside_of_the_open_transaction_is_refused() -> None:
    with pytest.raises(InvalidTxnStateError, match="one open since offset 3"):
        manager_after(transactional(0)).check(sent(1))
