"""The time axis of every picture: *moments* instead of nanoseconds.

A moment is the begin or the end of some step. So a long sleep takes no more room than a short call, idle time is
folded, and what happened on two threads keeps its order.

Java: no counterpart.
"""

from bisect import bisect_left
from collections.abc import Iterable

from kafka_nio.tracing.recording import Step


class Moments:
    """The moments of a recording, numbered from 0."""

    def __init__(self, steps: Iterable[Step]) -> None:
        self._times = sorted({time for step in steps for time in (step.start_ns, step.end_ns)})
        self.last = max(len(self._times) - 1, 1)

    def at(self, time_ns: int) -> int:
        """The number of a time; of a time between two moments that of the later one."""
        return min(bisect_left(self._times, time_ns), self.last)

    def percent(self, time_ns: int) -> float:
        """Where on the axis a time is."""
        return round(100 * self.at(time_ns) / self.last, 3)
