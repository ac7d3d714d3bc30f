"""Learners of every kind: one who wrote nothing, one who knows it all, some who believe what many believe.

Each gets a workspace of all exercises, and pytest runs in it, in a process of its own, as a learner would run it.
"""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.failure import Failure
from kafka_nio.exercises.score import Score
from kafka_nio.exercises.workspace import Workspace

FIRST_FAILURES_ONLY = """
import pytest

failed = set()


def pytest_runtest_setup(item):
    if item.path.name in failed:
        pytest.skip("this exercise has failed")


def pytest_runtest_logreport(report):
    if report.failed:
        failed.add(report.nodeid.partition("::")[0].rpartition("/")[2])
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """One test that ran."""

    test: str
    failure: Failure | None
    score: Score | None


@dataclass(frozen=True, slots=True)
class Session:
    """What pytest printed, with which status it ended, and which tests of each exercise ran, by its id."""

    status: int
    output: str
    ran: dict[str, list[Ran]]


def run_pytest(workspace: Workspace, *arguments: str) -> Session:
    """Run pytest in a workspace, as a learner would but for the environment that the tests' own pytest has set."""
    report = workspace.root / "report.jsonl"
    report.unlink(missing_ok=True)
    ours = {"PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", f"--exercise-report={report}", *arguments],
        cwd=workspace.root,
        env={name: value for name, value in os.environ.items() if name not in ours} | {"COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Session(done.returncode, done.stdout + done.stderr, _read(report))


def _read(report: Path) -> dict[str, list[Ran]]:
    ran: dict[str, list[Ran]] = defaultdict(list)
    for line in report.read_text().splitlines() if report.exists() else ():
        found = json.loads(line)
        failure, score = found["failure"], found["score"]
        ran[found["exercise"]].append(
            Ran(found["test"], failure and Failure.of_json(failure), score and Score.of_json(score))
        )
    return ran


def workspace_with(
    root: Path, texts: Iterable[tuple[Exercise, str]], *, first_failures_only: bool = False
) -> Workspace:
    """A workspace in which these exercises were written, and no other is."""
    workspace = Workspace(root)
    workspace.make()
    written = dict(texts)
    for exercise in EXERCISES:
        if exercise in written:
            workspace.file_of(exercise).write_text(written[exercise])
        else:
            workspace.test_of(exercise).unlink()
    if first_failures_only:
        (root / "conftest.py").write_text(FIRST_FAILURES_ONLY)
    return workspace
