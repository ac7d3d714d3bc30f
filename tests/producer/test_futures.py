"""The outcome of a batch, and each record's share in it."""

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from kafka_nio.clock import MockClock, SystemClock
from kafka_nio.errors import IllegalStateError, RecordTooLargeError
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult, same_for_all
from kafka_nio.producer.io_thread import IoThread
from tests.producer.parts import ORDERS_0, result


@dataclass
class Columns:
    timestamps: list[int] = field(default_factory=lambda: [1000, 2000])
    key_sizes: list[int] = field(default_factory=lambda: [-1, 7])
    value_sizes: list[int] = field(default_factory=lambda: [10, 20])


def succeed(outcome: ProduceRequestResult, base_offset: int = 40, log_append_time_ms: int = -1) -> None:
    outcome.set(base_offset, log_append_time_ms, Columns())
    outcome.done()


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


@pytest.fixture
def outcome(clock: MockClock) -> ProduceRequestResult:
    return result(clock)


@pytest.fixture
def second(outcome: ProduceRequestResult) -> FutureRecordMetadata:
    """The future of the batch's second record."""
    return FutureRecordMetadata.of(outcome, 1)


@pytest.mark.behaviour(165)
def test_a_records_offset_is_the_batchs_plus_its_place(
    outcome: ProduceRequestResult, second: FutureRecordMetadata
) -> None:
    succeed(outcome, base_offset=40)
    assert second.result() == ("orders", 0, 41, 2000, 7, 20)


def test_without_a_base_offset_no_record_has_one(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    succeed(outcome, base_offset=-1)
    assert second.result().offset == -1
    assert not second.result().has_offset


@pytest.mark.behaviour(165)
def test_the_brokers_time_beats_the_records(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    succeed(outcome, log_append_time_ms=9999)
    assert second.result().timestamp_ms == 9999


def test_an_error_is_raised_by_result_and_returned_by_exception(
    outcome: ProduceRequestResult, second: FutureRecordMetadata
) -> None:
    error = RecordTooLargeError()
    outcome.set_error(same_for_all(error))
    outcome.done()
    assert second.exception() is error
    with pytest.raises(RecordTooLargeError):
        second.result()


def test_each_record_may_have_an_error_of_its_own(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    errors = [RecordTooLargeError("the first"), RecordTooLargeError("the second")]
    outcome.set_error(errors.__getitem__)
    outcome.done()
    assert second.exception() is errors[1]


def test_a_future_is_open_until_the_batch_is_done(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    outcome.set(40, -1, Columns())
    assert not second.done()
    assert second.running()
    outcome.done()
    assert second.done()
    assert not second.running()


def test_waiting_too_long_raises_a_timeout_that_is_no_outcome(second: FutureRecordMetadata, clock: MockClock) -> None:
    with pytest.raises(TimeoutError, match=r"no outcome yet for a record of orders-0 after 2 s"):
        second.result(timeout=2)
    assert clock.now_ms() == 2000
    assert not second.done()


def test_a_waiting_thread_is_let_go_when_the_batch_is_done(
    outcome: ProduceRequestResult, second: FutureRecordMetadata, clock: MockClock
) -> None:
    clock.while_waiting.append(lambda: succeed(outcome))
    assert second.result().offset == 41


def test_real_threads_that_wait_are_let_go() -> None:
    outcome = ProduceRequestResult(ORDERS_0, SystemClock(), IoThread())
    found = []
    threads = [
        threading.Thread(
            target=lambda index=index: found.append(FutureRecordMetadata.of(outcome, index).result().offset)
        )
        for index in (0, 1)
    ]
    for thread in threads:
        thread.start()
    succeed(outcome, base_offset=5)
    for thread in threads:
        thread.join()
    assert sorted(found) == [5, 6]


def test_waiting_inside_a_callback_is_refused_as_it_would_wait_for_itself(clock: MockClock) -> None:
    io_thread = IoThread()
    io_thread.is_current_from_now_on()
    future = FutureRecordMetadata.of(ProduceRequestResult(ORDERS_0, clock, io_thread), 0)
    with pytest.raises(IllegalStateError, match="inside a callback"):
        future.result()


def test_reading_a_finished_outcome_inside_a_callback_is_fine(clock: MockClock) -> None:
    io_thread = IoThread()
    io_thread.is_current_from_now_on()
    outcome = ProduceRequestResult(ORDERS_0, clock, io_thread)
    succeed(outcome)
    assert FutureRecordMetadata.of(outcome, 0).result().offset == 40


def test_a_done_callback_gets_its_future(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    called: list[FutureRecordMetadata] = []
    second.add_done_callback(called.append)
    assert called == []
    succeed(outcome)
    assert called == [second]


def test_a_done_callback_added_late_is_called_at_once(
    outcome: ProduceRequestResult, second: FutureRecordMetadata
) -> None:
    succeed(outcome)
    called: list[FutureRecordMetadata] = []
    second.add_done_callback(called.append)
    assert called == [second]


def test_a_done_callback_that_raises_is_logged_and_the_next_is_called(
    outcome: ProduceRequestResult, second: FutureRecordMetadata, caplog: pytest.LogCaptureFixture
) -> None:
    called: list[FutureRecordMetadata] = []
    second.add_done_callback(lambda future: 1 / 0)
    second.add_done_callback(called.append)
    succeed(outcome)
    assert called == [second]
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.behaviour(164)
@pytest.mark.behaviour(164)
def test_a_future_cannot_be_cancelled(second: FutureRecordMetadata) -> None:
    assert second.cancel() is False
    assert second.cancelled() is False


def test_a_result_tells_its_state(outcome: ProduceRequestResult) -> None:
    assert repr(outcome) == "<ProduceRequestResult of orders-0: open>"
    succeed(outcome)
    assert repr(outcome) == "<ProduceRequestResult of orders-0: at 40>"


def test_a_future_can_be_awaited_while_the_loop_goes_on(
    outcome: ProduceRequestResult, second: FutureRecordMetadata
) -> None:
    async def main() -> int:
        waiting = asyncio.ensure_future(awaited(second))
        await asyncio.sleep(0)
        thread = threading.Thread(target=succeed, args=[outcome])
        thread.start()
        offset = await waiting
        thread.join()
        return offset

    assert asyncio.run(main()) == 41


async def awaited(future: FutureRecordMetadata) -> int:
    return (await future).offset


def test_awaiting_a_finished_future_does_not_wait(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    succeed(outcome)
    assert asyncio.run(awaited(second)) == 41


def test_an_awaited_failure_is_raised(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    outcome.set_error(same_for_all(RecordTooLargeError()))
    outcome.done()
    with pytest.raises(RecordTooLargeError):
        asyncio.run(awaited(second))


def test_many_tasks_may_await_the_same_future(outcome: ProduceRequestResult, second: FutureRecordMetadata) -> None:
    async def main() -> list[int]:
        waiting = asyncio.gather(*(awaited(second) for _ in range(3)))
        await asyncio.sleep(0)
        succeed(outcome)
        return await waiting

    assert asyncio.run(main()) == [41, 41, 41]


def test_a_task_that_is_cancelled_stops_waiting_and_the_outcome_harms_nobody(
    outcome: ProduceRequestResult, second: FutureRecordMetadata, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        waiting = asyncio.ensure_future(awaited(second))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        succeed(outcome)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert not caplog.records


def test_an_outcome_that_comes_after_the_loop_has_ended_harms_nobody(
    outcome: ProduceRequestResult, second: FutureRecordMetadata, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(awaited(second), timeout=0)

    asyncio.run(main())
    second.add_done_callback(lambda future: None)
    succeed(outcome)
    assert not caplog.records
