"""A recording as Chrome's trace events in JSON, which ui.perfetto.dev and chrome://tracing open.

Each thread is a track, each step a slice on it, what the step showed and changed its arguments, and each link an arrow.
Times are microseconds from the recording's beginning; the fractions keep the nanoseconds.

Java: no counterpart.
"""

import json
from collections.abc import Iterator

from kafka_nio.spans import RETURN
from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.step import Link, Step

Event = dict[str, object]

PROCESS = 1
NS_PER_US = 1000


def perfetto_text(recording: Recording) -> str:
    """The whole recording as the text of a file."""
    document = {"traceEvents": list(events(recording)), "displayTimeUnit": "ns"}
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def events(recording: Recording) -> Iterator[Event]:
    """Names first, then the steps in their order, then the arrows."""
    tracks = {thread: number for number, thread in enumerate(recording.threads, start=1)}
    yield _named("process_name", 0, recording.name)
    for thread, track in tracks.items():
        yield _named("thread_name", track, thread)
        yield {"ph": "M", "name": "thread_sort_index", "pid": PROCESS, "tid": track, "args": {"sort_index": track}}
    begin_ns = min(step.start_ns for step in recording.steps)
    for step in recording.steps:
        yield _slice(step, tracks[step.thread], begin_ns)
    arrows = [(step, link) for step in recording.steps for link in step.links]
    for number, (step, link) in enumerate(arrows, start=1):
        yield from _arrow(number, recording.step(link.to), step, link, tracks, begin_ns)


def _named(kind: str, track: int, name: str) -> Event:
    return {"ph": "M", "name": kind, "pid": PROCESS, "tid": track, "args": {"name": name}}


def _slice(step: Step, track: int, begin_ns: int) -> Event:
    return {
        "ph": "X",
        "name": step.name if step.count == 1 else f"{step.name} ({step.count} times)",
        "cat": str(step.stage),
        "pid": PROCESS,
        "tid": track,
        "ts": (step.start_ns - begin_ns) / NS_PER_US,
        "dur": (step.end_ns - step.start_ns) / NS_PER_US,
        "args": _arguments(step),
    }


def _arguments(step: Step) -> dict[str, object]:
    arguments: dict[str, object] = {"step": step.seq, "source": f"{step.file}:{step.line}"}
    arguments |= {"result" if name == RETURN else name: value for name, value in step.shown.items()}
    for one in step.decisions:
        arguments[f"decision {one.name}"] = str(one.result)
    for change in step.changes:
        arguments |= {f"state {path}": "gone" if value is None else value for path, value in change.values.items()}
    if step.error is not None:
        arguments["error"] = f"{step.error_type}: {step.error}"
    return arguments


def _arrow(number: int, origin: Step, end: Step, link: Link, tracks: dict[str, int], begin_ns: int) -> Iterator[Event]:
    """From the step that caused to the one that was caused: a flow begins inside a slice and ends inside another.

    A select that was woken began before its wakeup, so the arrow ends where the slice does, if not where it begins.
    """
    leaves_ns = origin.start_ns
    arrives_ns = end.start_ns if end.start_ns >= leaves_ns else max(end.end_ns - 1, leaves_ns)
    common: Event = {"cat": "link", "name": link.why, "id": number, "pid": PROCESS}
    yield common | {"ph": "s", "tid": tracks[origin.thread], "ts": (leaves_ns - begin_ns) / NS_PER_US}
    yield common | {"ph": "f", "bp": "e", "tid": tracks[end.thread], "ts": (arrives_ns - begin_ns) / NS_PER_US}
