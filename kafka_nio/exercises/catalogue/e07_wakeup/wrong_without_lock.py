"""Does without the lock, which is right on one thread, and not on two.

Java: no counterpart.
"""

from kafka_nio.nio.selector import _Waker


def wake(self: _Waker) -> None:
    """Write a byte if none is under way."""
    if not self._awake and not self._closed:
        self._writer.send(b"\0")
        self._awake = True


def fall_asleep(self: _Waker) -> None:
    """Read it."""
    self._reader.recv(1)
    self._awake = False
