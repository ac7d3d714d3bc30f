"""The learner's folder: complete when it is made, and never overwritten."""

from pathlib import Path

import pytest

from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.workspace import Workspace, WorkspaceError


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One that nobody changes."""
    workspace = Workspace(tmp_path_factory.mktemp("parent") / "course")
    workspace.make()
    return workspace


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """One with a single exercise, which is enough to change."""
    monkeypatch.setattr("kafka_nio.exercises.workspace.EXERCISES", EXERCISES[1:2])
    workspace = Workspace(tmp_path / "course")
    workspace.make()
    return workspace


EXERCISE = EXERCISES[1]


def test_it_has_each_exercise_with_its_tests(made: Workspace) -> None:
    for exercise in EXERCISES:
        assert made.file_of(exercise).is_file()
        assert made.test_of(exercise).is_file()
        assert made.exercise_in(made.file_of(exercise)) is exercise


def test_it_has_the_recordings_that_are_asked_about(made: Workspace) -> None:
    asked = [name for exercise in EXERCISES if exercise.recordings for name in exercise.recordings()]
    assert sorted(path.name for path in (made.root / "recordings").iterdir()) == sorted(
        f"{name}.otlp.jsonl" for name in asked
    )


def test_its_readme_names_each_exercise(made: Workspace) -> None:
    readme = (made.root / "README.md").read_text()
    assert all(f"`exercises/{exercise.stem}.py`" in readme for exercise in EXERCISES)


def test_making_it_again_brings_back_what_is_missing_and_changes_nothing(workspace: Workspace) -> None:
    written = workspace.file_of(EXERCISE)
    written.write_text("mine")
    workspace.test_of(EXERCISE).unlink()
    assert workspace.make() == 1
    assert written.read_text() == "mine"
    assert workspace.test_of(EXERCISE).is_file()
    assert workspace.make() == 0


def test_a_folder_that_is_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(WorkspaceError, match=r"is not empty and no workspace. Name another folder"):
        Workspace(tmp_path).make()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_it_is_found_from_within(workspace: Workspace, tmp_path: Path) -> None:
    assert Workspace.around(workspace.root / "exercises").root == workspace.root
    with pytest.raises(WorkspaceError, match=r"is in no workspace of exercises. Make one: kafka-nio learn start"):
        Workspace.around(tmp_path)


def test_a_reset_keeps_what_was_written(workspace: Workspace) -> None:
    path = workspace.file_of(EXERCISE)
    fresh = path.read_text()
    for number in (1, 2):
        path.write_text(f"attempt {number}")
        kept = workspace.reset(EXERCISE)
        assert kept is not None
        assert kept.read_text() == f"attempt {number}"
        assert path.read_text() == fresh
    assert kept is not None
    assert len(list(kept.parent.iterdir())) == 2


def test_a_reset_brings_back_a_deleted_one(workspace: Workspace) -> None:
    workspace.file_of(EXERCISE).unlink()
    workspace.test_of(EXERCISE).unlink()
    assert workspace.reset(EXERCISE) is None
    assert workspace.file_of(EXERCISE).is_file()
    assert workspace.test_of(EXERCISE).is_file()
