"""Notes that somebody wants the selector awake, and tells the kernel nothing of it.

Java: no counterpart.
"""

from kafka_nio.nio.selector import _Waker


def wake(self: _Waker) -> None:
    """Note it."""
    with self._lock:
        self._awake = True


def fall_asleep(self: _Waker) -> None:
    """Note that it is over."""
    with self._lock:
        self._awake = False
