"""The file of a recording: written by way of OpenTelemetry, read without it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from opentelemetry.proto_json.trace.v1.trace import TracesData
from opentelemetry.sdk.trace import ReadableSpan

from kafka_nio.spans import Stage
from kafka_nio.tracing import otlp
from kafka_nio.tracing.recording import (
    Change,
    Decision,
    Field,
    Frame,
    Link,
    Moved,
    Recording,
    RecordingError,
    Step,
    format_lines,
    parse_lines,
)


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
        {"key": "kafka_nio.schema", "value": {"intValue": "2"}},
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
        ('{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[]}]}]}', "it has no kafka_nio.schema"),
        ("\x00\ufffd", "line 1"),
    ],
)
def test_what_is_no_recording_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(RecordingError, match=reason) as raised:
        Recording.parse(text, "some.jsonl")
    assert "some.jsonl" in str(raised.value)


@pytest.mark.parametrize(
    ("schema", "sentence"),
    [
        (1, "old.jsonl: recorded with schema 1, this reads 2: record again"),
        (3, "old.jsonl: recorded with schema 3, this reads 2: a newer kafka-nio reads it"),
    ],
)
def test_a_recording_of_another_format_is_refused_in_one_sentence(schema: int, sentence: str) -> None:
    text = otlp.text_of(RECORDING)
    other = text.replace('"intValue":"2"}}]},"scopeSpans"', f'"intValue":"{schema}"}}}}]}},"scopeSpans"')
    assert other != text
    with pytest.raises(RecordingError) as raised:
        Recording.parse(other, "old.jsonl")
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ({}, ""),
        ({7: 1}, "7"),
        ({120: 1, 121: 1, 123: 1, 125: 3, 126: 3}, "120-121,123,125-126*3"),
        ({125: 1, 126: 1, 120: 2, 127: 1}, "125-126,120*2,127"),
    ],
)
def test_lines_are_written_as_runs_in_the_order_in_which_they_first_ran(lines: dict[int, int], text: str) -> None:
    assert format_lines(lines) == text
    assert list(parse_lines(text).items()) == list(lines.items())


# State, decisions, links, bytes...

RICH = Recording(
    "rich",
    (
        step(1, state={"pool available": 100, "wakeup pending": False}),
        step(
            2,
            parent=1,
            depth=1,
            start_ns=1200,
            count=3,
            decisions=(
                Decision("sendable", 127, {"is_full": True, "queue": '["a"]'}, True),
                Decision("can_send_more", 66, {"in_flight": 5}, False, "kafka_nio.client.X.can_send_more"),
            ),
            changes=(Change(1300, {"pool available": 90, "queue orders-0": "1 batch"}), Change(1400, {"x": 1.5})),
        ),
        step(
            3,
            "sender",
            start_ns=1600,
            end_ns=1900,
            changes=(Change(1700, {"queue orders-0": None, "wakeup pending": True}),),
            links=(Link(2, "wakeup"), Link(1, "batch")),
            about=("record 1", "batch 1"),
            frame=Frame(
                "0",
                "out",
                "Produce v13 request #4",
                36,
                b"\0\0\0\1\xff",
                (
                    Field(0, 4, "size", 1, "write_size"),
                    Field(4, 1, "flag", None, "write_size"),
                    Field(5, 0, "e", "", "w"),
                ),
            ),
            moved=Moved("0", "out", 36, 5),
        ),
        step(4, start_ns=2000, end_ns=2100, state={"wakeup pending": True}),
    ),
)


def test_everything_that_a_step_holds_is_read_again() -> None:
    assert Recording.parse(otlp.text_of(RICH)) == RICH


def test_everything_is_valid_otlp_for_others() -> None:
    for line in otlp.text_of(RICH).splitlines():
        assert TracesData.from_dict(json.loads(line)).to_dict() == json.loads(line)


def test_links_are_those_of_opentelemetry() -> None:
    span = list(otlp.spans_of(RICH))[2]
    assert [(link.context.span_id, link.attributes) for link in span.links] == [
        (2, {"kafka_nio.link": "wakeup"}),
        (1, {"kafka_nio.link": "batch"}),
    ]


def test_the_state_at_a_step_is_the_last_full_one_and_what_has_changed_since() -> None:
    assert RICH.state_at(1) == {"pool available": 100, "wakeup pending": False}
    assert RICH.state_at(2) == RICH.state_at(1)
    assert RICH.state_at(3) == {"pool available": 90, "queue orders-0": "1 batch", "wakeup pending": False, "x": 1.5}
    assert RICH.state_after(3) == {"pool available": 90, "wakeup pending": True, "x": 1.5}
    assert RICH.state_at(4) == {"wakeup pending": True}


def test_a_recording_without_state_has_an_empty_one() -> None:
    assert RECORDING.state_at(3) == {}


def test_steps_are_found_by_number_and_by_caller() -> None:
    assert RICH.step(2).count == 3
    assert RICH.children(1) == (RICH.step(2),)
    assert RICH.children(2) == ()
    assert [change.at_ns for change in RICH.changes_of(1)] == [1300, 1400]
    with pytest.raises(LookupError):
        RICH.step(99)


def test_the_source_of_a_function_is_written_once() -> None:
    assert otlp.text_of(RECORDING).count("kafka_nio.source") == 1
    assert {one.source for one in Recording.parse(otlp.text_of(RECORDING)).steps} == {"0123456789ab"}
