"""Records wait in batches, batches wait in queues: the application's side, flushing and closing."""

from random import Random

import pytest

from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    BufferExhaustedError,
    IllegalStateError,
    KafkaError,
    KafkaTimeoutError,
    NotLeaderOrFollowerError,
)
from kafka_nio.producer.futures import same_for_all
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION
from kafka_nio.producer.record_accumulator import RecordAccumulator
from tests.producer.parts import NODE_0, ORDERS_0, ORDERS_1, ORDERS_2, Outcomes, accumulator, append, cluster

KNOWN = cluster(NODE_0, NODE_0, NODE_0)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000)


@pytest.fixture
def records(clock: MockClock) -> RecordAccumulator:
    """An accumulator with batches of 1,000 bytes."""
    return accumulator(clock)


def drain(records: RecordAccumulator, clock: MockClock) -> list[ProducerBatch]:
    return records.drain(KNOWN, [NODE_0], 1_000_000, clock.now_ms()).get(0, [])


def add(records: RecordAccumulator, topic_partition: TopicPartition, value: bytes = b"a") -> tuple[bool, bool]:
    """Whether the batch is full now, and whether it is a new one."""
    topic, partition = topic_partition
    _, is_full, is_new = records.append(topic, partition, (0, None, value, (), None), 0, KNOWN)
    return is_full, is_new


def succeed(records: RecordAccumulator, batch: ProducerBatch) -> None:
    batch.complete(0, -1)
    records.deallocate(batch)


# Appending...


def test_the_first_record_of_a_partition_opens_a_batch_and_the_second_joins_it(records: RecordAccumulator) -> None:
    assert add(records, ORDERS_0) == (False, True)
    assert add(records, ORDERS_0) == (False, False)
    assert add(records, ORDERS_1) == (False, True)


def test_a_record_that_does_not_fit_opens_the_next_batch(records: RecordAccumulator, clock: MockClock) -> None:
    assert add(records, ORDERS_0, b"x" * 800) == (False, True)
    assert add(records, ORDERS_0, b"x" * 800) == (False, True)
    assert [batch.record_count for batch in drain(records, clock)] == [1]
    assert [batch.record_count for batch in drain(records, clock)] == [1]


def test_a_record_larger_than_a_batch_has_one_of_its_own_that_is_full_at_once(records: RecordAccumulator) -> None:
    assert add(records, ORDERS_0, b"x" * 5_000) == (True, True)


@pytest.mark.behaviour(112)
def test_with_batch_size_zero_every_record_has_its_own_batch(clock: MockClock) -> None:
    records = accumulator(clock, batch_size=0)
    assert add(records, ORDERS_0) == (True, True)
    assert add(records, ORDERS_0) == (True, True)


@pytest.mark.behaviour(112)
def test_a_batch_takes_its_size_out_of_the_pool_or_its_records_if_that_is_larger(records: RecordAccumulator) -> None:
    add(records, ORDERS_0)
    assert records.buffer_pool.available_bytes == 99_000
    add(records, ORDERS_1, b"x" * 5_000)
    assert 93_800 < records.buffer_pool.available_bytes < 94_000


def test_a_new_batch_waits_for_memory_no_longer_than_it_may(clock: MockClock) -> None:
    records = accumulator(clock, buffer_memory=1_000)
    append(records, ORDERS_0)
    with pytest.raises(BufferExhaustedError):
        append(records, ORDERS_1, max_wait_ms=50)
    assert clock.now_ms() == 1_050


@pytest.mark.behaviour(115)
def test_who_finds_a_batch_after_waiting_for_memory_joins_it_and_returns_the_memory(clock: MockClock) -> None:
    records = accumulator(clock, buffer_memory=2_000)
    append(records, ORDERS_1)
    append(records, ORDERS_2)

    def memory_comes_back_and_somebody_else_is_faster() -> None:
        for batch in drain(records, clock):
            succeed(records, batch)
        append(records, ORDERS_0, b"the other's")

    clock.while_waiting.append(memory_comes_back_and_somebody_else_is_faster)
    append(records, ORDERS_0, b"mine", max_wait_ms=NEVER)
    assert records.buffer_pool.available_bytes == 1_000
    assert [batch.record_count for batch in drain(records, clock)] == [2]


@pytest.mark.behaviour(140)
def test_a_batch_that_cannot_be_made_returns_its_memory(
    records: RecordAccumulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(records, "append_new_batch", fail)
        with pytest.raises(MemoryError):
            append(records, ORDERS_0)
    assert records.buffer_pool.available_bytes == 100_000
    assert add(records, ORDERS_0) == (False, True), "the next record finds everything as before"


def test_the_partition_is_chosen_here_if_nobody_else_did(records: RecordAccumulator, clock: MockClock) -> None:
    for _ in range(5):
        append(records, TopicPartition("orders", UNKNOWN_PARTITION))
    batches = drain(records, clock)
    assert [batch.record_count for batch in batches] == [5]
    assert batches[0].topic_partition.partition in (0, 1, 2)


def test_records_without_a_key_fill_one_batch_then_move_to_another_partition(clock: MockClock) -> None:
    records = accumulator(clock, seed=3)
    for _ in range(200):
        append(records, TopicPartition("orders", UNKNOWN_PARTITION), b"x" * 90)
    assert {batch.topic_partition.partition for batch in drain(records, clock)} == {0, 1, 2}


@pytest.mark.behaviour(184)
def test_after_closing_nothing_is_appended(records: RecordAccumulator) -> None:
    add(records, ORDERS_0)
    records.close()
    with pytest.raises(IllegalStateError, match="closed"):
        add(records, ORDERS_0)


@pytest.mark.behaviour(184)
def test_closing_wakes_who_waits_for_memory(clock: MockClock) -> None:
    records = accumulator(clock, buffer_memory=1_000)
    append(records, ORDERS_0)
    clock.while_waiting.append(records.close)
    with pytest.raises(IllegalStateError):
        append(records, ORDERS_1, max_wait_ms=NEVER)


# Going back into the queue...


@pytest.mark.behaviour(131)
def test_a_batch_that_comes_back_goes_before_those_that_never_left(
    records: RecordAccumulator, clock: MockClock
) -> None:
    append(records, ORDERS_0, b"first")
    (first,) = drain(records, clock)
    append(records, ORDERS_0, b"second")
    records.reenqueue(first, NotLeaderOrFollowerError(), clock.now_ms())
    clock.sleep(1_000)
    assert drain(records, clock) == [first]


@pytest.mark.behaviour(129)
def test_the_backoff_doubles_with_jitter_up_to_its_limit(clock: MockClock) -> None:
    seed = Random().randrange(10_000)
    print(f"seed {seed}")
    records = accumulator(clock, seed=seed)
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    waits = []
    for _ in range(8):
        records.reenqueue(batch, NotLeaderOrFollowerError(), clock.now_ms())
        waits.append(batch.retry_backoff_ms)
    for wait, expected in zip(waits, (100, 200, 400, 800, 1000, 1000, 1000, 1000), strict=True):
        assert 0.79 * expected <= wait <= min(1.2 * expected, 1_000)
    assert batch.attempts == 8


# Memory...


@pytest.mark.behaviour(151)
def test_memory_is_given_back_once(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    records.deallocate(batch)
    records.deallocate(batch)
    assert records.buffer_pool.available_bytes == 100_000


# Flushing...


@pytest.mark.behaviour(142)
def test_a_flush_makes_everything_sendable_until_it_is_over(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    assert not records.must_send_now
    records.begin_flush()
    assert records.must_send_now
    clock.while_waiting.append(lambda: [succeed(records, batch) for batch in drain(records, clock)])
    records.await_flush_completion(NEVER)
    assert not records.must_send_now


@pytest.mark.behaviour(142)
def test_a_flush_waits_for_batches_under_way_too(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (under_way,) = drain(records, clock)
    records.begin_flush()
    clock.while_waiting.append(lambda: succeed(records, under_way))
    records.await_flush_completion(NEVER)
    assert under_way.is_done


@pytest.mark.behaviour(142)
def test_a_flush_does_not_wait_for_batches_that_come_later(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (under_way,) = drain(records, clock)
    records.begin_flush()

    def meanwhile() -> None:
        append(records, ORDERS_1)
        succeed(records, under_way)

    clock.while_waiting.append(meanwhile)
    records.await_flush_completion(NEVER)
    assert records.incomplete.has_open


def test_a_failed_batch_ends_a_flush_as_well(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (under_way,) = drain(records, clock)
    clock.while_waiting.append(lambda: under_way.complete_exceptionally(same_for_all(KafkaError("no"))))
    records.begin_flush()
    records.await_flush_completion(NEVER)


def test_a_flush_that_takes_too_long_says_what_is_open_and_is_over(
    records: RecordAccumulator, clock: MockClock
) -> None:
    append(records, ORDERS_0)
    records.begin_flush()
    with pytest.raises(KafkaTimeoutError, match=r"1 batches without an outcome .* 500 ms.*orders-0: 1 record,"):
        records.await_flush_completion(500)
    assert not records.must_send_now


@pytest.mark.behaviour(142)
def test_an_interrupted_flush_is_over(records: RecordAccumulator, clock: MockClock) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    append(records, ORDERS_0)
    records.begin_flush()
    clock.while_waiting.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        records.await_flush_completion(NEVER)
    assert not records.must_send_now


# Closing by force...


@pytest.mark.behaviour(143)
def test_aborting_gives_every_open_record_the_error(records: RecordAccumulator, clock: MockClock) -> None:
    outcomes = Outcomes()
    futures = [append(records, ORDERS_0, callback=outcomes)]
    drain(records, clock)
    futures.append(append(records, ORDERS_0, callback=outcomes))
    futures.append(append(records, ORDERS_1, callback=outcomes))
    records.close()
    error = KafkaError("closed by force")
    assert records.abort_incomplete_batches(error) == 3
    assert outcomes.errors == [error] * 3
    assert [future.exception() for future in futures] == [error] * 3
    assert not records.incomplete.has_open
    assert records.buffer_pool.available_bytes == 100_000


def test_aborting_leaves_alone_who_was_told_already(records: RecordAccumulator, clock: MockClock) -> None:
    outcomes = Outcomes()
    append(records, ORDERS_0, callback=outcomes)
    (expired,) = drain(records, clock)
    expired.complete_exceptionally(same_for_all(KafkaTimeoutError("too late")))
    records.close()
    assert records.abort_incomplete_batches(KafkaError("closed by force")) == 0
    assert len(outcomes.errors) == 1


def test_a_batch_is_incomplete_until_its_callers_were_told(records: RecordAccumulator, clock: MockClock) -> None:
    assert not records.incomplete.has_open
    append(records, ORDERS_0)
    assert records.incomplete.has_open
    (batch,) = drain(records, clock)
    assert records.incomplete.has_open
    succeed(records, batch)
    assert not records.incomplete.has_open


def test_the_accumulator_tells_its_state(records: RecordAccumulator) -> None:
    append(records, ORDERS_0)
    assert repr(records) == "<RecordAccumulator: 1 batches queued, 1 without an outcome, open>"
    records.begin_flush()
    assert repr(records) == "<RecordAccumulator: 1 batches queued, 1 without an outcome, flushing>"
    records.close()
    assert repr(records) == "<RecordAccumulator: 1 batches queued, 1 without an outcome, closed>"
