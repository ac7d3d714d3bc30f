"""The exercises' side of pytest: a learner's function at work in each test, and a sentence where it fails.

A workspace names this plugin in its `pytest.ini`, so plain `pytest` tests as `kafka-nio learn` does.

Java: no counterpart.
"""

import json
import logging
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.failure import Failure
from kafka_nio.exercises.score import Score
from kafka_nio.exercises.trial import Trial, Worlds, noted
from kafka_nio.exercises.watchdog import no_longer_than, seconds_allowed
from kafka_nio.exercises.workspace import Workspace
from kafka_nio.exercises.world import Play, Watched

REPORT = "--exercise-report"

settings.register_profile(
    "kafka-nio",
    deadline=None,  # a busy machine is no mistake of the learner's
    derandomize=True,
    database=None,
    max_examples=60,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),  # not to explain, which takes most of the time
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


WORLDS = pytest.StashKey[Worlds]()


# What tests are given...


@pytest.fixture(scope="session")
def play(pytestconfig: pytest.Config) -> Play:
    """Runs a demo with the learner's functions in it; see `World.play`."""
    worlds = pytestconfig.stash[WORLDS]
    return lambda *args, **kwargs: worlds.now.play(*args, **kwargs)


@pytest.fixture(scope="session")
def watched(pytestconfig: pytest.Config) -> Watched:
    """Watches a block; see `World.watched`."""
    worlds = pytestconfig.stash[WORLDS]
    return lambda: worlds.now.watched()


@pytest.fixture
def answers() -> None:
    """What the learner's file defines. Each trial puts it in the place of this None, for it runs with two files."""


# What happens to tests...


class TrialFailed(Exception):
    """Carries why a test failed to where pytest reports it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.expected)
        self.failure = failure


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write what came out, for whoever runs pytest."""
    parser.addoption(REPORT, metavar="FILE", type=Path, help="write a line of JSON for each test into this file")


def pytest_configure(config: pytest.Config) -> None:
    """Set everything up."""
    settings.load_profile("kafka-nio")
    try:
        seconds_allowed(1)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    # What the producer logs about a learner's mistake says less than the run beside the right one.
    log = logging.getLogger("kafka_nio")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    config.pluginmanager.register(Exercises(config), "kafka-nio exercises")


class Exercises:
    """What happens to the tests of exercises. Other tests are left alone."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._workspace = Workspace(config.rootpath)
        self._report: Path | None = config.getoption(REPORT)
        self._worlds = config.stash[WORLDS] = Worlds()
        self._scores: dict[str, Score] = {}
        self._failed: set[str] = set()

    # Running...

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Run a test with the learner's functions in place."""
        exercise = exercise_of(pyfuncitem.path)
        if exercise is None:
            return None
        trial = self._trial(exercise, pyfuncitem)
        tell = partial(self._tell_of_end, pyfuncitem, trial)
        with no_longer_than(seconds_allowed(exercise.seconds), trial.path, tell):
            failure = trial.run()
            score = trial.score() if failure is None else None
        if score is not None:
            self._scores[exercise.id] = score
        if trial.runs is not None:
            self._workspace.keep_runs(exercise, *trial.runs)
        self._write(exercise, pyfuncitem, failure, score)
        if failure is not None:
            self._failed.add(exercise.id)
            raise TrialFailed(failure)
        return True

    def _trial(self, exercise: Exercise, item: pytest.Function) -> Trial:
        arguments = {name: value for name, value in item.funcargs.items() if name in item._fixtureinfo.argnames}
        test = item.obj

        def call() -> object:
            if "answers" in arguments:
                arguments["answers"] = self._worlds.answers
            return test(**arguments)

        path = self._workspace.file_of(exercise)
        trial = Trial(exercise, path, test, call, self._worlds)
        many_values = getattr(test, "hypothesis", None)
        if many_values is not None:
            many_values.inner_test = noted(trial, many_values.inner_test)
        return trial

    # Telling...

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
        """A sentence instead of a traceback."""
        outcome = yield
        if call.excinfo is not None and isinstance(call.excinfo.value, TrialFailed):
            outcome.get_result().longrepr = call.excinfo.value.failure.text(self._width)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What the solutions cost that passed."""
        for id, score in self._scores.items():
            if id not in self._failed and (text := score.text()):
                terminalreporter.write_line(f"{id}: {text}")

    @property
    def _width(self) -> int:
        reporter = self._config.pluginmanager.getplugin("terminalreporter")
        return int(reporter._tw.fullwidth) if reporter is not None else 100

    def _tell_of_end(self, item: pytest.Function, trial: Trial, sentence: str) -> None:
        failure = trial.failure_of(sentence)
        self._write(trial.exercise, item, failure, None)
        capture = self._config.pluginmanager.getplugin("capturemanager")
        if capture is not None:
            capture.suspend_global_capture(in_=True)
        print(f"\n{failure.text(self._width)}", flush=True)

    def _write(self, exercise: Exercise, item: pytest.Function, failure: Failure | None, score: Score | None) -> None:
        if self._report is None:
            return
        line = {
            "exercise": exercise.id,
            "test": item.name,
            "failure": failure and failure.as_json(),
            "score": score and score.as_json(),
        }
        with self._report.open("a", encoding="utf-8") as report:
            report.write(json.dumps(line) + "\n")


def exercise_of(test: Path) -> Exercise | None:
    """The exercise that a file of tests belongs to, by its name."""
    return next((one for one in EXERCISES if test.name == f"test_{one.stem}.py"), None)
