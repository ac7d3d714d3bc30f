"""The buffer pool against a number and a queue.

The pool's waiting threads are steps here: a clock hands each wait over to the machine, so the machine decides who gives
memory back before a wait ends.
"""

import threading
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kafka_nio.clock import MockClock
from kafka_nio.errors import BufferExhaustedError, IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.buffer_pool import BufferPool, Reservation
from kafka_nio.producer.io_thread import IoThread
from tests.models.settings import MODEL

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

TOTAL = 100

Ends = st.lists(st.integers(0, 3), max_size=4)


class WaitingClock(MockClock):
    """What other threads do while one waits is a list of the machine's; time passes after that."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: deque[Callable[[], None]] = deque()

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        while not predicate() and self.meanwhile:
            self.meanwhile.popleft()()
        if not predicate():
            self.sleep(timeout_ms)
        return predicate()


class BufferPoolModel(RuleBasedStateMachine):
    """What is taken is in `taken`; what is left is the rest; who is in line is served in order."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = WaitingClock()
        self.pool = BufferPool(TOTAL, self.clock, IoThread(), Metrics())
        self.taken: list[int] = []
        self.is_closed = False

    @property
    def free(self) -> int:
        return TOTAL - sum(self.taken)

    @precondition(lambda self: not self.is_closed)
    @rule(size=st.integers(0, TOTAL))
    def take_without_waiting(self, size: int) -> None:
        if size > self.free:
            with pytest.raises(BufferExhaustedError):
                self.pool.allocate(size, 0)
        else:
            self.pool.allocate(size, 0)
            self.taken.append(size)

    @precondition(lambda self: not self.is_closed)
    @rule(size=st.integers(1, TOTAL), returns=Ends, max_wait_ms=st.sampled_from([0, 5, 1_000]))
    def take_while_others_give_back(self, size: int, returns: list[int], max_wait_ms: int) -> None:
        """Of those that others give back meanwhile, as many are given back as it takes."""
        will_return, free = 0, self.free
        for _ in returns[: len(self.taken)]:
            if size <= free:
                break
            free += self.taken[will_return]
            will_return += 1
        offered = min(len(returns), len(self.taken))
        self.clock.meanwhile = deque([self._give_first_back] * offered)
        before_ms, reservation = self.clock.now_ms(), Reservation()
        if size <= free:
            self.pool.allocate(size, max_wait_ms, reservation)
            self.taken.append(size)
            assert reservation.size == size
            assert self.clock.now_ms() == before_ms, "nobody waits longer than it takes"
            assert len(self.clock.meanwhile) == offered - will_return
            self.clock.meanwhile.clear()
        else:
            with pytest.raises(BufferExhaustedError):
                self.pool.allocate(size, max_wait_ms, reservation)
            assert reservation.size == 0
            assert self.clock.now_ms() == before_ms + max_wait_ms

    @precondition(lambda self: not self.is_closed)
    @rule(first=st.integers(1, TOTAL), second=st.integers(1, TOTAL))
    def a_second_one_waits_behind_the_first(self, first: int, second: int) -> None:
        """However little the second one wants, the first is served before; and no other may push in."""
        if first <= self.free:
            return
        order: list[str] = []

        def second_comes() -> None:
            later, self.clock.meanwhile = self.clock.meanwhile, deque()
            with pytest.raises(BufferExhaustedError):
                self.pool.allocate(second, 0)
            assert self.pool.available_bytes == 0, "what is free is set aside for the first in line"
            order.append("second gave up")
            self.clock.meanwhile = later

        self.clock.meanwhile = deque([second_comes] + [self._give_first_back] * len(self.taken))
        self.pool.allocate(first, 1_000)
        self.clock.meanwhile.clear()
        self.taken.append(first)
        assert order == ["second gave up"]

    @rule(size=st.integers(TOTAL + 1, 3 * TOTAL))
    def ask_for_more_than_there_is(self, size: int) -> None:
        with pytest.raises(ValueError, match="can never be taken"):
            self.pool.allocate(size, 1_000)

    @precondition(lambda self: self.taken)
    @rule()
    def give_back(self) -> None:
        self._give_first_back()

    def _give_first_back(self) -> None:
        self.pool.deallocate(self.taken.pop(0))

    @precondition(lambda self: not self.is_closed and self.free < TOTAL)
    @rule()
    def close_while_somebody_waits(self) -> None:
        self.clock.meanwhile = deque([self.pool.close])
        with pytest.raises(IllegalStateError):
            self.pool.allocate(TOTAL, 1_000)
        self.is_closed = True

    @precondition(lambda self: self.is_closed)
    @rule(size=st.integers(0, TOTAL))
    def nothing_is_taken_from_a_closed_pool(self, size: int) -> None:
        with pytest.raises(IllegalStateError):
            self.pool.allocate(size, 1_000)

    @invariant()
    def what_is_not_taken_is_free(self) -> None:
        assert self.pool.available_bytes == self.free
        assert self.pool.queued == 0


BufferPoolModel.TestCase.settings = MODEL
TestBufferPool = BufferPoolModel.TestCase
