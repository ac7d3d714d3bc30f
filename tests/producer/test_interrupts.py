"""Ctrl-C may come between any two steps of a call. It must leave nothing behind that harms others."""

from collections.abc import Callable

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.producer.record_accumulator import RecordAccumulator
from tests.producer.parts import NODE_0, ORDERS_0, accumulator, append, cluster
from tests.producer.still import StillProducer

KNOWN = cluster(NODE_0, NODE_0, NODE_0)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000)


@pytest.fixture
def records(clock: MockClock) -> RecordAccumulator:
    return accumulator(clock, buffer_memory=5_000, linger_ms=0)


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def drained_values(records: RecordAccumulator, clock: MockClock) -> list[int]:
    return [
        batch.record_count for batch in records.drain(KNOWN, [NODE_0], 1_000_000, clock.now_ms()).get(NODE_0.id, [])
    ]


def test_a_record_that_cannot_be_taken_leaves_no_empty_batch(records: RecordAccumulator, clock: MockClock) -> None:
    nan = (float("nan"), None, b"a", (), None)
    with pytest.raises(TypeError):
        records.append("orders", 0, nan, 0, KNOWN)
    assert not records.incomplete.has_open
    assert records.buffer_pool.available_bytes == 5_000
    append(records, ORDERS_0)
    assert drained_values(records, clock) == [1]


@pytest.mark.parametrize("queue_is_there", [False, True])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_is_known_in_both_places_or_in_neither(
    records: RecordAccumulator,
    clock: MockClock,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
    queue_is_there: bool,
) -> None:
    if queue_is_there:
        append(records, ORDERS_0, b"x" * 900)
    batches_before, free_before = len(records.incomplete), records.buffer_pool.available_bytes
    put = records._put_into_queue

    def put_interrupted(batch: object) -> None:
        if when == "after":
            put(batch)
        else:
            records.incomplete.add([batch])
        raise KeyboardInterrupt

    monkeypatch.setattr(records, "_put_into_queue", put_interrupted)
    with pytest.raises(KeyboardInterrupt):
        append(records, ORDERS_0, b"x" * 900)
    monkeypatch.undo()
    assert len(records.incomplete) == batches_before
    assert records.buffer_pool.available_bytes == free_before
    append(records, ORDERS_0, b"x" * 900)
    assert drained_values(records, clock) == [1]


def test_memory_goes_back_when_the_wait_for_the_lock_is_interrupted(
    records: RecordAccumulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "append_new_batch", interrupt)
    with pytest.raises(KeyboardInterrupt):
        append(records, ORDERS_0)
    assert records.buffer_pool.available_bytes == 5_000


@pytest.mark.parametrize("waits", [False, True])
def test_memory_goes_back_when_ctrl_c_comes_as_soon_as_it_was_taken(
    records: RecordAccumulator, clock: MockClock, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    pool = records.buffer_pool
    if waits:
        pool.allocate(5_000, 0)
        clock.while_waiting.append(lambda: pool.deallocate(5_000))
        monkeypatch.setattr(pool._metrics, "record", interrupt)
    else:
        allocate = pool.allocate
        monkeypatch.setattr(pool, "allocate", lambda *arguments: (allocate(*arguments), interrupt()))
    with pytest.raises(KeyboardInterrupt):
        append(records, ORDERS_0, max_wait_ms=1_000)
    assert pool.available_bytes == 5_000


@pytest.mark.parametrize("where", ["begin_flush", "wakeup", "await_flush_completion"])
def test_an_interrupted_flush_is_over(
    still: Callable[..., StillProducer], monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    made = still(linger_ms=10_000)
    made.learn(NODE_0)
    made.producer.send("orders", b"a")
    accumulator = made.producer._accumulator
    owner = made.producer._sender if where == "wakeup" else accumulator
    monkeypatch.setattr(owner, where, interrupt)
    with pytest.raises(KeyboardInterrupt):
        made.producer.flush()
    monkeypatch.undo()
    assert not accumulator.must_send_now


def test_a_flush_that_never_began_does_not_end_another_ones(records: RecordAccumulator) -> None:
    records.end_flush()
    records.begin_flush()
    assert records.must_send_now
    records.end_flush()
    assert not records.must_send_now
