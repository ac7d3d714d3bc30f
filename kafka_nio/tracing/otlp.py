"""Writes a recording as OTLP JSON Lines. Steps become OpenTelemetry SDK spans, its own encoder does the rest.

What is ours is the canonical form, so that the same recording is the same bytes: ids count, the trace's id comes from
the recording's name, keys stand in one order, no blanks, one line per turn, and what would say nothing (an empty
status, flags of sampling) is left out.

Needs the extra `tracing`. Reading a recording (`kafka_nio.tracing.recording`) does not.

Java: no counterpart.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from opentelemetry.exporter.otlp.json.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, TraceFlags
from opentelemetry.trace.status import Status, StatusCode

from kafka_nio.tracing import attributes as packed
from kafka_nio.tracing.reading import FRAME, LINK, SCHEMA, SHOW
from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.step import Frame, Step

SCOPE = InstrumentationScope("kafka_nio")

KEY_ORDER = (
    "traceId",
    "spanId",
    "parentSpanId",
    "name",
    "kind",
    "startTimeUnixNano",
    "endTimeUnixNano",
    "attributes",
    "links",
    "status",
)


def write(recording: Recording, path: Path) -> None:
    """Write the file that `Recording.load` reads."""
    path.write_text(text_of(recording), encoding="utf-8", newline="\n")


def text_of(recording: Recording) -> str:
    """The whole file as text. The same recording gives the same text."""
    turns = groupby(spans_of(recording), key=lambda span: (span.attributes or {})["thread.name"])
    return "".join(_line(list(spans)) for _, spans in turns)


def spans_of(recording: Recording) -> Iterator[ReadableSpan]:
    """The steps as finished OpenTelemetry spans, for this module and for any exporter of the SDK's."""
    # Built by its constructor: Resource.create would add a random id, and a span without a resource would look for one.
    resource = Resource(
        {"service.name": "kafka-nio", "kafka_nio.recording": recording.name, "kafka_nio.schema": SCHEMA}
    )
    trace_id = int.from_bytes(hashlib.sha256(recording.name.encode()).digest()[:16])
    known: set[str] = set()
    for step in recording.steps:
        is_first = step.function not in known
        known.add(step.function)
        yield ReadableSpan(
            name=step.name,
            context=_context(trace_id, step.seq),
            parent=None if step.parent is None else _context(trace_id, step.parent),
            resource=resource,
            attributes=_attributes(step, with_source=is_first),
            links=[Link(_context(trace_id, link.to), {LINK: link.why}) for link in step.links],
            status=Status(StatusCode.UNSET) if step.error is None else Status(StatusCode.ERROR, step.error),
            start_time=step.start_ns,
            end_time=step.end_ns,
            instrumentation_scope=SCOPE,
        )


def _context(trace_id: int, seq: int) -> SpanContext:
    return SpanContext(trace_id, seq, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


def _attributes(step: Step, *, with_source: bool) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "code.function.name": step.function,
        "code.file.path": step.file,
        "code.line.number": step.line,
        "thread.name": step.thread,
        "kafka_nio.stage": str(step.stage),
        "kafka_nio.seq": step.seq,
    }
    if with_source:
        attributes["kafka_nio.source"] = step.source
    if step.count > 1:
        attributes["kafka_nio.count"] = step.count
    if step.lines:
        attributes["kafka_nio.lines"] = packed.format_lines(step.lines)
    attributes |= {SHOW + name: value for name, value in step.shown.items()}
    if step.error is not None:
        attributes["error.type"] = step.error_type or "Exception"
    if step.clipped:
        attributes["kafka_nio.clipped"] = True
    return attributes | _structured(step)


def _structured(step: Step) -> dict[str, Any]:
    """The parts that are no single values, as compact text."""
    attributes: dict[str, Any] = {}
    if step.decisions:
        attributes["kafka_nio.decisions"] = packed.format_decisions(step.decisions)
    if step.state is not None:
        attributes["kafka_nio.state"] = packed.format_state(step.state)
    if step.changes:
        attributes["kafka_nio.changes"] = packed.format_changes(step)
    if step.about:
        attributes["kafka_nio.about"] = packed.format_about(step.about)
    if step.frame is not None:
        attributes |= _of_frame(step.frame)
    if step.moved is not None:
        attributes["kafka_nio.moved"] = packed.format_moved(step.moved)
    return attributes


def _of_frame(frame: Frame) -> dict[str, Any]:
    return {
        FRAME + "connection": frame.connection,
        FRAME + "direction": frame.direction,
        FRAME + "api": frame.api,
        FRAME + "start": frame.start,
        FRAME + "data": frame.data,
        FRAME + "fields": packed.format_fields(frame.fields),
    }


# The canonical form...


def _line(spans: Sequence[ReadableSpan]) -> str:
    message = encode_spans(spans).to_dict()
    for resource_spans in message["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            scope_spans["spans"] = [_ordered(span) for span in scope_spans["spans"]]
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False) + "\n"


def _ordered(span: Mapping[str, object]) -> dict[str, object]:
    known = {key: span[key] for key in KEY_ORDER if key in span}
    ordered = known | {key: span[key] for key in sorted(span) if key not in known}
    return {key: _without_flags(value) for key, value in ordered.items() if key != "flags" and value != {}}


def _without_flags(value: object) -> object:
    """A span's links without their flags; anything else as it is."""
    if not isinstance(value, list):
        return value
    return [{key: item[key] for key in item if key != "flags"} if isinstance(item, dict) else item for item in value]
