"""Counts which lines of the marked functions run, with the interpreter's own tracer.

Python calls a thread's tracer for every call of any function; the tracer may hand back a second one that is then called
for every line of that call. This one does so only for a call that the recorder has just noted, so everything else pays
for one look-up per call and nothing per line. While somebody counts, a debugger or a coverage tool does not see: there
is one tracer per thread. The one before is put back.

Left out: lines inside a comprehension or a lambda count once, however often they run. Until Python 3.11 these are
functions of their own, afterwards they are not, and a reader does not care.

Java: no counterpart.
"""

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

from kafka_nio.spans import Span

if TYPE_CHECKING:
    from _typeshed import TraceFunction

    from kafka_nio.tracing.recorder import Call


class LineCounter:
    """Fills `Call.lines`.

    Args:
        calls: the noted calls that are under way on the current thread, the innermost last.
        is_noting: whether the window is open.
    """

    def __init__(self, calls: Callable[[], "list[Call]"], is_noting: Callable[[], bool]) -> None:
        self._calls = calls
        self._is_noting = is_noting
        self._owners: dict[CodeType, CodeType] = {}

    @contextmanager
    def counting(self, spans: Iterable[Span]) -> Iterator[None]:
        """Count the lines of these functions, on this thread and on all that start from now on."""
        for span in spans:
            self._owners.update(_codes_in(span.function.__code__))
        before, before_in_threads = sys.gettrace(), threading.gettrace()
        threading.settrace(self._on_call)
        sys.settrace(self._on_call)
        try:
            yield
        finally:
            sys.settrace(before)
            threading.settrace(before_in_threads)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> "TraceFunction | None":
        owner = self._owners.get(frame.f_code)
        if owner is None:
            return None
        calls = self._calls()
        if not calls or calls[-1].span.function.__code__ is not owner:
            return None
        call = calls[-1]
        return self._each_line(call) if frame.f_code is owner else self._each_inner_line(call)

    def _each_line(self, call: "Call") -> "TraceFunction":
        def on_event(frame: FrameType, event: str, argument: Any) -> "TraceFunction":
            if event == "line":
                call.current_line = line = frame.f_lineno
                if self._is_noting():
                    call.lines[line] = call.lines.get(line, 0) + 1
            return on_event

        return on_event

    def _each_inner_line(self, call: "Call") -> "TraceFunction":
        def on_event(frame: FrameType, event: str, argument: Any) -> "TraceFunction":
            if event == "line" and self._is_noting():
                call.lines.setdefault(frame.f_lineno, 1)
            return on_event

        return on_event


def _codes_in(owner: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The code of a function and of the comprehensions and lambdas inside it, each with the function's own."""
    waiting = [owner]
    while waiting:
        code = waiting.pop()
        yield code, owner
        waiting.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
