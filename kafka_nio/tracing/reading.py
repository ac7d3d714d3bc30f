"""Reads the text of a recording's file: from OTLP's JSON to steps. Needs nothing but `json`.

A file may come from anywhere. What it claims is looked at here (`claims`), so that whoever prints or counts steps later
need not: texts hold nothing that a terminal obeys, numbers end, what should be a mapping is one.

Java: no counterpart.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from kafka_nio.errors import KafkaError
from kafka_nio.quoting import harmless
from kafka_nio.spans import Stage
from kafka_nio.tracing import attributes as packed
from kafka_nio.tracing import claims
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Frame, Link, Step

SCHEMA = 2
"""The version of the format that is written and read. docs/recordings.md explains it."""

MOST_DEPTH = 500
"""How many calls may lie in each other. A program is stopped at a thousand, and our own steps do not reach fifty."""

MOST_TIMES = 2**claims.MOST_BITS
"""How often a step may have happened, folded inside folded ones: the product of their counts."""

MOST_REASON = 200
"""Characters of what Python says of a text; it quotes the text."""

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
    origin = harmless(origin)
    name, steps = "", list[Step]()
    before = _Before()
    # Lines end here as in the file. `splitlines` would also end them at separators that JSON has within texts.
    for number, line in enumerate(StringIO(text), start=1):
        try:
            resource, spans = _turn(line)
            _check_schema(resource, origin)
            name = _text(resource, "kafka_nio.recording")
            steps.extend(_step(span, before) for span in spans)
        except NO_RECORDING as error:
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__} {error}"
            short = harmless(reason[:MOST_REASON])
            raise RecordingError(f"{origin}, line {number}: not a recording of kafka-nio ({short})") from error
    if not steps:
        raise RecordingError(f"{origin} holds no steps")
    return name, tuple(steps)


@dataclass(slots=True)
class _Before:
    """What the steps so far say of those to come."""

    depths: dict[int, int] = field(default_factory=dict)
    """By step: how many others it lies in."""

    times: dict[int, int] = field(default_factory=dict)
    """By step: how often it happened, with those it lies in."""

    sources: dict[str, str] = field(default_factory=dict)
    """By function: the hash of its text."""

    def take(self, seq: int, parent: int | None, count: int) -> int:
        """Note a step's number, and return its depth.

        Raises:
            ValueError: there is one of this number, or it lies too deep, or happened too often.
        """
        if seq in self.depths:
            raise ValueError(f"two steps have the number {seq}")
        depth = self.depths[seq] = 0 if parent is None else self.depths[parent] + 1
        times = self.times[seq] = count if parent is None else self.times[parent] * count
        if depth > MOST_DEPTH:
            raise ValueError(f"step {seq} lies in {depth} others; {MOST_DEPTH} are believed")
        if times >= MOST_TIMES:
            raise ValueError(f"step {seq} happened too often to be believed")
        return depth


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
        told = harmless(str(schema)[:MOST_REASON])
        raise RecordingError(f"{origin}: recorded with schema {told}, this reads {SCHEMA}: {then}")


def _step(span: Json, before: _Before) -> Step:
    """A span as a step."""
    attributes = _attributes(span)
    function = _text(attributes, "code.function.name")
    if "kafka_nio.source" in attributes:
        before.sources[function] = _text(attributes, "kafka_nio.source")
    seq = _seq(span["spanId"])
    parent = _seq(span["parentSpanId"]) if span.get("parentSpanId") else None
    count = claims.number(attributes.get("kafka_nio.count", 1), "kafka_nio.count", at_least=1)
    start_ns = claims.number(span["startTimeUnixNano"], "startTimeUnixNano")
    has_failed = "error.type" in attributes
    return Step(
        seq=seq,
        name=claims.text(span["name"], "the name of a span"),
        stage=Stage(str(attributes["kafka_nio.stage"])),
        thread=_text(attributes, "thread.name"),
        function=function,
        file=_text(attributes, "code.file.path"),
        line=_number(attributes, "code.line.number"),
        source=before.sources.get(function, ""),
        start_ns=start_ns,
        end_ns=claims.number(span["endTimeUnixNano"], "endTimeUnixNano"),
        parent=parent,
        depth=before.take(seq, parent, count),
        shown=_shown(attributes),
        error=claims.text(span.get("status", {}).get("message", ""), "an error's message") if has_failed else None,
        error_type=_text(attributes, "error.type") if has_failed else None,
        clipped=bool(attributes.get("kafka_nio.clipped", False)),
        count=count,
        links=tuple(_link(link) for link in span.get("links", [])),
        frame=_frame(attributes),
        **_parsed(attributes, start_ns),
    )


def _seq(span_id: str) -> int:
    """A step's number, which OTLP writes in 16 hexadecimal digits."""
    return claims.number(int(span_id, 16), "a span's id", at_least=0)


def _text(attributes: Attributes, name: str) -> str:
    return claims.text(attributes[name], name)


def _number(attributes: Attributes, name: str) -> int:
    return claims.number(attributes[name], name)


def _shown(attributes: Attributes) -> dict[str, Shown]:
    return claims.values(
        {key.removeprefix(SHOW): value for key, value in attributes.items() if key.startswith(SHOW)}, "what is shown"
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
    return Link(to=_seq(link["spanId"]), why=_text(_attributes(link), LINK))


def _frame(attributes: Attributes) -> Frame | None:
    data = attributes.get(FRAME + "data")
    if data is None:
        return None
    if not isinstance(data, bytes):
        raise ValueError(f"{FRAME}data are no bytes")
    return Frame(
        connection=_text(attributes, FRAME + "connection"),
        direction=_text(attributes, FRAME + "direction"),
        api=_text(attributes, FRAME + "api"),
        start=_number(attributes, FRAME + "start"),
        data=data,
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
