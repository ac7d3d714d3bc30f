"""The checks of style and of types; each failure says what to run."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def check(*command: str, mend: str) -> None:
    """Run one of the checks over the whole repository."""
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nTo see it again, or to mend it: {mend}"


def test_ruff_finds_nothing() -> None:
    check("ruff", "check", "--output-format=concise", ".", mend="ruff check --fix")


def test_each_file_is_formatted() -> None:
    check("ruff", "format", "--check", "--output-format=concise", ".", mend="ruff format")


@pytest.mark.timeout(300)
def test_mypy_finds_nothing() -> None:
    check("mypy", "--strict", mend="mypy")
