"""The bug gallery: seven mistakes that a select loop invites, switched on one at a time in the real code.

Each module says what is wrong, what one sees of it, and which lint catches it; it holds the wrong function, to be
compared with the right one that it takes the place of, and a program that runs into it.

    with BUGS["write-interest-stuck"].stand_in.at_work():
        ...                                           # here the real producer has the bug

    kafka-nio demo bug-write-interest-stuck

Java: no counterpart.
"""

from dataclasses import replace

from kafka_nio.demos.bug import Bug
from kafka_nio.demos.bugs import (
    blocking_callback,
    blocking_wakeup,
    connected_when_writable,
    interest_from_wrong_thread,
    key_not_consumed,
    receives_not_cleared,
    write_interest_stuck,
)
from kafka_nio.demos.demo import Demo

__all__ = ["BUGS", "BUG_DEMOS", "Bug"]

_GALLERY = (
    write_interest_stuck,
    key_not_consumed,
    blocking_wakeup,
    interest_from_wrong_thread,
    connected_when_writable,
    receives_not_cleared,
    blocking_callback,
)

BUGS: dict[str, Bug] = {module.BUG.name: module.BUG for module in _GALLERY}
"""All bugs by name."""

BUG_DEMOS: tuple[Demo, ...] = tuple(
    replace(module.DEMO, watch_for=(*module.DEMO.watch_for, f"The lint {module.BUG.lint} catches it."))
    for module in _GALLERY
)
"""The program of each, in the same order."""
