"""Records of one partition that travel together."""

import itertools

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.errors import IllegalStateError, KafkaError, NotLeaderOrFollowerError, RecordTooLargeError
from kafka_nio.producer import RecordMetadata
from kafka_nio.producer.futures import same_for_all
from kafka_nio.producer.producer_batch import (
    ABORTED,
    FAILED,
    PENDING,
    SUCCEEDED,
    TRANSITIONS,
    BatchState,
    ProducerBatch,
)
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.parts import ORDERS_0, Outcomes, batch


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=5_000)


# Filling it...


def test_records_get_places_in_order(clock: MockClock) -> None:
    filled = batch(clock, values=(b"a", b"b"))
    future = filled.try_append((0, None, b"c", (), None))
    filled.complete(100, -1)
    assert future is not None
    assert future.result().offset == 102


@pytest.mark.behaviour(113)
def test_the_first_record_always_fits(clock: MockClock) -> None:
    filled = batch(clock, values=(b"x" * 5_000,), size_limit=100)
    assert filled.record_count == 1
    assert filled.is_full


@pytest.mark.behaviour(114)
def test_a_record_without_room_is_refused_and_so_is_every_later_one(clock: MockClock) -> None:
    filled = batch(clock, values=(b"a",), size_limit=100)
    assert filled.try_append((0, None, b"x" * 100, (), None)) is None
    assert filled.is_full
    assert filled.try_append((0, None, b"b", (), None)) is None, "it would overtake the large one"


def test_the_encoded_batch_holds_the_records(clock: MockClock) -> None:
    filled = batch(clock, values=(b"a", b"b"))
    assert [record.value for record in RecordBatch(filled.close()).records()] == [b"a", b"b"]


def test_the_estimated_size_is_the_encoded_one(clock: MockClock) -> None:
    filled = batch(clock, values=(b"a", b"b" * 200))
    assert filled.estimated_size == len(filled.close())


def test_a_batch_is_encoded_once(clock: MockClock) -> None:
    filled = batch(clock)
    assert filled.close() is filled.close()


def test_a_closed_batch_takes_no_records(clock: MockClock) -> None:
    filled = batch(clock)
    filled.close()
    assert filled.try_append((0, None, b"b", (), None)) is None


# Waiting and trying again...


@pytest.mark.behaviour(132)
def test_the_delivery_timeout_runs_from_the_making_of_the_batch(clock: MockClock) -> None:
    made = batch(clock)
    assert not made.has_reached_delivery_timeout(100, clock.now_ms() + 99)
    assert made.has_reached_delivery_timeout(100, clock.now_ms() + 100)


@pytest.mark.behaviour(132)
def test_a_retry_does_not_renew_the_delivery_timeout(clock: MockClock) -> None:
    made = batch(clock)
    made.reenqueued(None, 0, clock.now_ms() + 99)
    assert made.has_reached_delivery_timeout(100, clock.now_ms() + 100)


@pytest.mark.behaviour(133)
def test_a_clock_that_goes_back_expires_nothing(clock: MockClock) -> None:
    made = batch(clock)
    assert not made.has_reached_delivery_timeout(100, clock.now_ms() - 1_000)
    assert made.waited_time_ms(clock.now_ms() - 1_000) == 0


@pytest.mark.behaviour(118)
def test_waiting_begins_anew_with_each_attempt(clock: MockClock) -> None:
    made = batch(clock)
    assert made.waited_time_ms(clock.now_ms() + 30) == 30
    made.reenqueued(None, 100, clock.now_ms() + 30)
    assert made.waited_time_ms(clock.now_ms() + 50) == 20


def test_a_batch_backs_off_after_an_attempt_in_vain(clock: MockClock) -> None:
    made = batch(clock)
    assert not made.is_backing_off(clock.now_ms())
    made.reenqueued(None, 100, clock.now_ms())
    assert made.is_backing_off(clock.now_ms() + 99)
    assert not made.is_backing_off(clock.now_ms() + 100)


@pytest.mark.behaviour(130)
def test_a_new_leader_ends_the_backoff_of_this_retry_only(clock: MockClock) -> None:
    made = batch(clock)
    made.maybe_update_leader_epoch(1)
    made.reenqueued(None, 100, clock.now_ms())
    assert made.is_backing_off(clock.now_ms()), "the same leader as before"
    made.maybe_update_leader_epoch(2)
    assert not made.is_backing_off(clock.now_ms())
    made.reenqueued(None, 100, clock.now_ms())
    assert made.is_backing_off(clock.now_ms()), "it has failed with that leader too"


def test_of_new_leaders_in_a_row_every_other_one_has_to_wait(clock: MockClock) -> None:
    """Brokers that name one leader after the other would have us connect to each as fast as they can answer."""
    made, waits = batch(clock), []
    for epoch in range(1, 7):
        made.reenqueued(None, 100, clock.now_ms())
        made.maybe_update_leader_epoch(epoch)
        waits.append(made.is_backing_off(clock.now_ms()))
    assert waits == [False, True, False, True, False, True]


def test_an_older_leader_epoch_changes_nothing(clock: MockClock) -> None:
    made = batch(clock)
    made.maybe_update_leader_epoch(5)
    made.reenqueued(None, 100, clock.now_ms())
    made.maybe_update_leader_epoch(4)
    assert made.is_backing_off(clock.now_ms())


def test_the_time_in_the_queue_is_known_once_it_was_drained(clock: MockClock) -> None:
    made = batch(clock)
    made.drained(clock.now_ms() + 40)
    assert made.queue_time_ms == 40


# Ending...


def end(ended: ProducerBatch, how: BatchState) -> None:
    if how is SUCCEEDED:
        ended.complete(10, -1)
    elif how is FAILED:
        ended.complete_exceptionally(same_for_all(RecordTooLargeError("failed")))
    else:
        ended.abort(KafkaError("aborted"))


@pytest.mark.behaviour(162)
@pytest.mark.parametrize(("first", "second"), list(itertools.product((SUCCEEDED, FAILED, ABORTED), repeat=2)))
def test_the_first_outcome_is_final_and_the_table_says_what_the_second_means(
    clock: MockClock, first: BatchState, second: BatchState
) -> None:
    outcomes = Outcomes()
    ended = batch(clock, callback=outcomes)
    end(ended, first)
    if (first, second) in TRANSITIONS:
        end(ended, second)
    else:
        with pytest.raises(IllegalStateError, match=f"is {first.value} and cannot become {second.value}"):
            end(ended, second)
    assert ended.state is first
    assert len(outcomes.metadata) == 1, "the callers were told once"


def test_complete_says_whether_it_was_the_first_to_end_the_batch(clock: MockClock) -> None:
    ended = batch(clock)
    assert ended.state is PENDING
    assert ended.complete_exceptionally(same_for_all(RecordTooLargeError())) is True
    assert ended.complete(10, -1) is False


@pytest.mark.behaviour(159)
def test_callbacks_come_in_the_order_of_the_records(clock: MockClock) -> None:
    outcomes = Outcomes()
    batch(clock, values=(b"a", b"b", b"c"), callback=outcomes).complete(7, -1)
    assert [metadata.offset for metadata in outcomes.metadata] == [7, 8, 9]
    assert outcomes.errors == [None, None, None]


@pytest.mark.behaviour(161)
def test_a_failure_gives_callbacks_a_placeholder_with_topic_and_partition(clock: MockClock) -> None:
    outcomes = Outcomes()
    error = RecordTooLargeError()
    batch(clock, callback=outcomes).complete_exceptionally(same_for_all(error))
    assert outcomes.metadata == [RecordMetadata("orders", 0, -1, -1, -1, -1)]
    assert outcomes.errors == [error]


@pytest.mark.behaviour(160)
def test_a_callback_that_raises_harms_no_other(clock: MockClock, caplog: pytest.LogCaptureFixture) -> None:
    outcomes = Outcomes()
    ended = batch(clock, callback=lambda metadata, error: 1 / 0)
    future = ended.try_append((0, None, b"b", (), outcomes))
    ended.complete(7, -1)
    assert len(outcomes.metadata) == 1
    assert future is not None
    assert future.done()
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.behaviour(159)
def test_who_waits_is_let_go_only_after_the_callbacks_have_run(clock: MockClock) -> None:
    seen = []
    ended = batch(clock, callback=lambda metadata, error: seen.append(ended.result.is_done))
    ended.complete(7, -1)
    assert seen == [False]
    assert ended.result.is_done


def test_a_finished_future_keeps_no_record_alive(clock: MockClock) -> None:
    ended = batch(clock, values=(b"x" * 1_000,))
    future = ended.try_append((0, b"key", b"value", (), None))
    ended.close()
    ended.complete(7, -1)
    assert future is not None
    kept = [value for name in ended.result.__slots__ if isinstance(value := getattr(ended.result, name), bytes)]
    assert kept == []
    assert future.result() == ("orders", 0, 8, 0, 3, 5)


def test_a_batch_tells_its_state(clock: MockClock) -> None:
    told = batch(clock, values=(b"a", b"b"))
    assert repr(told) == "<ProducerBatch orders-0: 2 records, pending>"
    told.reenqueued(NotLeaderOrFollowerError(), 0, clock.now_ms())
    assert repr(told) == "<ProducerBatch orders-0: 2 records, pending, 1 attempt in vain>"
    told.complete(0, -1)
    assert repr(told) == "<ProducerBatch orders-0: 2 records, succeeded, 1 attempt in vain>"
    assert told.topic_partition == ORDERS_0
