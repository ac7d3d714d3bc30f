"""A recording's file may come from anywhere: what it claims is refused in a sentence, or made harmless."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kafka_nio
from kafka_nio.quoting import harmless
from kafka_nio.tracing.recording import Recording, RecordingError

TRACE = Path(kafka_nio.__file__).parents[1] / "traces" / "acks-0.otlp.jsonl"

Span = dict[str, Any]


def with_span(change: Callable[[Span], object], key: str = "name") -> str:
    """The text of a kept recording, the first span of which with this attribute (or member) was changed."""
    lines = [json.loads(line) for line in TRACE.read_text(encoding="utf-8").splitlines()]
    spans = [span for line in lines for span in line["resourceSpans"][0]["scopeSpans"][0]["spans"]]
    change(next(span for span in spans if key in span or any(one["key"] == key for one in span["attributes"])))
    return "\n".join(map(json.dumps, lines))


def with_attribute(key: str, value: object, kind: str = "stringValue") -> str:
    """The same, with this value for an attribute, on the first span that has it, or on the first of all."""

    def change(span: Span) -> None:
        span["attributes"] = [one for one in span["attributes"] if one["key"] != key]
        span["attributes"].append({"key": key, "value": {kind: value}})

    return with_span(change, key if f'"{key}"' in TRACE.read_text(encoding="utf-8") else "name")


def with_member(key: str, value: object) -> str:
    """The same, with this value for a member of a span."""
    return with_span(lambda span: span.update({key: value}), key)


HUGE = "9" * 4000


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (with_member("name", {"a": [1]}), "the name of a span is no text but of type dict"),
        (with_member("startTimeUnixNano", HUGE), "startTimeUnixNano is a number out of range"),
        (with_member("endTimeUnixNano", HUGE), "endTimeUnixNano is a number out of range"),
        (with_member("spanId", "f" * 300), "a span's id is a number out of range"),
        (with_member("spanId", "-5"), "a span's id is a number out of range"),
        (with_attribute("kafka_nio.count", HUGE, "intValue"), "kafka_nio.count is a number out of range"),
        (with_attribute("kafka_nio.count", "0", "intValue"), "kafka_nio.count is a number out of range"),
        (with_attribute("code.line.number", HUGE, "intValue"), "code.line.number is a number out of range"),
        (with_attribute("kafka_nio.lines", f"1*{HUGE}"), "how often a line ran is a number out of range"),
        (with_attribute("kafka_nio.decisions", '["abcd"]'), "decisions are not in rows of 4 or 5"),
        (with_attribute("kafka_nio.decisions", "[[null,1,{},1]]"), "a decision's name is no text but nothing"),
        (with_attribute("kafka_nio.decisions", '[["a",1,null,1]]'), "a decision's operands names no values"),
        (with_attribute("kafka_nio.decisions", '[["a",1,{"b":[]},1]]'), "a decision's operands, b has no plain value"),
        (with_attribute("kafka_nio.decisions", '[["a",1,{},{}]]'), "a decision's result has no plain value"),
        (with_attribute("kafka_nio.changes", "[[1,[1,2]]]"), "a change names no values but is of type list"),
        (with_attribute("kafka_nio.changes", '[[1,"ab"]]'), "a change names no values but is of type str"),
        (with_attribute("kafka_nio.changes", '[[1,{"a":[]}]]'), "a change, a has no plain value but of type list"),
        (with_attribute("kafka_nio.state", "[1,2]"), "the state names no values but is of type list"),
        (with_attribute("kafka_nio.state", '{"a":null}'), "the state, a has no plain value but nothing"),
        (with_attribute("kafka_nio.moved", '["0","out",1]'), "moved bytes are not in rows of 4"),
        (with_attribute("kafka_nio.frame.data", "hello"), "kafka_nio.frame.data are no bytes"),
        (with_attribute("kafka_nio.frame.fields", "[[0,4,5,1]]"), "a field's name is no text but of type int"),
        (with_attribute("kafka_nio.show.x", "AAEC", "bytesValue"), "what is shown, x has no plain value"),
    ],
)
def test_what_has_the_wrong_shape_is_refused_with_file_line_and_reason(text: str, reason: str) -> None:
    with pytest.raises(RecordingError) as raised:
        Recording.parse(text, "evil.jsonl")
    told = str(raised.value)
    assert told.startswith("evil.jsonl, line ")
    assert f": not a recording of kafka-nio ({reason}" in told
    assert len(told) < 300


def test_folded_steps_in_folded_steps_that_nobody_can_have_made_are_refused() -> None:
    lines = [json.loads(line) for line in TRACE.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        for span in line["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            span["attributes"].append({"key": "kafka_nio.count", "value": {"intValue": str(2**40)}})
    with pytest.raises(RecordingError, match="happened too often to be believed"):
        Recording.parse("\n".join(map(json.dumps, lines)))


EVIL = "evil\x1b[2J\x07\n\0"
TAMED = r"evil\x1b[2J\x07\n\x00"


def test_text_that_a_terminal_would_obey_arrives_as_text() -> None:
    def change(span: Span) -> None:
        span |= {"name": EVIL, "status": {"message": EVIL}}
        own = {
            "thread.name": EVIL,
            "error.type": EVIL,
            "code.function.name": EVIL,
            "code.file.path": EVIL,
            "kafka_nio.source": EVIL,
            "kafka_nio.about": EVIL,
            f"kafka_nio.show.{EVIL}": EVIL,
            "kafka_nio.state": json.dumps({EVIL: EVIL}),
            "kafka_nio.changes": json.dumps([[1, {EVIL: EVIL}]]),
            "kafka_nio.decisions": json.dumps([[EVIL, 1, {EVIL: EVIL}, EVIL, EVIL]]),
            "kafka_nio.moved": json.dumps([EVIL, EVIL, 0, 1]),
            "kafka_nio.frame.connection": EVIL,
            "kafka_nio.frame.direction": EVIL,
            "kafka_nio.frame.api": EVIL,
            "kafka_nio.frame.fields": json.dumps([[0, 1, EVIL, EVIL, EVIL]]),
        }
        span["attributes"] = [one for one in span["attributes"] if one["key"] not in own]
        span["attributes"] += [{"key": key, "value": {"stringValue": value}} for key, value in own.items()]
        span["attributes"].append({"key": "kafka_nio.frame.start", "value": {"intValue": "0"}})
        span["attributes"].append({"key": "kafka_nio.frame.data", "value": {"bytesValue": "AAEC"}})
        why = {"key": "kafka_nio.link", "value": {"stringValue": EVIL}}
        span["links"] = [{"spanId": "2", "attributes": [why]}]

    text = with_span(change).replace('"acks-0"', json.dumps(EVIL))
    recording = Recording.parse(text)
    step = recording.steps[0]
    assert (recording.name, step.name, step.thread, step.error, step.file) == (TAMED,) * 5
    told = repr(recording).replace("\\\\", "\\")
    assert told.count(TAMED) >= 26
    assert "\x1b" not in told


def test_reasons_and_names_of_files_are_made_harmless_too() -> None:
    for text in (with_attribute("kafka_nio.stage", EVIL), TRACE.read_text().replace('"2"}}]}', f'"{HUGE}"}}}}]}}')):
        with pytest.raises(RecordingError) as raised:
            Recording.parse(text, EVIL)
        assert str(raised.value).isprintable()
        assert len(str(raised.value)) < 400


def test_what_can_be_seen_stays_as_it_is() -> None:
    for text in ("", "plain", "Zürich → 東京 µs", "\\x1b", "[bold]"):
        assert harmless(text) == text
    assert harmless("a\ud800b\u202ec") == r"a\ud800b\u202ec"


def test_separators_of_lines_within_texts_end_no_line() -> None:
    line = TRACE.read_text(encoding="utf-8").splitlines()[0].replace('"acks-0"', '"a\u2028b\x85c"')
    assert Recording.parse(line).name == r"a\u2028b\x85c"
