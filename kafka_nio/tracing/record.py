"""`record`: everything that is needed to watch a piece of a program, in one `with`.

Java: no counterpart.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import kafka_nio.tracing.values  # noqa: F401  # teaches describe the producer's classes
from kafka_nio.clock import Clock
from kafka_nio.tracing.recorder import Recorder
from kafka_nio.tracing.recording import SUFFIX, Recording
from kafka_nio.tracing.steps import recording_of
from kafka_nio.tracing.weave import woven


class Watch:
    """What `record` yields: opens and closes the window, and has the recording afterwards."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
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
        return recording_of(self.name, self._recorder.calls, self.renamed)


@contextmanager
def record(
    path: Path | str | None = None,
    *,
    name: str | None = None,
    clock: Clock | None = None,
    lines: bool = True,
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
        lines: note also which lines ran. The program is some ten times slower meanwhile.
        thread_name: gives a thread its name in the recording, None to leave it alone. Without it the calling thread
            is `app`, the producer's is `sender`, and others are left alone.
        tick_ns: by how much time seems to move on at every event, in nanoseconds.
        renamed: texts that differ from run to run, and what to write in their place.
        begin: whether to note from the start of the block; else `Watch.begin` says when.

    Raises:
        ModuleNotFoundError: if `path` is given and OpenTelemetry's SDK is not installed; at once, before anything runs.
    """
    if path is not None:
        from kafka_nio.tracing import otlp  # the only part that needs OpenTelemetry
    recorder = Recorder(clock, thread_name=thread_name, lines=lines, tick_ns=tick_ns)
    watch = Watch(name or (Path(path).name.removesuffix(SUFFIX) if path else "run"), recorder)
    watch.renamed.update(renamed or {})
    with ExitStack() as stack:
        spans = stack.enter_context(woven(recorder.around))
        if recorder.line_counter is not None:
            stack.enter_context(recorder.line_counter.counting(spans))
        if begin:
            watch.begin()
        try:
            yield watch
        finally:
            recorder.end()
    if path is not None:
        otlp.write(watch.recording, Path(path))
