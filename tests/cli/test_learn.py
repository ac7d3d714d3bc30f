"""`kafka-nio learn`: in a real terminal, from an empty folder to exercises that pass, and whatever may go wrong."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_nio.cli.app import run
from kafka_nio.cli.course import Course
from kafka_nio.exercises.catalogue import EXERCISES, find
from kafka_nio.exercises.progress import Progress
from kafka_nio.exercises.text import solution_text
from kafka_nio.exercises.workspace import Workspace
from tests.cli.terminal import Open, terminals

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that each test gets a copy of, because recording what is asked about takes a while."""
    root = tmp_path_factory.mktemp("made") / "course"
    Workspace(root).make()
    return root


@pytest.fixture
def workspace(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A fresh one, and the folder that commands run in."""
    root = tmp_path / "course"
    shutil.copytree(made, root)
    monkeypatch.chdir(root)
    return Workspace(root)


def solve(workspace: Workspace, id: str) -> None:
    exercise = find(id)
    assert exercise is not None
    workspace.file_of(exercise).write_text(solution_text(exercise))


# One command after the other...


def test_a_start_says_what_to_do_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["learn", "start", "mine"]) == 0
    out = capsys.readouterr().out
    assert f"{len(EXERCISES)} exercises are in {tmp_path / 'mine'}" in out
    assert "cd mine" in out
    assert "kafka-nio learn\n" in out
    assert f"exercises/{EXERCISES[0].stem}.py" in out
    assert run(["learn", "start", "mine"]) == 0
    assert "complete already; nothing was changed" in capsys.readouterr().out


def test_a_folder_in_use_is_refused(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "thesis.tex").write_text("")
    assert run(["learn", "start", str(tmp_path)]) == 1
    assert "is not empty and no workspace" in capsys.readouterr().err


def test_outside_of_a_workspace_it_says_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["learn"], ["learn", "list"], ["learn", "hint"]):
        assert run(command) == 1
        assert "is in no workspace of exercises. Make one: kafka-nio learn start" in capsys.readouterr().err


def test_a_blank_one_fails_and_a_solved_one_passes(workspace: Workspace, capsys: Output) -> None:
    assert run(["learn", "e15", "--once"]) == 1
    assert "can_send_more is not written yet" in capsys.readouterr().out
    solve(workspace, "e15")
    assert run(["learn", "--once"]) == 0, "e15 is the current one now"
    out = capsys.readouterr().out
    assert "✓ e15 passes" in out
    assert "selects" in out
    assert "Next: e16" in out
    assert set(workspace.progress().passed) == {"e15"}


def test_hints_come_one_by_one(workspace: Workspace, capsys: Output) -> None:
    exercise = find("e15")
    assert exercise is not None
    for number in (1, 2, 3, 3):
        assert run(["learn", "hint", "e15"]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert f"e15, hint {number} of 3" in out
        assert " ".join(exercise.hints[number - 1].split()) in out


def test_a_solution_is_shown_when_asked_twice(workspace: Workspace, capsys: Output) -> None:
    exercise = find("e15")
    assert exercise is not None
    assert run(["learn", "solution", "e15"]) == 0
    assert "3 of its hints to see first" in capsys.readouterr().out
    assert run(["learn", "solution", "e15"]) == 0
    assert capsys.readouterr().out == solution_text(exercise)


def test_a_solution_is_shown_after_passing(workspace: Workspace, capsys: Output) -> None:
    exercise = find("e15")
    assert exercise is not None
    Progress("e15", {"e15": ""}).save(workspace.progress_file)
    assert run(["learn", "solution"]) == 0
    assert capsys.readouterr().out == solution_text(exercise)


def test_the_list_and_the_next_one(workspace: Workspace, capsys: Output) -> None:
    Progress("e02", {"e01": "", "e03": ""}, {"e02": 2}).save(workspace.progress_file)
    assert run(["learn", "list"]) == 0
    out = capsys.readouterr().out
    assert f"2 of {len(EXERCISES)} done" in out
    assert re.search(r"✓\s+e01", out)
    assert re.search(r"→\s+e02", out)
    assert run(["learn", "next"]) == 0
    assert "e04" in capsys.readouterr().out
    assert workspace.progress().current == "e04"


def test_a_reset_keeps_the_old_file(workspace: Workspace, capsys: Output) -> None:
    exercise = find("e15")
    assert exercise is not None
    workspace.file_of(exercise).write_text("mine")
    Progress("e15", {"e15": ""}).save(workspace.progress_file)
    assert run(["learn", "reset", "e15"]) == 0
    kept = re.search(r"is kept in\s+(\S+)\.", " ".join(capsys.readouterr().out.split()))
    assert kept is not None
    assert Path(kept[1]).read_text() == "mine"
    assert workspace.progress().passed == {}


def test_what_another_terminal_did_meanwhile_stays(workspace: Workspace, capsys: Output) -> None:
    watching = Course(workspace)
    assert run(["learn", "hint", "e15"]) == 0
    watching.take(watching.chosen("e02"))
    assert workspace.progress().hints == {"e15": 1}
    assert workspace.progress().current == "e02"


def test_an_exercise_that_there_is_not(workspace: Workspace, capsys: Output) -> None:
    assert run(["learn", "e99"]) == 1
    assert "there is no exercise e99; kafka-nio learn list shows all, e01 to e20" in capsys.readouterr().err


def test_broken_progress_is_told_once(workspace: Workspace, capsys: Output) -> None:
    workspace.progress_file.write_text("{")
    assert run(["learn", "list"]) == 1
    assert "put aside as progress.broken.json" in capsys.readouterr().err
    assert run(["learn", "list"]) == 0


def test_missing_libraries_are_named(workspace: Workspace, capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kafka_nio.cli.learn.NEEDED", ("no_such_library",))
    assert run(["learn"]) == 1
    assert "need no_such_library: pip install 'kafka-nio[learn]'" in capsys.readouterr().err


# In a terminal...


@pytest.fixture
def terminal() -> Iterator[Open]:
    with terminals() as start:
        yield start


def test_saving_runs_it_again(workspace: Workspace, terminal: Open) -> None:
    screen = terminal("learn", "e15", cwd=workspace.root)
    screen.shows("can_send_more is not written yet")
    screen.shows("Watching for changes")
    solve(workspace, "e15")
    screen.shows("✓ e15 passes")
    screen.shows("Watching for changes")
    screen.press("h")
    screen.shows("e15, hint 1 of 3")
    screen.press("l")
    screen.shows(f"1 of {len(EXERCISES)} done")
    screen.press("n")
    screen.shows("e16: ")
    screen.shows("Watching for changes")
    screen.press("q")
    assert screen.ends_with() == 0
    assert workspace.progress().current == "e16"


def test_saving_another_one_goes_to_that_one(workspace: Workspace, terminal: Open) -> None:
    screen = terminal("learn", "e16", cwd=workspace.root)
    screen.shows("Watching for changes")
    solve(workspace, "e15")
    screen.shows("✓ e15 passes")


def test_ctrl_c_while_watching(workspace: Workspace, terminal: Open) -> None:
    screen = terminal("learn", "e15", cwd=workspace.root)
    screen.shows("Watching for changes")
    screen.press_ctrl_c()
    screen.shows("kafka-nio: stopped at e15; your work is saved. Go on with: kafka-nio learn")
    assert screen.ends_with() == 130


def test_ctrl_c_in_an_endless_loop(workspace: Workspace, terminal: Open) -> None:
    exercise = find("e15")
    assert exercise is not None
    endless = "def can_send_more(self, node):\n    while True: pass\n"
    workspace.file_of(exercise).write_text(endless)
    screen = terminal("learn", "e15", cwd=workspace.root, KAFKA_NIO_LEARN_SECONDS="60")
    screen.shows("Testing")
    screen.press_ctrl_c()
    screen.shows("stopped at e15; your work is saved")
    assert screen.ends_with() == 130
    assert workspace.file_of(exercise).read_text() == endless
    assert workspace.progress().current == "e15"


def test_an_endless_loop_a_syntax_error_and_a_deleted_file_are_told(workspace: Workspace, terminal: Open) -> None:
    exercise = find("e15")
    assert exercise is not None
    file = workspace.file_of(exercise)
    file.write_text("def can_send_more(self, node):\n    while True: pass\n")
    screen = terminal("learn", "e15", cwd=workspace.root, KAFKA_NIO_LEARN_SECONDS="2")
    screen.shows("can_send_more still runs after 2 s, in line 2")
    screen.shows("Watching for changes")
    file.write_text("def can_send_more(self, node)\n")
    screen.shows("line 1: Python cannot read this: expected ':'")
    screen.shows("Watching for changes")
    file.unlink()
    screen.shows("is gone. A fresh one: kafka-nio learn reset e15")
    screen.shows("Watching for changes")
    solve(workspace, "e15")
    screen.shows("✓ e15 passes")
