"""Turns the calls that a recorder noted into the steps of a recording.

Here a step learns everything that does not depend on the run: the file, the line and the hash of its function. Names
that differ from run to run (a port the kernel chose) are replaced by the scenario's own.

Java: no counterpart.
"""

from collections.abc import Iterable, Mapping

from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recorder import Call
from kafka_nio.tracing.recording import Recording, Step
from kafka_nio.tracing.source import file_of, source_of


def recording_of(name: str, calls: Iterable[Call], renamed: Mapping[str, str] | None = None) -> Recording:
    """The recording of these calls, numbered from 1 in the order in which they began.

    Args:
        name: of the scenario.
        calls: as `Recorder.calls` has them.
        renamed: texts to replace wherever a shown value or an error message contains them.
    """
    renamed = renamed or {}
    steps: dict[int, Step] = {}
    for seq, call in enumerate(calls, start=1):
        parent = steps.get(id(call.parent))
        steps[id(call)] = _step(seq, call, parent, renamed)
    return Recording(name, tuple(steps.values()))


def _step(seq: int, call: Call, parent: Step | None, renamed: Mapping[str, str]) -> Step:
    function = call.span.function
    source = source_of(function)
    return Step(
        seq=seq,
        name=call.span.name,
        stage=call.span.stage,
        thread=call.thread,
        function=f"{function.__module__}.{function.__qualname__}",
        file=file_of(function),
        line=source.line,
        source=source.digest,
        start_ns=call.start_ns,
        end_ns=call.start_ns if call.end_ns is None else call.end_ns,
        parent=parent.seq if parent else None,
        depth=parent.depth + 1 if parent else 0,
        shown={key: _renamed(value, renamed) for key, value in call.shown.items()},
        lines=dict(call.lines),
        error=None if call.error is None else str(_renamed(str(call.error), renamed)),
        error_type=None if call.error is None else type(call.error).__qualname__,
        clipped=call.clipped,
    )


def _renamed(value: Shown, renamed: Mapping[str, str]) -> Shown:
    if isinstance(value, str):
        for text, replacement in renamed.items():
            value = value.replace(text, replacement)
    return value
