"""Bounded memory for batches that have not been answered yet, and a queue for those who must wait for some.

Each batch takes its size out of the pool when it is made and gives it back when it is done. When the pool is empty,
`send` waits: this is how a slow broker slows the application down instead of filling its memory.

Whoever waits longest is served first, and is served in portions: freed memory is set aside for the first in line until
its wish is fulfilled, then for the next. Otherwise many small wishes could starve a large one.

Java's pool hands out buffers and keeps those of the usual size for reuse. Python builds a batch's bytes when it is
sent, so there is no buffer to keep: this pool only counts.

Java: org.apache.kafka.clients.producer.internals.BufferPool
"""

import threading
from collections import deque

from kafka_nio.clock import Clock
from kafka_nio.errors import BufferExhaustedError, IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.spans import Stage, decision, span


class Reservation:
    """What a thread has taken out of the pool, and no batch has yet.

    Ctrl-C may come before a caller learns that `allocate` returned. What was taken stands here all the same.
    """

    __slots__ = ("size",)

    def __init__(self) -> None:
        self.size = 0


class _Waiter:
    """A thread in line: how much it wants, how much is set aside for it already, how to wake it."""

    __slots__ = ("condition", "granted", "size")

    def __init__(self, size: int, condition: threading.Condition) -> None:
        self.size = size
        self.granted = 0
        self.condition = condition

    @property
    def is_served(self) -> bool:
        return self.granted == self.size


class BufferPool:
    """So many bytes, and no more.

    Args:
        total_bytes: `buffer.memory`.
        clock: where waiting happens.
        io_thread: the thread that gives memory back, and therefore never waits for any.
        metrics: where the time spent waiting is noted.
    """

    def __init__(self, total_bytes: int, clock: Clock, io_thread: IoThread, metrics: Metrics) -> None:
        self.total_bytes = total_bytes
        self._clock = clock
        self._io_thread = io_thread
        self._metrics = metrics
        self._lock = threading.RLock()
        # guarded by the lock:
        self._available_bytes = total_bytes
        self._waiters: deque[_Waiter] = deque()
        self._closed = False
        metrics.gauge("buffer-total-bytes", lambda: self.total_bytes)
        metrics.gauge("buffer-available-bytes", lambda: self.available_bytes)
        metrics.gauge("waiting-threads", lambda: self.queued)

    @property
    def available_bytes(self) -> int:
        """What is neither in a batch nor set aside for somebody in line."""
        return self._available_bytes

    @property
    def queued(self) -> int:
        """How many threads are in line."""
        return len(self._waiters)

    @decision("must_wait", "size self._available_bytes in_line")
    def allocate(self, size: int, max_wait_ms: float, reservation: Reservation | None = None) -> None:
        """Take `size` bytes out, waiting in line if they are not there, and note them in `reservation`.

        Raises:
            ValueError: more than the whole pool was asked for; no wait could help.
            BufferExhaustedError: the wait took longer than `max_wait_ms`.
            IllegalStateError: the pool is closed, or was closed while we waited.
        """
        if size > self.total_bytes:
            raise ValueError(f"{size} bytes can never be taken from a pool of {self.total_bytes} bytes (buffer_memory)")
        reservation = reservation or Reservation()
        with self._lock:
            self._refuse_if_closed()
            in_line = len(self._waiters)
            must_wait = size > self._available_bytes or in_line > 0
            if must_wait:
                self.wait_for_memory(size, 0 if self._io_thread.is_current else max_wait_ms, reservation)
            else:
                self._available_bytes -= size
                reservation.size = size  # nothing is called between these two lines, so nothing interrupts them

    @span(Stage.ACCUMULATE, show="size max_wait_ms")
    def wait_for_memory(self, size: int, max_wait_ms: float, reservation: Reservation) -> None:
        """Stand in line until others have given back enough."""
        waiter = _Waiter(size, threading.Condition(self._lock))
        self._waiters.append(waiter)
        began_ns = self._clock.now_ns()
        self._serve_waiters()
        try:
            self._clock.wait(waiter.condition, lambda: waiter.is_served or self._closed, max_wait_ms)
            self._refuse_if_closed()
            if not waiter.is_served:
                self._metrics.count("buffer-exhausted")
                raise BufferExhaustedError(self._describe_shortage(size, max_wait_ms))
            reservation.size = size
        except BaseException:
            # Timeout, close, or an interrupt from the keyboard: leave the line and return what was set aside.
            self._leave_line(waiter)
            raise
        finally:
            self._metrics.record("bufferpool-wait-time-ns", self._clock.now_ns() - began_ns)

    @span(Stage.COMPLETE, show="size")
    def deallocate(self, size: int) -> None:
        """Give back `size` bytes. This still works once the pool is closed."""
        with self._lock:
            self._available_bytes += size
            self._serve_waiters()

    def close(self) -> None:
        """Refuse whoever comes, and wake with an error whoever is in line."""
        with self._lock:
            self._closed = True
            for waiter in self._waiters:
                waiter.condition.notify()

    # Called with the lock held...

    def _serve_waiters(self) -> None:
        while self._waiters and self._available_bytes:
            waiter = self._waiters[0]
            portion = min(self._available_bytes, waiter.size - waiter.granted)
            waiter.granted += portion
            self._available_bytes -= portion
            if waiter.is_served:
                self._waiters.popleft()
                waiter.condition.notify()

    def _leave_line(self, waiter: _Waiter) -> None:
        if waiter in self._waiters:
            self._waiters.remove(waiter)
        self._available_bytes += waiter.granted
        self._serve_waiters()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise IllegalStateError("the producer was closed while a send was waiting for memory")

    def _describe_shortage(self, size: int, max_wait_ms: float) -> str:
        return (
            f"no {size} bytes of memory for a new batch within {max_wait_ms:.0f} ms: {self._available_bytes} of "
            f"{self.total_bytes} bytes (buffer_memory) are free, the rest is in batches that no broker has answered yet"
        )

    def __repr__(self) -> str:
        return f"<BufferPool: {self._available_bytes} of {self.total_bytes} bytes free, {self.queued} in line>"
