"""Sending at a pace, for the clients that are no coroutines."""

import time
from collections.abc import Callable
from functools import partial

from tests.benchmarks.contest.records import Records

Send = Callable[[bytes, bytes | None, Callable[..., None]], None]
"""Takes value, key, and what to call when the record is acknowledged."""


class Latencies:
    """When each record was sent and what it took to be acknowledged, in seconds."""

    def __init__(self, count: int) -> None:
        self._sent_s = [0.0] * count
        self.seconds = [0.0] * count

    def start(self, number: int) -> Callable[..., None]:
        """The record is sent now; call what this returns when it is acknowledged."""
        self._sent_s[number] = time.perf_counter()
        return partial(self._acknowledged, number)

    def _acknowledged(self, number: int, *_: object) -> None:
        self.seconds[number] = time.perf_counter() - self._sent_s[number]


def send_paced(
    records: Records, every_s: float, send: Send, wait: Callable[[float], object], flush: Callable[[], None]
) -> list[float]:
    """Send each record when it is due, later only if the one before took longer.

    Args:
        wait: what the client does until so many seconds have passed, or less.
    """
    latencies = Latencies(records.count)
    due_s = time.perf_counter()
    for number, (value, key) in enumerate(records):
        while (left_s := due_s - time.perf_counter()) > 0:
            wait(left_s)
        send(value, key, latencies.start(number))
        due_s += every_s
    flush()
    return latencies.seconds
