"""`kafka-nio demo` and `kafka-nio show`."""

import re
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.demos import DEMOS
from tests.cli.conftest import KafkaNio

ESCAPE = "\x1b["


def test_a_demo_prints_both_threads_and_what_came_of_it(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo", "one-record")
    assert (result.status, result.err) == (0, "")
    assert "app: your thread" in result.out
    assert "│ sender: the producer's thread" in result.out
    assert result.out.index("KafkaProducer.send") < result.out.index("ProducerBatch.complete")
    assert "Written: topic demo, partition 0, offset 0," in result.out
    assert re.search(r"^timestamp 20\d\d-\d\d-\d\d [\d:.]+ UTC, broker 127\.0\.0\.1:\d+\.$", result.out, re.MULTILINE)
    assert re.search(r"^\d+ steps, \d+ selects, 1 wakeup\.$", result.out, re.MULTILINE)


def test_it_fits_into_80_columns(kafka_nio: KafkaNio) -> None:
    assert max(map(len, kafka_nio("demo", "one-record").out.splitlines())) <= 80


def test_there_are_colours_only_in_a_terminal_that_wants_them(
    kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ESCAPE not in kafka_nio("demo", "one-record").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    coloured = kafka_nio("demo", "one-record").out
    assert ESCAPE in coloured
    assert "Colours: " in coloured
    monkeypatch.setenv("NO_COLOR", "1")
    uncoloured = kafka_nio("demo", "one-record").out
    assert not re.search(r"\x1b\[[\d;]*3\dm", uncoloured)
    assert "Colours: " not in uncoloured


def test_a_kept_demo_can_be_shown_again(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    file = tmp_path / "mine.otlp.jsonl"
    result = kafka_nio("demo", "one-record", "--save", str(file))
    assert result.status == 0
    assert f"Kept in {file}" in result.out
    shown = kafka_nio("show", str(file))
    assert shown.status == 0
    counted = result.out[: result.out.index("Kept in")].splitlines()[-1]
    assert counted.endswith("1 wakeup.")
    assert counted in shown.out
    for name in ("KafkaProducer.send", "Sender.run_once", "ProducerBatch.complete"):
        assert result.out.count(name) <= shown.out.count(name)


def test_a_demo_writes_to_the_cluster_and_topic_it_is_told(kafka_nio: KafkaNio) -> None:
    with EmbeddedCluster() as cluster:
        result = kafka_nio("demo", "one-record", "--bootstrap-servers", cluster.bootstrap_servers, "--topic", "orders")
        assert len(list(cluster.log("orders").records())) == 1
    assert "topic orders, partition 0, offset 0" in result.out


def test_an_unknown_demo_is_answered_with_those_there_are(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo", "nope")
    assert result.status == 1
    assert result.err == f"kafka-nio: there is no demo nope; there are: {', '.join(DEMOS)}\n"


def test_without_a_name_all_are_listed_each_with_what_one_sees(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo")
    assert (result.status, result.err) == (0, "")
    for demo in DEMOS.values():
        assert re.search(rf"^{demo.id} +{demo.name} ", result.out, re.MULTILINE)
        assert demo.sentence.split()[0] in result.out
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize("name", ["linger-5", "connect-at-once", "window-full", "request-timeout"])
def test_each_fits_into_80_columns(kafka_nio: KafkaNio, name: str) -> None:
    result = kafka_nio("demo", name)
    assert (result.status, result.err) == (0, "")
    assert DEMOS[name].watch_for[0].split()[0] in result.out
    assert max(map(len, result.out.splitlines())) <= 80


def test_one_of_a_pair_names_the_other(kafka_nio: KafkaNio) -> None:
    assert "Compare it with: kafka-nio demo order-kept" in kafka_nio("demo", "order-lost").out


def test_what_became_of_each_of_several_records_is_told(kafka_nio: KafkaNio) -> None:
    assert "Record 1: written, partition 0, offset 2.\nRecord 2: written, partition 0, offset 1.\n" in (
        kafka_nio("demo", "order-lost").out
    )
    failed = kafka_nio("demo", "request-timeout").out
    assert "Record 1: not written, produce to demo failed: " in failed
    assert "Record 4: not written, produce to demo failed: " in failed


def test_an_unknown_offset_is_said_to_be_unknown(kafka_nio: KafkaNio) -> None:
    assert "Written: topic demo, partition 0, offset unknown,\n" in kafka_nio("demo", "acks-0").out


def test_a_demo_that_orders_faults_says_why_it_brings_its_own_broker(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo", "dribble-and-glue", "--bootstrap-servers", "127.0.0.1:1")
    assert (result.status, result.out) == (1, "")
    assert result.err == (
        "kafka-nio: dribble-and-glue brings its own broker: "
        "it orders one that cuts its answers into odd pieces. Leave out --bootstrap-servers\n"
    )


def test_a_refused_port_is_told(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo", "one-record", "--bootstrap-servers", "127.0.0.1:1", "--timeout", "0.5")
    assert result.status == 1
    assert "connect to 127.0.0.1:1 failed: Connection refused" in result.err
    assert result.out == ""


def test_the_first_failure_is_told_while_it_goes_on_trying(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("demo", "one-record", "--bootstrap-servers", "127.0.0.1:1", "--timeout", "0.5")
    first, last = result.err.splitlines()
    assert first == "kafka-nio: still trying: connect to 127.0.0.1:1 failed: Connection refused"
    assert last.startswith("kafka-nio: Topic demo not present in metadata after 500 ms: connect to 127.0.0.1:1 failed")


def test_a_file_that_cannot_be_written_costs_no_run(
    kafka_nio: KafkaNio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kafka_nio.cli.demo.play", lambda *_, **__: pytest.fail("it ran"))
    file = tmp_path / "nodir" / "mine.otlp.jsonl"
    result = kafka_nio("demo", "one-record", "--save", str(file))
    assert (result.status, result.err) == (1, f"kafka-nio: {file}: No such file or directory\n")


def test_a_demo_that_fails_leaves_no_file(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    file = tmp_path / "mine.otlp.jsonl"
    kafka_nio("demo", "one-record", "--save", str(file), "--bootstrap-servers", "127.0.0.1:1", "--timeout", "0.1")
    assert not file.exists()


def test_show_tells_a_demo_from_a_file(kafka_nio: KafkaNio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = kafka_nio("show", "one-record")
    assert result.status == 1
    assert "kafka-nio show traces/one-record.otlp.jsonl" in result.err


def test_what_is_no_recording_cannot_be_shown(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello\n")
    result = kafka_nio("show", str(file))
    assert result.status == 1
    assert result.err.startswith(f"kafka-nio: {file}, line 1: not a recording of kafka-nio")
