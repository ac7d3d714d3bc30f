"""A recording: the steps of one run in the order in which they began, and the file that keeps them.

The file is OTLP JSON Lines, as OpenTelemetry's file exporter writes it: each line is one `TracesData` object. A line is
also a *turn*: it holds the steps that one thread began before another thread began one. Any tool that reads OTLP opens
it; this module needs nothing but `json`. `kafka_nio.tracing.otlp` writes it.

    recording = Recording.load(Path("traces/one-record.otlp.jsonl"))
    [step.name for step in recording.steps if step.thread == "sender"]

Java: no counterpart.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kafka_nio.errors import KafkaError
from kafka_nio.spans import RETURN, Stage
from kafka_nio.tracing.describe import Shown

SCHEMA = 1
"""The version of this format."""

SUFFIX = ".otlp.jsonl"


class RecordingError(KafkaError):
    """A file is not a recording, or not one of this version."""


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a marked function.

    `line` is that of the function's `def`, `source` the hash of its text, `lines` how often each of its lines ran.
    `parent` is the `seq` of the step that called this one. A `clipped` step was under way already when the recording
    began, or still when it ended.
    """

    seq: int
    name: str
    stage: Stage
    thread: str
    function: str
    file: str
    line: int
    source: str
    start_ns: int
    end_ns: int
    parent: int | None = None
    depth: int = 0
    shown: Mapping[str, Shown] = field(default_factory=dict)
    lines: Mapping[int, int] = field(default_factory=dict)
    error: str | None = None
    error_type: str | None = None
    clipped: bool = False

    @property
    def result(self) -> Shown | None:
        """What the function gave back, if that is shown."""
        return self.shown.get(RETURN)


@dataclass(frozen=True, slots=True)
class Recording:
    """The steps of one run; `name` is that of the scenario."""

    name: str
    steps: tuple[Step, ...]

    @classmethod
    def load(cls, path: Path | str) -> "Recording":
        """Read a file.

        Raises:
            RecordingError: if it is not a recording of this version, naming the file and the line.
            OSError: if it cannot be read.
        """
        path = Path(path)
        return cls.parse(path.read_text(encoding="utf-8", errors="replace"), str(path))

    @classmethod
    def parse(cls, text: str, origin: str = "the recording") -> "Recording":
        """Read a file's text; `origin` is what error messages call it."""
        name, steps = "", list[Step]()
        depths: dict[int, int] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            try:
                resource, spans = _turn(line)
                name = _checked_name(resource)
                steps.extend(_step(span, depths) for span in spans)
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__} {error}"
                raise RecordingError(f"{origin}, line {number}: not a recording of kafka-nio ({reason})") from error
        if not steps:
            raise RecordingError(f"{origin} holds no steps")
        return cls(name, tuple(steps))

    @property
    def threads(self) -> tuple[str, ...]:
        """The threads' names in the order in which they first appear."""
        return tuple(dict.fromkeys(step.thread for step in self.steps))


# From OTLP's JSON to steps...

Json = dict[str, Any]


def _turn(line: str) -> tuple[dict[str, Shown], list[Json]]:
    """What one line says of the recording as a whole, and its spans."""
    (resource_spans,) = json.loads(line)["resourceSpans"]
    (scope_spans,) = resource_spans["scopeSpans"]
    return _attributes(resource_spans["resource"]), scope_spans["spans"]


def _checked_name(resource: Mapping[str, Shown]) -> str:
    if resource.get("kafka_nio.schema") != SCHEMA:
        raise ValueError(f"kafka_nio.schema is {resource.get('kafka_nio.schema')}, and this program reads {SCHEMA}")
    return str(resource["kafka_nio.recording"])


def _step(span: Json, depths: dict[int, int]) -> Step:
    attributes = _attributes(span)
    seq = int(span["spanId"], 16)
    parent = int(span["parentSpanId"], 16) if span.get("parentSpanId") else None
    depths[seq] = 0 if parent is None else depths[parent] + 1
    return Step(
        seq=seq,
        name=span["name"],
        stage=Stage(str(attributes["kafka_nio.stage"])),
        thread=str(attributes["thread.name"]),
        function=str(attributes["code.function.name"]),
        file=str(attributes["code.file.path"]),
        line=int(attributes["code.line.number"]),
        source=str(attributes["kafka_nio.source"]),
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        parent=parent,
        depth=depths[seq],
        shown=_shown(attributes),
        lines=parse_lines(str(attributes.get("kafka_nio.lines", ""))),
        error=span.get("status", {}).get("message", "") if "error.type" in attributes else None,
        error_type=str(attributes["error.type"]) if "error.type" in attributes else None,
        clipped=bool(attributes.get("kafka_nio.clipped", False)),
    )


SHOW = "kafka_nio.show."


def _shown(attributes: Mapping[str, Shown]) -> dict[str, Shown]:
    return {key.removeprefix(SHOW): value for key, value in attributes.items() if key.startswith(SHOW)}


def _attributes(holder: Json) -> dict[str, Shown]:
    return {attribute["key"]: _value(attribute["value"]) for attribute in holder.get("attributes", [])}


# 64-bit numbers are strings in OTLP's JSON, because JavaScript's numbers end earlier.
_READERS: dict[str, Callable[[Any], Shown]] = {
    "stringValue": str,
    "intValue": int,
    "doubleValue": float,
    "boolValue": bool,
}


def _value(any_value: Mapping[str, Any]) -> Shown:
    ((kind, value),) = any_value.items()
    return _READERS[kind](value)


# Lines that ran, as text: "120-123,125*3,130"...


def format_lines(lines: Mapping[int, int]) -> str:
    """Line numbers with how often each ran; neighbours that ran equally often are joined."""
    runs: list[tuple[int, int, int]] = []
    for line, hits in sorted(lines.items()):
        if runs and runs[-1][1] == line - 1 and runs[-1][2] == hits:
            runs[-1] = (runs[-1][0], line, hits)
        else:
            runs.append((line, line, hits))
    return ",".join(_run_text(*run) for run in runs)


def _run_text(first: int, last: int, hits: int) -> str:
    return (f"{first}" if first == last else f"{first}-{last}") + (f"*{hits}" if hits > 1 else "")


def parse_lines(text: str) -> dict[int, int]:
    """The opposite of `format_lines`."""
    lines: dict[int, int] = {}
    for run in filter(None, text.split(",")):
        numbers, _, hits = run.partition("*")
        first, _, last = numbers.partition("-")
        for line in range(int(first), int(last or first) + 1):
            lines[line] = int(hits or 1)
    return lines
