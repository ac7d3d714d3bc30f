"""Reads the text of a recording's file: from OTLP's JSON to steps. Needs nothing but `json`.

Java: no counterpart.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from kafka_nio.errors import KafkaError
from kafka_nio.spans import Stage
from kafka_nio.tracing import attributes as packed
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Frame, Link, Step

SCHEMA = 2
"""The version of the format that is written and read. docs/recordings.md explains it."""

MOST_DEPTH = 500
"""How many calls may lie in each other. A program is stopped at a thousand, and our own steps do not reach fifty."""

NO_RECORDING = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
"""What Python says of text that is something else; the last two of endless numbers, and of brackets without end."""

SHOW = "kafka_nio.show."
FRAME = "kafka_nio.frame."
LINK = "kafka_nio.link"


class RecordingError(KafkaError):
    """A file is not a recording, or not one of this version."""


Json = dict[str, Any]
Attributes = Mapping[str, Any]


def read(text: str, origin: str) -> tuple[str, tuple[Step, ...]]:
    """The name of the recording and its steps; `origin` is what error messages call the text.

    Raises:
        RecordingError: if the text is no recording of this version, naming the line.
    """
    name, steps = "", list[Step]()
    depths: dict[int, int] = {}
    sources: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            resource, spans = _turn(line)
            _check_schema(resource, origin)
            name = str(resource["kafka_nio.recording"])
            steps.extend(_step(span, depths, sources) for span in spans)
        except NO_RECORDING as error:
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__} {error}"
            raise RecordingError(f"{origin}, line {number}: not a recording of kafka-nio ({reason})") from error
    if not steps:
        raise RecordingError(f"{origin} holds no steps")
    return name, tuple(steps)


def _turn(line: str) -> tuple[Attributes, list[Json]]:
    """What one line says of the recording as a whole, and its spans."""
    (resource_spans,) = json.loads(line)["resourceSpans"]
    (scope_spans,) = resource_spans["scopeSpans"]
    return _attributes(resource_spans["resource"]), scope_spans["spans"]


def _check_schema(resource: Attributes, origin: str) -> None:
    schema = resource.get("kafka_nio.schema")
    if schema is None:
        raise ValueError("it has no kafka_nio.schema")
    if schema != SCHEMA:
        then = "record again" if isinstance(schema, int) and schema < SCHEMA else "a newer kafka-nio reads it"
        raise RecordingError(f"{origin}: recorded with schema {schema}, this reads {SCHEMA}: {then}")


def _step(span: Json, depths: dict[int, int], sources: dict[str, str]) -> Step:
    """A span as a step; `depths` by span and `sources` by function are those of the spans before."""
    attributes = _attributes(span)
    function = str(attributes["code.function.name"])
    if "kafka_nio.source" in attributes:
        sources[function] = str(attributes["kafka_nio.source"])
    seq = int(span["spanId"], 16)
    parent = int(span["parentSpanId"], 16) if span.get("parentSpanId") else None
    if seq in depths:
        raise ValueError(f"two steps have the number {seq}")
    depth = depths[seq] = 0 if parent is None else depths[parent] + 1
    if depth > MOST_DEPTH:
        raise ValueError(f"step {seq} lies in {depth} others; {MOST_DEPTH} are believed")
    has_failed = "error.type" in attributes
    return Step(
        seq=seq,
        name=span["name"],
        stage=Stage(str(attributes["kafka_nio.stage"])),
        thread=str(attributes["thread.name"]),
        function=function,
        file=str(attributes["code.file.path"]),
        line=int(attributes["code.line.number"]),
        source=sources.get(function, ""),
        start_ns=int(span["startTimeUnixNano"]),
        end_ns=int(span["endTimeUnixNano"]),
        parent=parent,
        depth=depth,
        shown={key.removeprefix(SHOW): value for key, value in attributes.items() if key.startswith(SHOW)},
        error=span.get("status", {}).get("message", "") if has_failed else None,
        error_type=str(attributes["error.type"]) if has_failed else None,
        clipped=bool(attributes.get("kafka_nio.clipped", False)),
        count=int(attributes.get("kafka_nio.count", 1)),
        links=tuple(_link(link) for link in span.get("links", [])),
        frame=_frame(attributes),
        **_parsed(attributes, int(span["startTimeUnixNano"])),
    )


def _parsed(attributes: Attributes, start_ns: int) -> dict[str, Any]:
    """The parts that are kept as compact text, by the names of the step's fields."""
    parsers: dict[str, Callable[[str], Any]] = {
        "lines": packed.parse_lines,
        "decisions": packed.parse_decisions,
        "changes": lambda text: packed.parse_changes(text, start_ns),
        "state": packed.parse_state,
        "about": packed.parse_about,
        "moved": packed.parse_moved,
    }
    texts = {name: attributes.get(f"kafka_nio.{name}") for name in parsers}
    return {name: parsers[name](str(text)) for name, text in texts.items() if text is not None}


def _link(link: Json) -> Link:
    return Link(to=int(link["spanId"], 16), why=str(_attributes(link)[LINK]))


def _frame(attributes: Attributes) -> Frame | None:
    if FRAME + "data" not in attributes:
        return None
    return Frame(
        connection=str(attributes[FRAME + "connection"]),
        direction=str(attributes[FRAME + "direction"]),
        api=str(attributes[FRAME + "api"]),
        start=int(attributes[FRAME + "start"]),
        data=attributes[FRAME + "data"],
        fields=packed.parse_fields(str(attributes.get(FRAME + "fields", "[]"))),
    )


def _attributes(holder: Json) -> dict[str, Any]:
    return {attribute["key"]: _value(attribute["value"]) for attribute in holder.get("attributes", [])}


# 64-bit numbers are strings in OTLP's JSON, because JavaScript's numbers end earlier.
_READERS: dict[str, Callable[[Any], Shown | bytes]] = {
    "stringValue": str,
    "intValue": int,
    "doubleValue": float,
    "boolValue": bool,
    "bytesValue": base64.b64decode,
}


def _value(any_value: Json) -> Shown | bytes:
    ((kind, value),) = any_value.items()
    return _READERS[kind](value)
