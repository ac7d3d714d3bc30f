"""`record`: everything that is needed to watch a piece of a program, in one `with`.

Java: no counterpart.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import kafka_nio.tracing.values  # noqa: F401  # teaches describe the producer's classes
from kafka_nio.clock import Clock
from kafka_nio.tracing.call import Observer
from kafka_nio.tracing.connections import Connections
from kafka_nio.tracing.links import Links
from kafka_nio.tracing.recorder import Recorder, lanes
from kafka_nio.tracing.recording import SUFFIX, Recording
from kafka_nio.tracing.state import StateWatcher
from kafka_nio.tracing.steps import recording_of
from kafka_nio.tracing.turns import VirtualClock
from kafka_nio.tracing.weave import woven
from kafka_nio.tracing.wire import Wire


class Watch:
    """What `record` yields: opens and closes the window, and has the recording afterwards."""

    def __init__(self, name: str, recorder: Recorder, keep: Collection[str] | None = None) -> None:
        self.name = name
        self.keep = keep
        self.renamed: dict[str, str] = {}
        """Texts that differ from run to run, and what to write in their place."""
        self._recorder = recorder

    def begin(self) -> None:
        """Note what happens from now on, and forget what was noted before."""
        self._recorder.begin()

    def end(self) -> None:
        """Note nothing more."""
        self._recorder.end()

    @property
    def recording(self) -> Recording:
        """What has been noted."""
        return recording_of(self.name, self._recorder.calls, self.renamed, self.keep)


@contextmanager
def record(
    path: Path | str | None = None,
    *,
    name: str | None = None,
    clock: Clock | None = None,
    lines: bool = True,
    state: bool = True,
    bytes: bool = True,
    links: bool = True,
    brokers: bool = False,
    keep: Collection[str] | None = None,
    thread_name: Callable[[threading.Thread], str | None] | None = None,
    tick_ns: int = 0,
    renamed: Mapping[str, str] | None = None,
    begin: bool = True,
) -> Iterator[Watch]:
    """Watch the marked functions while the block runs. Build the producer inside the block, and close it there.

    Args:
        path: where to write the recording, by custom `NAME.otlp.jsonl`; None to write nothing.
        name: of the recording; the file's name if it is not given.
        clock: the producer's clock, if it was given one.
        lines: note also which lines ran and which decisions were taken. The program is some ten times slower meanwhile.
        state: note also what each step changed of the watched state.
        bytes: note also the messages, and which system call moved which of their bytes.
        links: note also what each step goes on from: wakeup → select, record → batch → request → response → callback.
        brokers: an embedded broker's threads are part of the recording, too.
        keep: names of the steps to keep; None keeps all.
        thread_name: gives a thread its name in the recording, None to leave it alone. Without it the calling thread
            is `app`, the producer's is `sender`, and others, but for `brokers`, are left alone.
        tick_ns: by how much time seems to move on at every event, in nanoseconds.
        renamed: texts that differ from run to run, and what to write in their place.
        begin: whether to note from the start of the block; else `Watch.begin` says when.

    Raises:
        ModuleNotFoundError: if `path` is given and OpenTelemetry's SDK is not installed; at once, before anything runs.
    """
    if path is not None:
        from kafka_nio.tracing import otlp  # the only part that needs OpenTelemetry
    threads = thread_name or lanes(threading.current_thread(), brokers=brokers)
    observers = _observers(state=state, bytes=bytes, links=links)
    recorder = Recorder(clock, thread_name=threads, lines=lines, tick_ns=tick_ns, observers=observers)
    watch = Watch(name or (Path(path).name.removesuffix(SUFFIX) if path else "run"), recorder, keep)
    watch.renamed.update(renamed or {})
    with _watching(recorder, clock):
        if begin:
            watch.begin()
        yield watch
    if path is not None:
        otlp.write(watch.recording, Path(path))


@contextmanager
def _watching(recorder: Recorder, clock: Clock | None) -> Iterator[None]:
    with ExitStack() as stack:
        spans = stack.enter_context(woven(recorder.around))
        if recorder.line_counter is not None:
            stack.enter_context(recorder.line_counter.counting(spans))
        if isinstance(clock, VirtualClock):
            stack.enter_context(_told_of_turns(clock, recorder))
        try:
            yield
        finally:
            recorder.end()


@contextmanager
def _told_of_turns(clock: VirtualClock, recorder: Recorder) -> Iterator[None]:
    before, clock.before_turn = clock.before_turn, recorder.turning
    try:
        yield
    finally:
        clock.before_turn = before


def _observers(*, state: bool, bytes: bool, links: bool) -> list[Observer]:
    """Who is told of the calls, in this order."""
    observers: list[Observer] = []
    if state:
        observers.append(StateWatcher())
    if bytes or links:
        connections = Connections()
        observers.append(connections)
        if bytes:
            observers.append(Wire(connections))
        if links:
            observers.append(Links(connections))
    return observers
