"""Runs an exercise's tests in a process of their own, so that whatever the learner's code does ends with that process.

Java: no counterpart.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.failure import Failure
from kafka_nio.exercises.score import Score
from kafka_nio.exercises.text import test_text
from kafka_nio.exercises.watchdog import ENDED, seconds_allowed
from kafka_nio.exercises.workspace import Workspace

PATIENCE = 8
"""So many times longer than the exercise's own limit, which ends each test, the whole may take."""

FAILED = 1
"""The status with which pytest ends when a test failed."""


class RunnerError(Exception):
    """The tests could not be run; the message says why."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came out: how many tests passed, why the first one failed that did, what the solution costs."""

    passed: int
    failure: Failure | None = None
    score: Score | None = None

    @property
    def is_solved(self) -> bool:
        """Whether all tests passed."""
        return self.failure is None


def run(workspace: Workspace, exercise: Exercise) -> Verdict:
    """Run the tests up to the first that fails.

    Raises:
        RunnerError: pytest could not run them.
    """
    test = workspace.test_of(exercise)
    if not test.is_file():
        raise RunnerError(f"{test} is gone. A fresh one, beside a fresh exercise: kafka-nio learn reset {exercise.id}")
    with TemporaryDirectory(prefix="kafka-nio-") as folder:
        report = Path(folder) / "report.jsonl"
        status, output = _pytest(workspace, exercise, test, report)
        lines = list(_lines(report))
    verdict = _verdict(lines)
    if status not in (0, FAILED, ENDED) or not lines or (status == 0) != verdict.is_solved:
        raise RunnerError(
            f"the tests of {exercise.id} could not be run: {_reason(status, output)}{_if_changed(exercise, test)}"
        )
    return verdict


def _if_changed(exercise: Exercise, test: Path) -> str:
    """What to say if the tests are not what they were."""
    if test.read_text(encoding="utf-8", errors="replace") == test_text(exercise):
        return ""
    return f". {test.name} was changed: kafka-nio learn reset {exercise.id} writes it anew, and keeps what you wrote"


def _pytest(workspace: Workspace, exercise: Exercise, test: Path, report: Path) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", str(test), "--exitfirst", f"--exercise-report={report}"]
    # Other plugins and settings of the learner's are none of these tests' business.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    try:
        seconds = seconds_allowed(exercise.seconds)
    except ValueError as error:
        raise RunnerError(str(error)) from None
    try:
        done = subprocess.run(
            command,
            cwd=workspace.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=PATIENCE * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as over:
        raise RunnerError(f"the tests of {exercise.id} did not come to an end in {over.timeout:g} s") from None
    return done.returncode, done.stdout


def _lines(report: Path) -> Iterator[dict[str, Any]]:
    if report.is_file():
        yield from map(json.loads, report.read_text(encoding="utf-8").splitlines())


def _verdict(lines: list[dict[str, Any]]) -> Verdict:
    failures = [Failure.of_json(line["failure"]) for line in lines if line["failure"]]
    scores = [Score.of_json(line["score"]) for line in lines if line["score"]]
    return Verdict(len(lines) - len(failures), failures[0] if failures else None, scores[0] if scores else None)


def _reason(status: int, output: str) -> str:
    """The line of pytest's output that says most: its last error, else its last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith(("E ", "INTERNALERROR"))]
    if not errors and "KeyboardInterrupt" in output:
        return "something interrupted them, as Ctrl-C does"
    return (errors or lines or [f"the process ended in the midst of them, with status {status}"])[-1]
