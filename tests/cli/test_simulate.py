"""`kafka-nio simulate`: many histories, one history, a history in which a promise is broken."""

import re
import signal
from pathlib import Path

import pytest

from kafka_nio.producer.in_flight_batches import InFlightBatches
from tests.cli.conftest import KafkaNio
from tests.cli.processes import running_command


@pytest.fixture
def nothing_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake: a batch under way has no delivery timeout."""
    monkeypatch.setattr(InFlightBatches, "expired", lambda self, now_ms: [])


def test_many_histories_say_how_many_and_from_where(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("simulate", "--histories", "20", "--from", "40")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("20 histories from seed 40 on.\n")
    assert re.search(r"20 histories in [\d.]+ s: [\d,]+ records, [\d,]+ acknowledged, none of them lost", result.out)
    assert result.out.endswith("Every promise was kept.\n")


def test_without_a_seed_it_begins_anywhere_and_says_where(kafka_nio: KafkaNio) -> None:
    seeds = {kafka_nio("simulate", "--histories", "1").out.splitlines()[0] for _ in range(2)}
    assert len(seeds) == 2
    assert all(re.fullmatch(r"1 histories from seed \d+ on\.", line) for line in seeds)


@pytest.mark.usefixtures("nothing_expires")
def test_a_broken_promise_ends_the_run_and_says_how_to_replay_it(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    result = kafka_nio("simulate", "--histories", "500", "--from", "0")
    assert result.status == 1
    found = re.fullmatch(
        r"kafka-nio: seed (\d+): record \d+ had no outcome for \d+ ms; its delivery timeout is \d+ ms"
        r"(?: \(and \d+ more\))?\. Replay it: kafka-nio simulate --seed \1\n",
        result.err,
    )
    assert found is not None, result.err
    path = tmp_path / "found.otlp.jsonl"
    again = kafka_nio("simulate", "--seed", found[1], "--record", str(path))
    assert again.status == 1
    assert f"seed {found[1]}: record" in again.err
    assert "had no outcome" in again.err
    assert path.exists(), "above all, a broken history is recorded"


def test_a_replayed_history_opens_like_any_recording(
    kafka_nio: KafkaNio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = kafka_nio("simulate", "--seed", "3")
    assert result.status == 0
    assert result.out.startswith("Seed 3: a")
    assert "Recorded in simulation-3.otlp.jsonl" in result.out
    shown = kafka_nio("show", "simulation-3.otlp.jsonl")
    assert shown.status == 0
    assert "KafkaProducer.send" in shown.out
    assert kafka_nio("lint", "simulation-3.otlp.jsonl").out == "simulation-3.otlp.jsonl: nothing found\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--record", "x.otlp.jsonl"), "--record needs --seed"),
        (("--seed", "1", "--histories", "2"), "give either"),
        (("--seed", "1", "--from", "2"), "give either"),
        (("--histories", "0"), "Invalid value for '--histories'"),
        (("--seed", "-1"), "Invalid value for '--seed'"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(kafka_nio: KafkaNio, arguments: tuple[str, ...], says: str) -> None:
    result = kafka_nio("simulate", *arguments)
    assert result.status == 2
    assert says in result.err
    assert result.err.count("\n") == 1


def test_a_file_that_cannot_be_written_costs_nobody_a_run(kafka_nio: KafkaNio, tmp_path: Path) -> None:
    path = tmp_path / "no such folder" / "x.otlp.jsonl"
    result = kafka_nio("simulate", "--seed", "3", "--record", str(path))
    assert (result.status, result.out) == (1, "")
    assert result.err.endswith("x.otlp.jsonl: No such file or directory\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_at_once_and_says_where_to_go_on(number: signal.Signals, tmp_path: Path) -> None:
    with running_command("simulate", "--histories", "1000000", "--from", "0", cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1,000,000 histories from seed 0 on.\n"
        assert re.fullmatch(r"[\d,]+ of 1,000,000 histories, [\d,]+ records\n", process.stdout.readline())
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err == "kafka-nio: interrupted\n"
    assert re.search(r"histories from seed 0 on, no promise broken\. Go on with: --from \d+\n$", out)
