"""The file of results, and the command that goes on with it."""

from pathlib import Path

import pytest

from tests.benchmarks.contest import __main__ as command
from tests.benchmarks.contest.brokers import NewTopic
from tests.benchmarks.contest.results import Results, ResultsError, Run
from tests.benchmarks.contest.samples import sample_contest, sample_results, sample_run
from tests.benchmarks.contest.schedule import Planned

FAILED = Run(round=1, broker="mock", cell="base", contestant="aiokafka", failure="it did not end")


def test_what_is_kept_can_be_read(tmp_path: Path) -> None:
    contest = sample_contest()
    contest.keep(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == contest
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"runs": []}', '{"machine": "", "versions": {}, "quick": 1, "runs": [{}]}']
)
def test_another_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "results.json").write_text(text)
    with pytest.raises(ResultsError, match="holds no results"):
        Results.read(tmp_path / "results.json")


def test_runs_of_other_versions_are_not_mixed() -> None:
    kept, now = sample_results(sample_run()), sample_results()
    now.versions["Python"] = "3.13"
    with pytest.raises(ResultsError, match=r"Python was 3\.11, is 3\.13"):
        kept.go_on_as(now)


def test_a_trial_is_not_mixed_with_the_real_thing() -> None:
    kept, now = sample_results(sample_run()), sample_results()
    now.quick = True
    with pytest.raises(ResultsError, match="quick was False, is True"):
        kept.go_on_as(now)


def test_a_broker_may_be_added_and_failed_runs_are_tried_again() -> None:
    kept, now = sample_results(sample_run(), FAILED), sample_results()
    now.versions["Apache Kafka"] = "4.4.0"
    kept.go_on_as(now)
    assert kept.versions["Apache Kafka"] == "4.4.0"
    assert kept.runs == [sample_run()]


# The command...


def quick(path: Path, *more: str) -> list[str]:
    """One round of two clients in the base."""
    clients = ["--clients", "kafka-nio", "aiokafka"]
    return ["--quick", "--rounds", "1", "--cells", "base", *clients, "--results", str(path), *more]


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> list[Planned]:
    """Runs take no time; returns those that were asked for."""
    asked: list[Planned] = []

    def run_once(new_topic: NewTopic, planned: Planned) -> Run:
        asked.append(planned)
        return sample_run(planned.contestant.name)

    monkeypatch.setattr(command, "run_once", run_once)
    return asked


@pytest.mark.usefixtures("made_up")
def test_each_run_says_what_it_brought_and_what_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(quick(tmp_path / "results.json")) == 0
    first, last, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("round 1, base, aiokafka: 100,000 records/s, 1.00 CPU s a million, 32 MiB; 1 left, about")
    assert last == "round 1, base, kafka-nio: 800,000 records/s, 1.00 CPU s a million, 32 MiB; done"


@pytest.mark.usefixtures("made_up")
def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.main(quick(tmp_path / "results.json"))
    assert command.main(quick(tmp_path / "results.json")) == 2
    assert "go on with --resume" in capsys.readouterr().err


def test_resume_leaves_out_what_is_there(tmp_path: Path, made_up: list[Planned]) -> None:
    command.main(quick(tmp_path / "results.json", "--clients", "aiokafka"))
    command.main(quick(tmp_path / "results.json", "--resume"))
    assert [planned.contestant.name for planned in made_up] == ["aiokafka", "kafka-nio"]


def test_an_interrupt_keeps_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run_once(new_topic: NewTopic, planned: Planned) -> Run:
        if planned.contestant.name == "kafka-nio":
            raise KeyboardInterrupt
        return sample_run(planned.contestant.name)

    monkeypatch.setattr(command, "run_once", run_once)
    assert command.main(quick(tmp_path / "results.json")) == command.INTERRUPTED
    assert "Stopped after 1 of 2 runs" in capsys.readouterr().out
    assert [run.contestant for run in Results.read(tmp_path / "results.json").runs] == ["aiokafka"]


def test_a_failed_run_is_kept_said_and_fails_the_contest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "run_once", lambda new_topic, planned: FAILED)
    assert command.main(quick(tmp_path / "results.json", "--clients", "aiokafka")) == 1
    assert "FAILED: round 1, base, aiokafka: it did not end" in capsys.readouterr().err
    assert Results.read(tmp_path / "results.json").failed == [FAILED]


@pytest.mark.usefixtures("made_up")
def test_sources_that_change_meanwhile_end_the_contest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "version_of_ours", lambda: "0.1.0 (sources of another day)")
    assert command.main(quick(tmp_path / "results.json")) == 2
    assert "have changed meanwhile" in capsys.readouterr().err
    assert not (tmp_path / "results.json").exists()
