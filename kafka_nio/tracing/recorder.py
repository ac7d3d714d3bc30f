"""Notes what the marked functions do while they do it: who called whom, in which order, shown which values.

Notes are cheap: one object per call, and values reduced to short texts on the spot, because a batch that is shown now
will be different later. Everything else (steps, OpenTelemetry spans, a file) is made afterwards.

Watching and noting are two things. A recorder watches from the moment it is woven in, so that it knows which calls are
under way on every thread; it notes what happens between `begin()` and `end()`, the *window*. Calls that are under way
when the window opens are part of it, clipped: the sender, asleep in a select, is how most stories begin.

Java: no counterpart.
"""

import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kafka_nio.clock import Clock, SystemClock
from kafka_nio.spans import RETURN, Span
from kafka_nio.tracing.arguments import shown_arguments
from kafka_nio.tracing.call import Call, Observer
from kafka_nio.tracing.describe import Shown, describe
from kafka_nio.tracing.lines import LineCounter

if TYPE_CHECKING:
    from _typeshed import TraceFunction

SENDER = "kafka-producer-network-thread"
BROKER = "broker-"
NS_PER_MS = 1_000_000
SMALL = 1 << 62

ThreadName = Callable[[threading.Thread], str | None]


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
        lines: note which lines ran and which decisions were taken, too. Costs a tracer on every thread.
        tick_ns: added to the time at every event, so that with a clock that stands still no two are equal.
        observers: told of every call, in this order.
    """

    def __init__(
        self,
        clock: Clock | None = None,
        *,
        thread_name: ThreadName | None = None,
        lines: bool = False,
        tick_ns: int = 0,
        observers: Sequence[Observer] = (),
    ) -> None:
        self._clock = clock or SystemClock()
        self._epoch_ns = self._clock.time_ms() * NS_PER_MS - self._clock.now_ns()
        self._thread_name = thread_name or lanes(threading.current_thread())
        self._tick_ns = tick_ns
        self._watched = Watched()
        self.observers = tuple(observers)
        self.line_counter = LineCounter(lambda: self._watched.calls, lambda: self._is_noting) if lines else None
        # Re-entrant, because a finalizer may run a marked function wherever Python likes, also in here.
        self._lock = threading.RLock()
        # guarded by the lock:
        self._events = 0
        self._under_way: dict[Call, None] = {}
        self._is_noting = False
        self.calls: list[Call] = []

    # The window...

    def begin(self) -> None:
        """Open the window. What is under way on any thread is noted as clipped."""
        with self._lock:
            self._is_noting = True
            self.calls = list(self._under_way)
            for call in self.calls:
                call.clipped = True
                call.start_ns = self._next_ns()
                call.forget()
            for observer in self.observers:
                observer.begun(tuple(self.calls))

    def end(self) -> None:
        """Close the window. What is still under way ends here, clipped. Closing twice does nothing."""
        with self._lock:
            if not self._is_noting:
                return
            self._is_noting = False
            for call in reversed(self._under_way):
                call.clipped = True
                call.end_ns = self._next_ns()
            for observer in self.observers:
                observer.ended(tuple(self._under_way))

    # Around every marked function...

    def around(self, span: Span) -> Callable[..., Any]:
        """A function that does what the marked one does, and notes it."""
        function, watched = span.function, self._watched
        arguments = list(shown_arguments(span).items())
        shows_result, traces = RETURN in span.show, self.line_counter is not None

        def noted(*args: Any, **kwargs: Any) -> Any:
            name = watched.name or self._name_this_thread()
            if not name:
                return function(*args, **kwargs)
            tracer = _paused_tracer() if traces else None
            shown = {key: _told(value(args, kwargs)) for key, value in arguments} if arguments else {}
            call = self._enter(span, name, shown, args, kwargs)
            if tracer:
                sys.settrace(tracer)
            try:
                result = function(*args, **kwargs)
            except BaseException as error:
                self._exit(call, None, error)
                raise
            tracer = _paused_tracer() if traces else None
            if shows_result:
                shown[RETURN] = _told(result)
            self._exit(call, result, None)
            if tracer:
                sys.settrace(tracer)
            return result

        return noted

    def _name_this_thread(self) -> str:
        name = self._thread_name(threading.current_thread()) or ""
        self._watched.name = name
        return name

    def _enter(
        self, span: Span, thread: str, shown: dict[str, Shown], args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> Call:
        calls = self._watched.calls
        call = Call(span, thread, calls[-1] if calls else None, shown)
        calls.append(call)
        with self._lock:
            self._under_way[call] = None
            if self._is_noting:
                call.start_ns = self._next_ns()
                self.calls.append(call)
            for observer in self.observers:
                observer.entered(call, args, kwargs)
        return call

    def _exit(self, call: Call, result: object, error: BaseException | None) -> None:
        self._watched.calls.pop()
        with self._lock:
            del self._under_way[call]
            if self._is_noting:
                call.end_ns = self._next_ns()
                call.error = error
            else:
                call.shown.pop(RETURN, None)  # it ended after the window
            for observer in self.observers:
                observer.exited(call, result, error)

    def turning(self) -> None:
        """The current thread is about to give its turn away (`VirtualClock` says so)."""
        calls = self._watched.calls
        with self._lock:
            if self._is_noting and self._watched.name:
                for observer in self.observers:
                    observer.turned(calls[-1] if calls else None, self._next_ns)

    def _next_ns(self) -> int:
        self._events += 1
        return self._epoch_ns + self._clock.now_ns() + self._events * self._tick_ns


def _paused_tracer() -> "TraceFunction | None":
    """Stop tracing on this thread and return the tracer to go on with, so that noting is not traced itself.

    From Python 3.12 on that would be slower than tracing: there, each start makes all code be looked at again.
    """
    if sys.version_info >= (3, 12):
        return None
    tracer = sys.gettrace()
    sys.settrace(None)
    return tracer


def _told(value: object) -> Shown:
    """A value described. Whoever watches must not break what it watches, so a description that fails is left out."""
    if type(value) is bool or (type(value) is int and -SMALL < value < SMALL):
        return value  # the most frequent ones, for which there is nothing to describe
    try:
        return describe(value)
    except Exception:
        return type(value).__name__


def lanes(app: threading.Thread, *, brokers: bool = False) -> ThreadName:
    """Names for threads: `app` is the caller's, `sender` the producer's. All others are left alone.

    Args:
        brokers: an embedded broker's threads keep their names, `broker-0 processor`; else they are left alone, too.
    """

    def name(thread: threading.Thread) -> str | None:
        if thread is app:
            return "app"
        if thread.name.startswith(SENDER):
            return "sender"
        return thread.name if brokers and thread.name.startswith(BROKER) else None

    return name
