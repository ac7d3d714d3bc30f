"""The file of a recording: written by way of OpenTelemetry, read without it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.proto_json.trace.v1.trace import TracesData
from opentelemetry.sdk.trace import ReadableSpan

from kafka_nio.spans import Stage
from kafka_nio.tracing import otlp
from kafka_nio.tracing.recording import Recording, RecordingError, Step, format_lines, parse_lines


def step(seq: int, thread: str = "app", **changes: object) -> Step:
    plain = Step(
        seq=seq,
        name="Selector.poll",
        stage=Stage.POLL,
        thread=thread,
        function="kafka_nio.network.selector.Selector.poll",
        file="kafka_nio/network/selector.py",
        line=100,
        source="0123456789ab",
        start_ns=seq * 1000,
        end_ns=seq * 1000 + 500,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


RECORDING = Recording(
    "toy",
    (
        step(1),
        step(2, parent=1, depth=1, shown={"timeout_ms": 5, "self": "<Selector>", "x": 1.5, "return": True}),
        step(3, "sender", lines={101: 1, 102: 1, 105: 3}, clipped=True),
        step(4, parent=2, depth=2, error="no route → host", error_type="OSError"),
        step(5),
    ),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "toy.otlp.jsonl"
    otlp.write(RECORDING, path)
    assert Recording.load(path) == RECORDING
    assert Recording.load(str(path)).threads == ("app", "sender")


def test_the_same_recording_is_the_same_bytes() -> None:
    assert otlp.text_of(RECORDING) == otlp.text_of(Recording.parse(otlp.text_of(RECORDING)))


def test_a_line_is_a_turn() -> None:
    turns = [Recording.parse(line).steps for line in otlp.text_of(Recording("toy", RECORDING.steps[:3])).splitlines()]
    assert [[step.seq for step in turn] for turn in turns] == [[1, 2], [3]]


def test_each_line_is_valid_otlp_and_nothing_is_lost_in_it() -> None:
    for line in otlp.text_of(RECORDING).splitlines():
        assert TracesData.from_dict(json.loads(line)).to_dict() == json.loads(line)


def test_a_span_is_written_as_the_format_says() -> None:
    line = json.loads(otlp.text_of(RECORDING).splitlines()[1])
    (resource_spans,) = line["resourceSpans"]
    assert resource_spans["resource"]["attributes"] == [
        {"key": "service.name", "value": {"stringValue": "kafka-nio"}},
        {"key": "kafka_nio.recording", "value": {"stringValue": "toy"}},
        {"key": "kafka_nio.schema", "value": {"intValue": "1"}},
    ]
    (span,) = resource_spans["scopeSpans"][0]["spans"]
    assert span["spanId"] == "0000000000000003"
    assert span["kind"] == 1
    assert len(span["traceId"]) == 32
    assert {"key": "kafka_nio.lines", "value": {"stringValue": "101-102,105*3"}} in span["attributes"]
    assert {"key": "kafka_nio.clipped", "value": {"boolValue": True}} in span["attributes"]


def test_an_error_is_the_spans_status() -> None:
    spans = list(otlp.spans_of(RECORDING))
    assert all(isinstance(span, ReadableSpan) for span in spans)
    assert [span.status.is_ok for span in spans] == [True, True, True, False, True]
    assert spans[3].status.description == "no route → host"
    assert (spans[3].attributes or {})["error.type"] == "OSError"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no steps"),
        ("hello", "line 1: not a recording of kafka-nio"),
        ("[1]", "line 1: not a recording"),
        ('{"resourceSpans":[]}', "line 1: not a recording"),
        ('{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[]}]}]}', "schema is None, and this program reads 1"),
        ("\x00\ufffd", "line 1"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason) as raised:
        Recording.parse(text, "some.jsonl")
    assert "some.jsonl" in str(raised.value)


def test_a_recording_of_a_later_format_is_refused() -> None:
    text = otlp.text_of(RECORDING).replace('"intValue":"1"}}]},"scopeSpans"', '"intValue":"2"}}]},"scopeSpans"')
    with pytest.raises(RecordingError, match="schema is 2"):
        Recording.parse(text)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ({}, ""),
        ({7: 1}, "7"),
        ({120: 1, 121: 1, 123: 1, 125: 3, 126: 3}, "120-121,123,125-126*3"),
    ],
)
def test_lines_are_written_as_runs(lines: dict[int, int], text: str) -> None:
    assert format_lines(lines) == text
    assert parse_lines(text) == lines
