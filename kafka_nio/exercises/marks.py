"""What an exercise's tests say beyond plain pytest: which belief a failure comes from, and what a solution costs.

    @misconception("one read is one frame", "A read gives what has arrived, be it half a size. Where is the rest?")
    def test_a_size_may_come_in_two_pieces() -> None:
        "A size that comes in two pieces is put together."

The docstring's first paragraph is what was expected; the belief has a name, and the sentence that fits it is printed
when the test fails. One test of an exercise may be marked with `@costs`: its run is counted beside the right one's.

Java: no counterpart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_BELIEF, _COSTS = "kafka_nio_misconception", "kafka_nio_costs"


@dataclass(frozen=True, slots=True)
class Misconception:
    """A belief, by name, and what to say to somebody who holds it."""

    name: str
    remark: str


def misconception(name: str, remark: str) -> Callable[[F], F]:
    """Note which belief makes this test fail.

    Args:
        name: the belief, in a few words.
        remark: the hint that fits it, a sentence or two.
    """

    def note(test: F) -> F:
        setattr(test, _BELIEF, Misconception(name, remark))
        return test

    return note


def misconception_of(test: Callable[..., Any]) -> Misconception | None:
    """The belief that was noted at a test."""
    found = getattr(test, _BELIEF, None)
    return found if isinstance(found, Misconception) else None


def costs(test: F) -> F:
    """Note that this test's run shows what the solution costs: selects, wakeups, system calls, copies."""
    setattr(test, _COSTS, True)
    return test


def shows_costs(test: Callable[..., Any]) -> bool:
    """Whether that was noted."""
    return getattr(test, _COSTS, False) is True
