"""How the producer's loop spends its time: how often it looks at the network, how long a turn takes, what it costs.

The clock is the place to see that from. A producer is handed one, and its selector sleeps by it, so `LoopWatch` is a
clock that notes when each sleep begins and ends. What lies between two sleeps is a turn of the loop. It should be
short, because as long as it lasts no connection moves.

A busy machine makes any thread late. `Lateness` measures by how much, on a thread that does nothing but sleep.
"""

import selectors
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from types import TracebackType
from typing import NamedTuple

from kafka_nio.clock import SystemClock

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


class Look(NamedTuple):
    """One look at the network: when it began and ended, and how much CPU time the thread had used when it began."""

    began_ns: int
    ended_ns: int
    cpu_ns: int


@dataclass(frozen=True, slots=True)
class Pace:
    """What the loop did in some stretch of time."""

    selects_per_s: float
    cpu_share: float
    """CPU time of the loop's thread, per time that passed."""


class LoopWatch(SystemClock):
    """The machine's clock, which takes notes of one selector's sleeps."""

    def __init__(self) -> None:
        self.looks: list[Look] = []

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        began_ns, cpu_ns = self.now_ns(), time.thread_time_ns()
        try:
            return super().select(poller, timeout_ms)
        finally:
            self.looks.append(Look(began_ns, self.now_ns(), cpu_ns))

    @property
    def longest_turn_ms(self) -> float:
        """The longest time between the end of one sleep and the beginning of the next."""
        turns = (after.began_ns - before.ended_ns for before, after in pairwise(tuple(self.looks)))
        return max(turns, default=0) / NS_PER_MS

    def pace(self, since_ns: int, until_ns: int) -> Pace:
        """What happened between these two moments."""
        looks = [look for look in tuple(self.looks) if since_ns <= look.began_ns <= until_ns]
        if not looks:
            return Pace(0, 0)
        seconds = (until_ns - since_ns) / NS_PER_S
        return Pace(len(looks) / seconds, (looks[-1].cpu_ns - looks[0].cpu_ns) / (until_ns - since_ns))


class Lateness:
    """How late this machine wakes a thread, at worst, within the `with`."""

    NAP_S = 0.01

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._nap, name="lateness", daemon=True)

    def _nap(self) -> None:
        while not self._is_over.is_set():
            before_s = time.monotonic()
            self._is_over.wait(self.NAP_S)
            self.worst_ms = max(self.worst_ms, (time.monotonic() - before_s - self.NAP_S) * 1000)

    def __enter__(self) -> "Lateness":
        self._thread.start()
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()
