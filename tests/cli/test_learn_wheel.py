"""The exercises from an installed wheel, in an empty folder, as somebody has them who has never seen the repository."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_nio.exercises.catalogue import find
from tests.cli.terminal import Open, terminals

ROOT = Path(__file__).parent.parent.parent

PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel is installed, apart from everything else; what it needs comes from around these tests."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", "--no-deps", f"--wheel-dir={folder}", str(ROOT)], check=True)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([*PIP, "install", "--no-deps", f"--target={folder / 'site'}", str(wheel)], check=True)
    return folder / "site"


@pytest.fixture
def terminal(installed: Path) -> Iterator[Open]:
    with terminals() as start:
        yield lambda *arguments, cwd: start(*arguments, cwd=cwd, PYTHONPATH=str(installed))


def fingerprint(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    return {str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_tests_speak_of_the_installed_one(installed: Path, tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import kafka_nio; print(kafka_nio.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == str(installed / "kafka_nio" / "__init__.py")


def test_from_an_empty_folder_to_an_exercise_that_passes(installed: Path, terminal: Open, tmp_path: Path) -> None:
    exercise = find("e15")
    assert exercise is not None
    before = fingerprint(installed)
    start = terminal("learn", "start", cwd=tmp_path)
    start.shows("20 exercises are in")
    start.shows("kafka-nio learn\r\n")
    assert start.ends_with() == 0

    workspace = tmp_path / "kafka-nio-exercises"
    learn = terminal("learn", "e15", cwd=workspace)
    learn.shows("can_send_more is not written yet")
    learn.shows("Watching for changes")
    learn.press("s")
    learn.shows("of its hints to see first")
    file = workspace / "exercises" / f"{exercise.stem}.py"
    wrong = file.read_text().replace(
        'raise NotImplementedError("can_send_more is not written yet")',
        "return len(self._requests.get(node, ())) < self._max_per_connection",
    )
    file.write_text(wrong)
    learn.shows("it said yes while a byte of the newest request was still here")
    learn.shows("the reference")
    learn.shows("Watching for changes")
    right = wrong.replace(
        "return len", "return (not (q := self._requests.get(node)) or q[0].send.is_completed) and len"
    )
    file.write_text(right)
    learn.shows("✓ e15 passes")
    learn.press("q")
    assert learn.ends_with() == 0
    assert fingerprint(installed) == before, "the installed package is not to be touched"
