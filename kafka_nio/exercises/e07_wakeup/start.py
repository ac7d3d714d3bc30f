"""What the learner begins with: in the package, these two need no docstrings, here they do.

Java: no counterpart.
"""

from __future__ import annotations

from kafka_nio.nio.selector import _Waker


def wake(self: _Waker) -> None:
    """End the select that sleeps now, or else the next one. On any thread; never waits, never fails."""
    raise NotImplementedError("wake is not written yet")


def fall_asleep(self: _Waker) -> None:
    """The watched end is readable, so the select has ended: make it silent, so that the next one can sleep."""
    raise NotImplementedError("fall_asleep is not written yet")
