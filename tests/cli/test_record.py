"""`kafka-nio record`: writing recordings, and telling when a kept one is stale."""

import json
from pathlib import Path

import pytest

from kafka_nio.cli.record import COMMAND
from kafka_nio.demos import DEMOS
from tests.cli.conftest import KafkaNio

NAME = "one-record.otlp.jsonl"


@pytest.fixture
def folder(kafka_nio: KafkaNio, tmp_path: Path) -> Path:
    assert kafka_nio("record", "one-record", "--to", str(tmp_path)).status == 0
    return tmp_path


def spoil(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_recording_again_leaves_the_file_as_it_was(kafka_nio: KafkaNio, folder: Path) -> None:
    before = (folder / NAME).read_bytes()
    result = kafka_nio("record", "one-record", "--to", str(folder))
    assert result.status == 0
    assert "as it was" in result.out
    assert (folder / NAME).read_bytes() == before


def test_a_fresh_recording_is_up_to_date(kafka_nio: KafkaNio, folder: Path) -> None:
    result = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert (result.status, result.out) == (0, f"{folder / NAME}: up to date\n")


def test_a_changed_function_is_named_with_what_to_run(kafka_nio: KafkaNio, folder: Path) -> None:
    file = folder / NAME
    attributes = json.loads(file.read_text().splitlines()[0])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    (source,) = [a["value"]["stringValue"] for a in attributes["attributes"] if a["key"] == "kafka_nio.source"]
    spoil(file, source, "0" * 12)
    before = file.read_bytes()
    result = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert result.status == 1
    assert result.err == f"kafka-nio: {file} is stale: changed since: Sender.run. Record again: {COMMAND}\n"
    assert file.read_bytes() == before


def test_moved_lines_are_told_from_changed_functions(kafka_nio: KafkaNio, folder: Path) -> None:
    text = (folder / NAME).read_text()
    lines = text.splitlines()
    span = json.loads(lines[0])["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    values = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
    number = values["code.line.number"]
    moved = text.replace(
        f'"code.line.number","value":{{"intValue":"{number}"}}',
        f'"code.line.number","value":{{"intValue":"{int(number) - 1}"}}',
    )
    # Where the executed lines are compared they have to move as well, or it would be another run.
    moved = moved.replace(values["kafka_nio.lines"], _earlier(values["kafka_nio.lines"]))
    (folder / NAME).write_text(moved)
    result = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert result.status == 1
    assert "no function has changed, only line numbers, in kafka_nio/producer/sender.py" in result.err


def _earlier(lines: str) -> str:
    """The executed lines as they would be one line higher up."""
    from kafka_nio.tracing.recording import format_lines, parse_lines

    return format_lines({line - 1: hits for line, hits in parse_lines(lines).items()})


def test_another_run_is_told_by_its_first_difference(kafka_nio: KafkaNio, folder: Path) -> None:
    spoil(folder / NAME, '"b\\"greeting\\""', '"b\\"farewell\\""')
    result = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert result.status == 1
    assert 'b"farewell"' in result.err
    assert "is now KafkaProducer.send" in result.err


def test_the_same_steps_in_other_bytes_are_stale_too(kafka_nio: KafkaNio, folder: Path) -> None:
    spoil(folder / NAME, '"kind":1', '"kind": 1')
    result = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert result.status == 1
    assert "not written in the same way" in result.err


def test_a_missing_recording_and_a_broken_one_are_told(kafka_nio: KafkaNio, folder: Path) -> None:
    (folder / NAME).write_text("hello\n")
    assert "not a recording of kafka-nio" in kafka_nio("record", "one-record", "--check", "--to", str(folder)).err
    (folder / NAME).unlink()
    missing = kafka_nio("record", "one-record", "--check", "--to", str(folder))
    assert (missing.status, missing.err) == (1, f"kafka-nio: {folder / NAME} is missing. Record again: {COMMAND}\n")


def test_it_has_to_be_told_what_to_record(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("record")
    assert result.status == 1
    assert result.err == f"kafka-nio: which demo? Name one of {', '.join(DEMOS)}, or say --all\n"


def test_recording_several_shows_how_far_it_is(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    result = kafka_nio("record", "acks-0", "linger-5", "--to", str(tmp_path))
    first, second = (line for line in result.out.splitlines() if line.startswith("["))  # 3.13 has more to say
    assert first.startswith(f"[1/2] {tmp_path / 'acks-0.otlp.jsonl'}: written, ")
    assert second.startswith(f"[2/2] {tmp_path / 'linger-5.otlp.jsonl'}: written, ")
