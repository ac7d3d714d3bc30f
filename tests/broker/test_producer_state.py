"""Sequence numbers: each batch of an idempotent producer is kept once, and none before its predecessor."""

import pytest

from kafka_nio.broker.producer_state import BATCHES_TO_RETAIN, ProducerStateManager
from kafka_nio.errors import InvalidProducerEpochError, OutOfOrderSequenceError
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import batch

ID = 7

MAX_SEQUENCE = 2**31 - 1


def sent(sequence: int, *, epoch: int = 0, records: int = 1, producer_id: int = ID) -> RecordBatch:
    """A batch with `records` records, the first of which has this sequence number."""
    return RecordBatch(batch(*[b"x"] * records, producer=(producer_id, epoch, sequence)))


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


def test_the_first_batch_has_to_begin_with_0() -> None:
    with pytest.raises(OutOfOrderSequenceError):
        ProducerStateManager().check(sent(1))


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
