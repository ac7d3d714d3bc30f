"""Bounded memory, and the queue of those who wait for it."""

import threading
from collections.abc import Callable
from queue import Queue

import pytest

from kafka_nio.clock import NEVER, MockClock, SystemClock
from kafka_nio.errors import BufferExhaustedError, IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


@pytest.fixture
def pool(clock: MockClock) -> BufferPool:
    return BufferPool(1000, clock, IoThread(), Metrics())


def test_memory_taken_out_comes_back(pool: BufferPool) -> None:
    pool.allocate(400, 0)
    assert pool.available_bytes == 600
    pool.deallocate(400)
    assert pool.available_bytes == 1000


@pytest.mark.behaviour(138)
def test_what_batches_of_any_size_gave_back_can_be_had_in_one_piece(pool: BufferPool) -> None:
    """Java keeps buffers of batch_size for reuse and has to free them first. Here nothing is kept but a number."""
    for size in (300, 300, 7, 393):
        pool.allocate(size, 0)
    for size in (393, 300, 7, 300):
        pool.deallocate(size)
    pool.allocate(1000, 0)
    assert pool.available_bytes == 0


@pytest.mark.behaviour(136)
def test_more_than_the_whole_pool_is_refused_at_once(pool: BufferPool, clock: MockClock) -> None:
    with pytest.raises(ValueError, match="1001 bytes can never be taken from a pool of 1000 bytes"):
        pool.allocate(1001, 60_000)
    assert clock.now_ms() == 0


@pytest.mark.behaviour(137)
def test_a_wait_that_is_too_long_ends_in_an_error_that_tells_the_state(pool: BufferPool, clock: MockClock) -> None:
    pool.allocate(900, 0)
    with pytest.raises(BufferExhaustedError, match=r"no 200 bytes .* within 500 ms"):
        pool.allocate(200, 500)
    assert clock.now_ms() == 500


@pytest.mark.behaviour(137)
def test_who_gives_up_waiting_returns_what_was_set_aside(pool: BufferPool) -> None:
    pool.allocate(900, 0)
    with pytest.raises(BufferExhaustedError):
        pool.allocate(200, 500)
    assert pool.queued == 0
    assert pool.available_bytes == 100


@pytest.mark.behaviour(139)
def test_who_is_interrupted_leaves_the_line(pool: BufferPool, clock: MockClock) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    pool.allocate(900, 0)
    clock.while_waiting.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        pool.allocate(200, NEVER)
    assert pool.queued == 0
    assert pool.available_bytes == 100


def test_memory_that_is_given_back_ends_the_wait(pool: BufferPool, clock: MockClock) -> None:
    pool.allocate(900, 0)
    clock.while_waiting.append(lambda: pool.deallocate(900))
    pool.allocate(200, NEVER)
    assert pool.available_bytes == 800


def test_a_large_wish_is_fulfilled_in_portions(pool: BufferPool, clock: MockClock) -> None:
    for _ in range(4):
        pool.allocate(250, 0)
    clock.while_waiting += [lambda: pool.deallocate(250)] * 3
    pool.allocate(600, NEVER)
    assert pool.available_bytes == 150


@pytest.mark.behaviour(135)
def test_who_comes_later_does_not_overtake_who_waits(pool: BufferPool, clock: MockClock) -> None:
    pool.allocate(1000, 0)

    def come_later_and_want_little() -> None:
        pool.deallocate(500)
        with pytest.raises(BufferExhaustedError):
            pool.allocate(10, 0)
        pool.deallocate(500)

    clock.while_waiting.append(come_later_and_want_little)
    pool.allocate(600, NEVER)
    assert pool.available_bytes == 400


class AnnouncingClock(SystemClock):
    """Real time; says when somebody begins to wait."""

    def __init__(self) -> None:
        self.waits = threading.Semaphore(0)

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        self.waits.release()
        return super().wait(condition, predicate, timeout_ms)


@pytest.mark.behaviour(135)
def test_who_waits_longest_is_served_first() -> None:
    clock, served = AnnouncingClock(), Queue[str]()
    pool = BufferPool(1000, clock, IoThread(), Metrics())
    pool.allocate(1000, 0)

    def stand_in_line(name: str, size: int) -> None:
        def wait() -> None:
            pool.allocate(size, NEVER)
            served.put(name)

        threading.Thread(target=wait).start()
        assert clock.waits.acquire(timeout=10)

    stand_in_line("large and first", 700)
    stand_in_line("small and second", 100)
    pool.deallocate(600)
    assert pool.queued == 2, "there would be enough for the second"
    pool.deallocate(100)
    assert served.get(timeout=10) == "large and first"
    pool.deallocate(100)
    assert served.get(timeout=10) == "small and second"


@pytest.mark.behaviour(141)
def test_closing_wakes_who_waits_with_an_error(pool: BufferPool, clock: MockClock) -> None:
    pool.allocate(1000, 0)
    clock.while_waiting.append(pool.close)
    with pytest.raises(IllegalStateError, match="closed"):
        pool.allocate(100, NEVER)
    assert pool.queued == 0


@pytest.mark.behaviour(141)
def test_closing_wakes_real_threads_too() -> None:
    clock, refused = AnnouncingClock(), Queue[IllegalStateError]()
    pool = BufferPool(1000, clock, IoThread(), Metrics())
    pool.allocate(1000, 0)

    def wait() -> None:
        try:
            pool.allocate(100, NEVER)
        except IllegalStateError as error:
            refused.put(error)

    for _ in range(2):
        threading.Thread(target=wait, daemon=True).start()
        assert clock.waits.acquire(timeout=10)
    pool.close()
    for _ in range(2):
        assert "closed" in str(refused.get(timeout=10))


@pytest.mark.behaviour(141)
def test_a_closed_pool_gives_nothing_but_takes_back(pool: BufferPool) -> None:
    pool.allocate(400, 0)
    pool.close()
    with pytest.raises(IllegalStateError):
        pool.allocate(1, 0)
    pool.deallocate(400)
    assert pool.available_bytes == 1000


def test_the_thread_that_gives_memory_back_never_waits_for_any(clock: MockClock) -> None:
    io_thread = IoThread()
    io_thread.is_current_from_now_on()
    pool = BufferPool(1000, clock, io_thread, Metrics())
    pool.allocate(1000, 0)
    with pytest.raises(BufferExhaustedError):
        pool.allocate(1, 60_000)
    assert clock.now_ms() == 0


def test_time_spent_waiting_is_counted(clock: MockClock) -> None:
    metrics = Metrics()
    pool = BufferPool(1000, clock, IoThread(), metrics)
    pool.allocate(1000, 0)
    with pytest.raises(BufferExhaustedError):
        pool.allocate(1, 70)
    assert metrics.snapshot()["bufferpool-wait-time-ns-total"] == 70_000_000


def test_the_pool_tells_its_state(pool: BufferPool) -> None:
    pool.allocate(400, 0)
    assert repr(pool) == "<BufferPool: 600 of 1000 bytes free, 0 in line>"
