"""The clock of a simulation: threads take turns, and what happens in the network are events in between.

Events happen while the producer's thread is in its select, which is where the network's news would reach it. Time moves
on to the next event, or to the next deadline of a thread, whichever comes first.

A loop that only turns would never end here, since time stands still while anybody runs. So turns are counted: too many
at one instant, or too many in all, and the clock stops with `Standstill`.

Java: no counterpart.
"""

import heapq
import itertools
import selectors
import threading
from collections.abc import Callable

from kafka_nio.clock import NEVER
from kafka_nio.errors import KafkaError
from kafka_nio.tracing.turns import Participant, VirtualClock

Ready = list[tuple[selectors.SelectorKey, int]]

MOST_SELECTS_AT_ONE_INSTANT = 300
"""More selects than that within a millisecond are no work, they are a loop that spins."""

MOST_SELECTS = 5_000
"""More than that in one short history are no progress, they are a loop without an end."""


class Standstill(KafkaError):
    """The producer's loop turns and turns, and nothing comes of it."""


class SimulationClock(VirtualClock):
    """Virtual time with events."""

    def __init__(self) -> None:
        super().__init__()
        self.selects = 0
        """How often the producer's thread has looked for news."""
        self.ready: Callable[[selectors.BaseSelector], Ready] = lambda poller: poller.select(0)
        """What there is to report for a poller now."""
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._selects_at_this_instant = 0
        self._instant_ms = 0

    def at(self, due_ms: float, do: Callable[[], None]) -> None:
        """Have something happen at this time."""
        heapq.heappush(self._events, (due_ms, next(self._order), do))

    def leap(self, duration_ms: float) -> None:
        """Time has passed and nobody noticed: the whole process was suspended."""
        self._now_ms += duration_ms

    def finish(self) -> None:
        """Let everything happen that is still to come, after the threads have ended."""
        while self._events:
            self._now_ms = max(self._now_ms, self._next_event_ms)
            self._do_what_is_due()

    def set_wall_clock(self, by_ms: int) -> None:
        """Somebody sets the wall clock, forwards or back."""
        self._epoch_ms += by_ms

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> Ready:
        """Wait for news, and let happen meanwhile what is to happen."""
        self._count_select()
        self.before_turn()
        deadline_ms = self._now_ms + max(timeout_ms, 0)
        while True:
            self._do_what_is_due()
            found = self.ready(poller)
            until_ms = self._now_ms if found else min(deadline_ms, self._next_event_ms)
            if self._is_anybody_else_due(until_ms):
                self._give_turn("its selector", lambda: self._has_news(poller), until_ms - self._now_ms)
                self._do_what_is_due()
                found = self.ready(poller)
            elif until_ms > self._now_ms:
                self._pass_time(until_ms)
                if until_ms < self._next_event_ms:
                    return found  # the timeout is over, and nothing has happened
                continue
            if found or self._now_ms >= deadline_ms:
                return found

    def _is_anybody_else_due(self, until_ms: float) -> bool:
        """Whether another thread has something to run for, until then; or whether nothing else could ever happen."""
        me = self._participant(threading.current_thread())
        return until_ms == NEVER or any(one is not me and one.is_ready(until_ms) for one in self._round)

    def _pass_time(self, until_ms: float) -> None:
        """Nobody but the producer's thread has anything to wait for, so it need not give its turn away."""
        self._now_ms = until_ms
        self._turns_without_time = 0

    @property
    def _next_event_ms(self) -> float:
        return self._events[0][0] if self._events else NEVER

    def _has_news(self, poller: selectors.BaseSelector) -> bool:
        return self._next_event_ms <= self._now_ms or bool(self.ready(poller))

    def _do_what_is_due(self) -> None:
        while self._next_event_ms <= self._now_ms:
            _, _, do = heapq.heappop(self._events)
            do()

    def _count_select(self) -> None:
        self.selects += 1
        if self.now_ms() != self._instant_ms:
            self._instant_ms, self._selects_at_this_instant = self.now_ms(), 0
        self._selects_at_this_instant += 1
        if self._selects_at_this_instant > MOST_SELECTS_AT_ONE_INSTANT or self.selects > MOST_SELECTS:
            self._give_turn("nothing", lambda: True, NEVER)  # from which it does not come back

    def _next(self, me: Participant) -> Participant:
        if self._selects_at_this_instant > MOST_SELECTS_AT_ONE_INSTANT:
            raise Standstill(f"{self._selects_at_this_instant} selects within the millisecond {self._instant_ms}")
        if self.selects > MOST_SELECTS:
            raise Standstill(f"{self.selects} selects in {self._instant_ms} ms, and no end")
        return super()._next(me)

    def _kernel_is_late(self) -> bool:
        """There is no kernel to wait for."""
        return False
