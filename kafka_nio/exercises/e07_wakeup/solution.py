"""The package's own two methods, with docstrings.

Java: no counterpart.
"""

from __future__ import annotations

from kafka_nio.nio.selector import _Waker


def wake(self: _Waker) -> None:
    """End the select that sleeps now, or else the next one. On any thread; never waits, never fails."""
    with self._lock:
        must_write = not self._awake and not self._closed
        if must_write:
            # In this order: Ctrl-C between the two costs a byte too many, which is one sleep cut short. The other
            # way round it would cost every wakeup from then on.
            self._writer.send(b"\0")
            self._awake = True


def fall_asleep(self: _Waker) -> None:
    """The watched end is readable, so the select has ended: make it silent, so that the next one can sleep."""
    with self._lock:
        self._reader.recv(1)
        self._awake = False
