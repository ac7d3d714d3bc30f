"""Time is handed in. Everything that reads a clock, waits, sleeps in `select` or starts a thread asks a `Clock`.

`SystemClock` is the real thing. `MockClock` is for tests: its time moves only when a test moves it, or when somebody
waits. A third one, in `kafka_nio.tracing`, lets the threads of a recording take turns, which is why threads are started
and joined here and why a selector hands its sleep over instead of sleeping itself.

Two times, as in Java: `time_ms` is the wall clock, stamped on records; `now_ms` and `now_ns` only ever move forward and
measure everything else. Java measures timeouts on the wall clock; we do not, so setting the clock expires no batch.

Java: org.apache.kafka.common.utils.Time
"""

import math
import selectors
import threading
import time
from collections.abc import Callable
from typing import Protocol

NEVER = math.inf
"""A deadline or a timeout that does not end. Java says Long.MAX_VALUE."""


class Clock(Protocol):
    """Where time comes from and how a thread waits."""

    def time_ms(self) -> int:
        """Milliseconds since 1970, by the wall clock."""

    def now_ms(self) -> int:
        """Milliseconds from some fixed moment; never goes back."""

    def now_ns(self) -> int:
        """Nanoseconds from the same fixed moment; never goes back."""

    def sleep(self, duration_ms: float) -> None:
        """Let `duration_ms` pass."""

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        """With `condition` held: wait until `predicate()` holds or the time is over; return whether it holds."""

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait until the kernel reports something on `poller`, or the time is over."""

    def start(self, thread: threading.Thread) -> None:
        """Start a thread that lives by this clock."""

    def join(self, thread: threading.Thread, timeout_ms: float) -> bool:
        """Wait for a thread's end; return whether it has ended."""


class SystemClock:
    """The machine's own time."""

    def time_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def now_ns(self) -> int:
        return time.monotonic_ns()

    def sleep(self, duration_ms: float) -> None:
        time.sleep(duration_ms / 1000)

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        return condition.wait_for(predicate, _seconds(timeout_ms))

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        return poller.select(_seconds(timeout_ms))

    def start(self, thread: threading.Thread) -> None:
        thread.start()

    def join(self, thread: threading.Thread, timeout_ms: float) -> bool:
        thread.join(_seconds(timeout_ms))
        return not thread.is_alive()


def _seconds(timeout_ms: float) -> float | None:
    """Python's waits take seconds, and None for no limit; its locks refuse to wait longer than TIMEOUT_MAX."""
    seconds = timeout_ms / 1000
    return None if seconds >= threading.TIMEOUT_MAX else seconds


class MockClock:
    """A clock for tests with one thread: nothing passes until somebody sleeps or waits, and then at once."""

    def __init__(self, now_ms: int = 0, time_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = float(now_ms)
        self._epoch_ms = time_ms - now_ms
        self.while_waiting: list[Callable[[], object]] = []
        """What "the other threads" do: called in turn, each once, while somebody waits."""

    def time_ms(self) -> int:
        return self._epoch_ms + self.now_ms()

    def now_ms(self) -> int:
        return int(self._now_ms)

    def now_ns(self) -> int:
        return int(self._now_ms * 1_000_000)

    def sleep(self, duration_ms: float) -> None:
        self._now_ms += duration_ms

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        while not predicate() and self.while_waiting:
            self.while_waiting.pop(0)()
        if predicate():
            return True
        if timeout_ms == NEVER:
            raise AssertionError(f"would wait for ever on {condition}: nothing is left that could end the wait")
        self.sleep(timeout_ms)
        return predicate()

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        events = poller.select(0)
        if not events and timeout_ms != NEVER:
            self.sleep(timeout_ms)
        return events

    def start(self, thread: threading.Thread) -> None:
        thread.start()

    def join(self, thread: threading.Thread, timeout_ms: float) -> bool:
        thread.join(_seconds(timeout_ms))
        return not thread.is_alive()
