"""Running an exercise: whatever the learner's code does, there is a sentence and the learner's work is as it was."""

from pathlib import Path

import pytest

from kafka_nio.exercises.catalogue import find
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.runner import RunnerError, run
from kafka_nio.exercises.text import solution_text
from kafka_nio.exercises.workspace import Workspace


@pytest.fixture
def exercise() -> Exercise:
    found = find("e15")
    assert found is not None
    return found


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exercise: Exercise) -> Workspace:
    monkeypatch.setattr("kafka_nio.exercises.workspace.EXERCISES", (exercise,))
    workspace = Workspace(tmp_path)
    workspace.make()
    return workspace


def write(workspace: Workspace, exercise: Exercise, body: str) -> Path:
    path = workspace.file_of(exercise)
    path.write_text(f"def can_send_more(self, node):\n{body}")
    return path


def test_the_solution_passes_and_has_a_score(workspace: Workspace, exercise: Exercise) -> None:
    workspace.file_of(exercise).write_text(solution_text(exercise))
    verdict = run(workspace, exercise)
    assert verdict.is_solved
    assert verdict.passed > 3
    assert verdict.score is not None
    assert verdict.score.is_as_good


def test_a_wrong_one_stops_at_the_first_failure_and_keeps_both_runs(workspace: Workspace, exercise: Exercise) -> None:
    write(workspace, exercise, "    return False\n")
    verdict = run(workspace, exercise)
    assert not verdict.is_solved
    assert verdict.failure is not None
    assert verdict.failure.found == "it said no"
    assert [row.yours.endswith("→ False") for row in verdict.failure.rows] == [True]
    assert all(path.is_file() for path in workspace.runs_of(exercise))


def test_an_exception_names_the_line(workspace: Workspace, exercise: Exercise) -> None:
    path = write(workspace, exercise, "    queue = self._requests\n    return queue[node].nothing\n")
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    assert verdict.failure.found == f"KeyError in {path.name}, line 3: '1'"


def test_an_endless_loop_is_ended_and_its_line_told(
    workspace: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_NIO_LEARN_SECONDS", "2")
    path = write(workspace, exercise, "    while True:\n        number = 1\n")
    text = path.read_text()
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    assert verdict.failure.found.startswith("can_send_more still runs after 2 s, in line ")
    assert verdict.failure.found.endswith(f"of {path.name}. Does the loop there ever end?")
    assert path.read_text() == text


def test_who_only_waits_is_ended_sooner(
    workspace: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_NIO_LEARN_SECONDS", "4")
    path = write(workspace, exercise, "    import time\n    time.sleep(100)\n")
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    assert "still runs after 2 s, in line 3" in verdict.failure.found
    assert verdict.failure.found.endswith(f"of {path.name}. What does it wait for?")


def test_what_it_prints_is_shown(workspace: Workspace, exercise: Exercise) -> None:
    write(workspace, exercise, '    for number in range(12):\n        print("line", number)\n    return False\n')
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    text = verdict.failure.text()
    assert "Your code printed (2 lines before these are left out):\n  line 2\n" in text
    assert "  line 11\n" in text


def test_an_error_is_not_the_step_that_the_reference_took(workspace: Workspace, exercise: Exercise) -> None:
    write(workspace, exercise, "    return nothing\n")
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    assert [row.differs for row in verdict.failure.rows] == [True]
    assert verdict.failure.remark == "", "no belief is behind a name that is not there"


def test_an_answer_that_cannot_be_read_does_not_tell_what_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = find("e01")
    assert question is not None
    monkeypatch.setattr("kafka_nio.exercises.workspace.EXERCISES", (question,))
    workspace = Workspace(tmp_path)
    workspace.make()
    for text, found in (
        ("ORDER = [send]\n", "NameError: name 'send' is not defined. An answer stands in quotes"),
        ("ORDER = [\n", "Python cannot read this"),
        ("exit()\n", "SystemExit"),
    ):
        workspace.file_of(question).write_text(text)
        verdict = run(workspace, question)
        assert verdict.failure is not None
        assert verdict.failure.expected == "An answer to each question."
        assert found in verdict.failure.found


def test_who_leaves_the_program_is_told(workspace: Workspace, exercise: Exercise) -> None:
    path = write(workspace, exercise, "    raise SystemExit(7)\n")
    verdict = run(workspace, exercise)
    assert verdict.failure is not None
    assert verdict.failure.found == f"SystemExit in {path.name}, line 2: 7"


@pytest.mark.parametrize("said", ["soon", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_none_is_told(
    workspace: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setenv("KAFKA_NIO_LEARN_SECONDS", said)
    with pytest.raises(RunnerError, match=rf"KAFKA_NIO_LEARN_SECONDS={said} is no number of seconds; leave it unset"):
        run(workspace, exercise)


def test_deleted_tests_are_told(workspace: Workspace, exercise: Exercise) -> None:
    workspace.test_of(exercise).unlink()
    with pytest.raises(RunnerError, match=r"is gone. A fresh one, beside a fresh exercise: kafka-nio learn reset e15"):
        run(workspace, exercise)


def test_broken_tests_are_told(workspace: Workspace, exercise: Exercise) -> None:
    workspace.test_of(exercise).write_text("def test_(:\n")
    with pytest.raises(RunnerError, match=r"the tests of e15 could not be run: .*[Ss]yntax"):
        run(workspace, exercise)


def test_a_learners_own_pytest_settings_do_no_harm(
    workspace: Workspace, exercise: Exercise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    workspace.file_of(exercise).write_text(solution_text(exercise))
    assert run(workspace, exercise).is_solved
