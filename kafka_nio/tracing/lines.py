"""Notes which lines of the marked functions run, and what is decided in them, with the interpreter's own tracer.

Python calls a thread's tracer for every call of any function; the tracer may hand back a second one that is then called
for every line of that call. This one does so only for a call that the recorder has just noted, or for a function with a
marked decision, so everything else pays for two look-ups per call and nothing per line. While somebody counts, a
debugger or a coverage tool does not see: there is one tracer per thread. The one before is put back.

Left out: lines inside a comprehension or a lambda count once, however often they run. Until Python 3.11 these are
functions of their own, afterwards they are not, and a reader does not care.

Java: no counterpart.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Literal

from kafka_nio.spans import DECISIONS, RETURN, DecisionMark, Span
from kafka_nio.tracing.call import Call
from kafka_nio.tracing.decisions import Point, points_by_code

if TYPE_CHECKING:
    from _typeshed import TraceFunction

Event = Literal["call", "line", "return", "exception", "opcode"]


class LineCounter:
    """Fills `Call.lines` and `Call.decisions`.

    Args:
        calls: the noted calls that are under way on the current thread, the innermost last.
        is_noting: whether the window is open.
    """

    def __init__(self, calls: Callable[[], list[Call]], is_noting: Callable[[], bool]) -> None:
        self._calls = calls
        self._is_noting = is_noting
        self._owners: dict[CodeType, CodeType] = {}
        self._points: dict[CodeType, tuple[Point, ...]] = {}

    @contextmanager
    def counting(self, spans: Iterable[Span], decisions: Iterable[DecisionMark] = DECISIONS) -> Iterator[None]:
        """Watch these functions, on this thread and on all that start from now on."""
        for span in spans:
            self._owners.update(_codes_in(span.function.__code__))
        self._points = points_by_code(decisions)
        before, before_in_threads = sys.gettrace(), threading.gettrace()
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before_in_threads)

    def _on_call(self, frame: FrameType, event: Event, argument: Any) -> "TraceFunction | None":
        owner, points = self._owners.get(frame.f_code), self._points.get(frame.f_code)
        if owner is None and points is None:
            return None
        calls = self._calls()
        if not calls:
            return None
        call = calls[-1]
        tracer: TraceFunction | None = None
        if owner is not None and call.span.function.__code__ is owner:
            tracer = self._each_line(call) if frame.f_code is owner else self._each_inner_line(call)
        return tracer if points is None else self._each_decision(call, points, tracer)

    def _each_line(self, call: Call) -> "TraceFunction":
        def on_event(frame: FrameType, event: Event, argument: Any) -> "TraceFunction":
            if event == "line":
                call.current_line = line = frame.f_lineno
                if self._is_noting():
                    lines = _lines_of(call)
                    lines[line] = lines.get(line, 0) + 1
            return on_event

        return on_event

    def _each_inner_line(self, call: Call) -> "TraceFunction":
        def on_event(frame: FrameType, event: Event, argument: Any) -> "TraceFunction":
            if event == "line" and self._is_noting():
                _lines_of(call).setdefault(frame.f_lineno, 1)
            return on_event

        return on_event

    def _each_decision(self, call: Call, points: tuple[Point, ...], count: "TraceFunction | None") -> "TraceFunction":
        """Note what is decided, as soon as it is, and have `count` told of everything, too."""
        line = 0
        deciding: tuple[Point, ...] = ()
        has_failed = False

        def on_event(frame: FrameType, event: Event, argument: Any) -> "TraceFunction":
            nonlocal line, deciding, has_failed
            if event == "exception":
                deciding, has_failed = (), True
            elif self._is_noting():
                done = deciding if event != "return" or has_failed else (*deciding, *_returning(points))
                for point in done:
                    point.note(call, frame, line, argument)
            if event == "line":
                line, has_failed = frame.f_lineno, False
                deciding = tuple(point for point in points if any(frame.f_lasti in one for one in point.stretches))
            if count is not None:
                count(frame, event, argument)
            return on_event

        return on_event


def _lines_of(call: Call) -> dict[int, int]:
    """The call's own lines, to count in."""
    if not isinstance(call.lines, dict):
        call.lines = {}
    return call.lines


def _returning(points: tuple[Point, ...]) -> Iterator[Point]:
    return (point for point in points if point.mark.variable == RETURN)


def _codes_in(owner: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The code of a function and of the comprehensions and lambdas inside it, each with the function's own."""
    waiting = [owner]
    while waiting:
        code = waiting.pop()
        yield code, owner
        waiting.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
