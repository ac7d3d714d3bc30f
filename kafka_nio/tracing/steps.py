"""Turns the calls that a recorder noted into the steps of a recording.

Here a step learns everything that does not depend on the run: the file, the line and the hash of its function. Names
that differ from run to run (a port the kernel chose) are replaced by the scenario's own.

Java: no counterpart.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from kafka_nio.tracing.call import Call
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.folding import folded, kept, with_keyframes
from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.source import file_of, source_of
from kafka_nio.tracing.step import Change, Decision, Link, Step


def recording_of(
    name: str,
    calls: Iterable[Call],
    renamed: Mapping[str, str] | None = None,
    keep: Collection[str] | None = None,
) -> Recording:
    """The recording of these calls, numbered from 1 in the order in which they began; repetitions are folded.

    Args:
        name: of the scenario.
        calls: as `Recorder.calls` has them.
        renamed: texts to replace wherever a shown value or an error message contains them.
        keep: names of the steps to keep; None keeps all.
    """
    whole = Recording(name, tuple(_steps(calls, renamed or {})))
    steps = whole.steps if keep is None else kept(whole.steps, keep)
    return Recording(name, with_keyframes(folded(steps), whole))


def _steps(calls: Iterable[Call], renamed: Mapping[str, str]) -> Iterable[Step]:
    calls = list(calls)
    numbers = {id(call): seq for seq, call in enumerate(calls, start=1)}
    steps: dict[int, Step] = {}
    for seq, call in enumerate(calls, start=1):
        parent = steps.get(id(call.parent))
        links = tuple(Link(numbers[id(earlier)], why) for earlier, why in call.links if id(earlier) in numbers)
        steps[id(call)] = _step(seq, call, parent, links, renamed)
    return steps.values()


def _step(seq: int, call: Call, parent: Step | None, links: tuple[Link, ...], renamed: Mapping[str, str]) -> Step:
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
        shown=_all_renamed(call.shown, renamed),
        lines=dict(call.lines),
        error=None if call.error is None else str(_renamed(str(call.error), renamed)),
        error_type=None if call.error is None else type(call.error).__qualname__,
        clipped=call.clipped,
        decisions=tuple(_decision(one, renamed) for one in call.decisions),
        changes=tuple(Change(one.at_ns, _all_renamed(one.values, renamed)) for one in call.changes),
        state=None if call.state is None else _all_renamed(call.state, renamed),
        links=links,
        about=call.about,
        frame=call.frame,
        moved=call.moved,
    )


def _decision(one: Decision, renamed: Mapping[str, str]) -> Decision:
    return replace(one, operands=_all_renamed(one.operands, renamed), result=_renamed(one.result, renamed))


V = TypeVar("V", Shown, Shown | None)


def _all_renamed(values: Mapping[str, V], renamed: Mapping[str, str]) -> dict[str, V]:
    return {key: _renamed(value, renamed) for key, value in values.items()}


def _renamed(value: V, renamed: Mapping[str, str]) -> V:
    if isinstance(value, str):
        text: str = value
        for old, replacement in renamed.items():
            text = text.replace(old, replacement)
        return text
    return value
