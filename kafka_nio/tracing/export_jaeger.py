"""A recording as one OTLP JSON object, which Jaeger's page opens by "Upload" and other viewers by "import".

A recording's file is OTLP as well, but one object a line, as OpenTelemetry's file exporter writes it. Viewers take one
object: all resource spans of all lines in one list. Each thread becomes a service of its own, because that is what
Jaeger gives a colour.

Java: no counterpart.
"""

import json
from typing import Any

from kafka_nio.tracing import otlp
from kafka_nio.tracing.recording import Recording

THREAD = "thread.name"
SERVICE = "service.name"


def jaeger_text(recording: Recording) -> str:
    """The whole recording as the text of a file."""
    by_thread: dict[str, dict[str, Any]] = {}
    for line in otlp.text_of(recording).splitlines():
        for turn in json.loads(line)["resourceSpans"]:
            _add(by_thread, turn)
    return json.dumps({"resourceSpans": list(by_thread.values())}, separators=(",", ":"), ensure_ascii=False) + "\n"


def _add(by_thread: dict[str, dict[str, Any]], turn: dict[str, Any]) -> None:
    """Put a turn's spans with those of the same thread."""
    spans = turn["scopeSpans"][0]["spans"]
    thread = _text_of(spans[0]["attributes"], THREAD)
    known = by_thread.get(thread)
    if known is not None:
        known["scopeSpans"][0]["spans"].extend(spans)
        return
    for attribute in turn["resource"]["attributes"]:
        if attribute["key"] == SERVICE:
            attribute["value"] = {"stringValue": f"{attribute['value']['stringValue']} {thread}"}
    by_thread[thread] = turn


def _text_of(attributes: list[dict[str, Any]], key: str) -> str:
    return next(str(attribute["value"]["stringValue"]) for attribute in attributes if attribute["key"] == key)
