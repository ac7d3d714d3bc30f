"""Writes a byte for each wakeup, as kafka-python once did.

Java: no counterpart.
"""

from kafka_nio.nio.selector import _Waker


def wake(self: _Waker) -> None:
    """Write a byte."""
    with self._lock:
        if not self._closed:
            self._writer.send(b"\0")


def fall_asleep(self: _Waker) -> None:
    """Read a byte."""
    with self._lock:
        self._reader.recv(1)
