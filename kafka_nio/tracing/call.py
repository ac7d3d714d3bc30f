"""A call of a marked function while it is being watched, and who may watch it: observers.

An observer is told of every call on the watched threads as it begins and as it ends, and adds to the call what it
knows: the state's changes, what it goes on from, the bytes it moved.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from kafka_nio.spans import Span
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Change, Decision, Frame, Moved

NO_LINES: Mapping[int, int] = MappingProxyType({})


class Call:
    """One call of a marked function, as far as it has come.

    `links` name earlier calls; those outside the recording are dropped when it is made.
    """

    # Most calls keep these, and what the class has costs a call nothing. Whoever adds something makes a new tuple.
    start_ns = 0
    end_ns: int | None = None
    current_line: int | None = None
    clipped = False
    error: BaseException | None = None
    lines: Mapping[int, int] = NO_LINES
    decisions: tuple[Decision, ...] = ()
    changes: tuple[Change, ...] = ()
    state: Mapping[str, Shown] | None = None
    links: "tuple[tuple[Call, str], ...]" = ()
    about: tuple[str, ...] = ()
    frame: Frame | None = None
    moved: Moved | None = None

    def __init__(self, span: Span, thread: str, parent: "Call | None", shown: dict[str, Shown]) -> None:
        self.span = span
        self.thread = thread
        self.parent = parent
        self.shown = shown

    def forget(self) -> None:
        """The window opens while this call is under way: what was noted before is not part of the recording."""
        self.lines = {} if self.current_line is None else {self.current_line: 1}
        self.decisions, self.changes, self.state = (), (), None
        self.links, self.about, self.frame, self.moved = (), (), None, None


class Observer:
    """Told of calls, in the order in which they happen, one at a time: the recorder's lock is held meanwhile.

    So it must be quick, take no lock that the producer uses, and leave everything as it is. It is told of calls outside
    the window, too, because what it must know may have begun earlier.
    """

    def begun(self, calls: tuple[Call, ...]) -> None:
        """The window opens, and these calls are under way. `call.start_ns` is the window's beginning."""

    def entered(self, call: Call, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """A call begins: `call.parent` is its caller, `call.start_ns` the time, if the window is open."""

    def exited(self, call: Call, result: object, error: BaseException | None) -> None:
        """A call has ended, and `call.end_ns` is the time, if the window is open."""

    def turned(self, call: Call | None, next_ns: Callable[[], int]) -> None:
        """The current thread is about to wait, in the middle of this call; others run before it goes on.

        Args:
            next_ns: takes a time of its own for whatever there is to note.
        """

    def ended(self, calls: tuple[Call, ...]) -> None:
        """The window closes while these calls are under way."""
