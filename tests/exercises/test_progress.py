"""How far a learner has come is kept, and a broken file takes nothing away."""

from pathlib import Path

import pytest

from kafka_nio.exercises.progress import Progress, ProgressError


def test_it_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "progress.json"
    progress = Progress("e03", {"e01": "", "e02": "selects 3 (reference 3)"}, {"e03": 2}, ["e03"])
    progress.save(file)
    assert Progress.load(file) == progress
    assert [path.name for path in file.parent.iterdir()] == ["progress.json"]


def test_there_is_none_at_the_beginning(tmp_path: Path) -> None:
    assert Progress.load(tmp_path / "progress.json") == Progress()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}', '{"version": 2, "current": "e01"}', "\0"])
def test_a_broken_one_is_put_aside(tmp_path: Path, text: str) -> None:
    file = tmp_path / "progress.json"
    file.write_text(text)
    with pytest.raises(ProgressError, match=r"cannot be read.*put aside as progress\.broken\.json.*untouched"):
        Progress.load(file)
    assert (tmp_path / "progress.broken.json").read_text() == text
    assert Progress.load(file) == Progress()


def test_two_terminals_do_not_undo_each_others_changes(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    for id in ("e01", "e02"):
        with Progress.changing(file) as progress:
            progress.passed[id] = ""
    assert set(Progress.load(file).passed) == {"e01", "e02"}
