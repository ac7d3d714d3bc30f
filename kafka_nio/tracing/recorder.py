"""Notes what the marked functions do while they do it: who called whom, in which order, shown which values.

Notes are cheap: one object per call, and values reduced to short texts on the spot, because a batch that is shown now
will be different later. Everything else (steps, OpenTelemetry spans, a file) is made afterwards.

Watching and noting are two things. A recorder watches from the moment it is woven in, so that it knows which calls are
under way on every thread; it notes what happens between `begin()` and `end()`, the *window*. Calls that are under way
when the window opens are part of it, clipped: the sender, asleep in a select, is how most stories begin.

Java: no counterpart.
"""

import inspect
import threading
from collections.abc import Callable, Mapping
from typing import Any

from kafka_nio.clock import Clock, SystemClock
from kafka_nio.spans import RETURN, Span
from kafka_nio.tracing.describe import Shown, describe
from kafka_nio.tracing.lines import LineCounter

SENDER = "kafka-producer-network-thread"
NS_PER_MS = 1_000_000
NOTHING: Mapping[str, Shown] = {}


class Call:
    """One call of a marked function, as far as it has come."""

    __slots__ = ("clipped", "current_line", "end_ns", "error", "lines", "parent", "shown", "span", "start_ns", "thread")

    def __init__(self, span: Span, thread: str, parent: "Call | None", shown: dict[str, Shown]) -> None:
        self.span = span
        self.thread = thread
        self.parent = parent
        self.shown = shown
        self.start_ns = 0
        self.end_ns: int | None = None
        self.current_line: int | None = None
        self.lines: dict[int, int] = {}
        self.error: BaseException | None = None
        self.clipped = False


class Watched(threading.local):
    """What the recorder knows of one thread."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.calls: list[Call] = []


class Recorder:
    """Collects calls. Hand `around` to `weave.woven`.

    Args:
        clock: tells when a step began and ended.
        thread_name: gives a thread its name in the recording, or None for threads to leave alone.
        lines: note which lines ran, too. Costs a tracer on every thread.
        tick_ns: added to the time at every event, so that with a clock that stands still no two are equal.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        thread_name: Callable[[threading.Thread], str | None] | None = None,
        lines: bool = False,
        tick_ns: int = 0,
    ) -> None:
        self._clock = clock or SystemClock()
        self._epoch_ns = self._clock.time_ms() * NS_PER_MS - self._clock.now_ns()
        self._thread_name = thread_name or app_and_sender(threading.current_thread())
        self._tick_ns = tick_ns
        self._watched = Watched()
        self.line_counter = LineCounter(lambda: self._watched.calls, lambda: self._is_noting) if lines else None
        # Re-entrant, because a finalizer may run a marked function wherever Python likes, also in here.
        self._lock = threading.RLock()
        # guarded by the lock:
        self._events = 0
        self._under_way: dict[int, Call] = {}
        self._is_noting = False
        self.calls: list[Call] = []

    # The window...

    def begin(self) -> None:
        """Open the window. What is under way on any thread is noted as clipped."""
        with self._lock:
            self._is_noting = True
            self.calls = list(self._under_way.values())
            for call in self.calls:
                call.clipped = True
                call.start_ns = self._next_ns()
                call.lines = {} if call.current_line is None else {call.current_line: 1}

    def end(self) -> None:
        """Close the window. What is still under way ends here, clipped. Closing twice does nothing."""
        with self._lock:
            if not self._is_noting:
                return
            self._is_noting = False
            for call in reversed(self._under_way.values()):
                call.clipped = True
                call.end_ns = self._next_ns()

    # Around every marked function...

    def around(self, span: Span) -> Callable[..., Any]:
        """A function that does what the marked one does, and notes it."""
        function, watched = span.function, self._watched
        arguments = _shown_arguments(span)
        shows_result = RETURN in span.show

        def noted(*args: Any, **kwargs: Any) -> Any:
            name = watched.name or self._name_this_thread()
            if not name:
                return function(*args, **kwargs)
            call = self._enter(span, name, {key: _told(value(args, kwargs)) for key, value in arguments.items()})
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self._exit(call, error=error)
                raise
            self._exit(call, {RETURN: _told(result)} if shows_result else {})
            return result

        return noted

    def _name_this_thread(self) -> str:
        name = self._thread_name(threading.current_thread()) or ""
        self._watched.name = name
        return name

    def _enter(self, span: Span, thread: str, shown: dict[str, Shown]) -> Call:
        calls = self._watched.calls
        call = Call(span, thread, calls[-1] if calls else None, shown)
        calls.append(call)
        with self._lock:
            self._under_way[id(call)] = call
            if self._is_noting:
                call.start_ns = self._next_ns()
                self.calls.append(call)
        return call

    def _exit(self, call: Call, shown: Mapping[str, Shown] = NOTHING, error: BaseException | None = None) -> None:
        self._watched.calls.pop()
        with self._lock:
            del self._under_way[id(call)]
            if self._is_noting:
                call.end_ns = self._next_ns()
                call.shown.update(shown)
                call.error = error

    def _next_ns(self) -> int:
        self._events += 1
        return self._epoch_ns + self._clock.now_ns() + self._events * self._tick_ns


def _told(value: object) -> Shown:
    """A value described. Whoever watches must not break what it watches, so a description that fails is left out."""
    try:
        return describe(value)
    except Exception:
        return type(value).__name__


def app_and_sender(app: threading.Thread) -> Callable[[threading.Thread], str | None]:
    """Names for two threads: `app` is the caller's, `sender` the producer's. All others are left alone."""

    def name(thread: threading.Thread) -> str | None:
        return "app" if thread is app else "sender" if thread.name.startswith(SENDER) else None

    return name


# Which arguments are shown...

Argument = Callable[[tuple[Any, ...], Mapping[str, Any]], Any]


def _shown_arguments(span: Span) -> dict[str, Argument]:
    """For each argument to show, how to find it in a call."""
    parameters = inspect.signature(span.function).parameters
    return {
        name: _finder(position, parameter, frozenset(parameters))
        for position, (name, parameter) in enumerate(parameters.items())
        if name in span.show
    }


def _finder(position: int, parameter: inspect.Parameter, names: frozenset[str]) -> Argument:
    name, default = parameter.name, parameter.default
    match parameter.kind:
        case inspect.Parameter.VAR_POSITIONAL:
            return lambda args, kwargs: args[position:]
        case inspect.Parameter.VAR_KEYWORD:
            return lambda args, kwargs: {key: value for key, value in kwargs.items() if key not in names}
        case inspect.Parameter.KEYWORD_ONLY:
            return lambda args, kwargs: kwargs.get(name, default)
        case _:
            return lambda args, kwargs: args[position] if len(args) > position else kwargs.get(name, default)
