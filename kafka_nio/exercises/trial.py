"""One test of an exercise, tried with the learner's functions in place; if it fails, with the right ones too.

That the test failed is not the answer. The answer is where the two runs part.

Java: no counterpart.
"""

import inspect
from bdb import BdbQuit
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from kafka_nio.demos import Demo, Outcome
from kafka_nio.exercises.attempt import Attempt, AttemptError, load
from kafka_nio.exercises.difference import first_difference
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.failure import Failure
from kafka_nio.exercises.marks import misconception_of, shows_costs
from kafka_nio.exercises.questions import NotAnswered, WrongAnswer
from kafka_nio.exercises.score import Cost, Score, bytes_held
from kafka_nio.exercises.world import World
from kafka_nio.tracing import Recording

ASSERT = "assert "

ANSWERS = "An answer to each question."

SLIPS = (AttributeError, BdbQuit, ImportError, NameError, RecursionError, SystemExit)
"""Errors that come of no belief about the producer."""


class BrokenExerciseError(Exception):
    """The right solution fails the test: a fault of the exercise, not of the learner."""


@dataclass
class Trial:
    """A test, and what it is called with: `worlds` is where its fixtures get what they give.

    `call` runs it; of a test that tries many values, the last ones stand in `given`.
    """

    exercise: Exercise
    path: Path
    test: Callable[..., Any]
    call: Callable[[], object]
    worlds: "Worlds"
    given: dict[str, Any] | None = None
    again: Callable[..., Any] | None = None
    """For a test that tries many values: the test with one of them."""
    runs: tuple[Recording, Recording] | None = None
    """The learner's run and the right one, after a failure."""
    printed: StringIO = field(default_factory=StringIO)
    """What the learner's code printed, on being read and in the run that is shown."""

    # The learner's turn...

    def run(self) -> Failure | None:
        """Try it; return why it failed, or None."""
        try:
            with redirect_stdout(self.printed):
                attempt = load(self.exercise, self.path)
        except AttemptError as error:
            return self._unusable(str(error))
        with self.worlds.of(attempt):
            try:
                self.call()
            except NotAnswered as error:
                return self._unusable(str(error))
            except (Exception, SystemExit) as error:
                raised = error
            else:
                return None
        self.runs = self._watched_run(attempt), self._reference_run()
        failure = self.failure_of(found_of(raised, attempt), self.runs)
        if not any(run.steps for run in self.runs):
            self.runs = None  # it asked about recordings that there are already
        if isinstance(raised, WrongAnswer):
            return replace(failure, rows=(raised.row,), answered=True, look=raised.look)
        if isinstance(raised, BdbQuit):
            failure = replace(failure, printed="")  # the debugger's own
        return replace(failure, remark="") if isinstance(raised, SLIPS) else failure

    def _unusable(self, found: str) -> Failure:
        failure = self.failure_of(found)
        # Of a question, the test's own sentence would tell the answer.
        return failure if self.exercise.targets else replace(failure, expected=ANSWERS)

    def failure_of(self, found: str, runs: tuple[Recording, Recording] | None = None) -> Failure:
        """What to tell the learner, who found this instead of what was expected."""
        belief = misconception_of(self.test) if runs else None
        return Failure(
            expected=sentence_of(self.test),
            found=found,
            given=", ".join(f"{name}={value!r}" for name, value in (self.given or {}).items()),
            rows=tuple(first_difference(*runs)) if runs else (),
            printed=self.printed.getvalue(),
            belief=belief.name if belief else "",
            remark=belief.remark if belief else "",
            hint=f"kafka-nio learn hint {self.exercise.id}",
        )

    # The same again, watched, and the right one's turn...

    def _watched_run(self, attempt: Attempt) -> Recording:
        """The run that failed, once more: of a test that tries many values, with the last ones alone."""
        with self.worlds.of(attempt, lines=True) as world:
            with redirect_stdout(self.printed), suppress(Exception, SystemExit):
                self._once()
            return world.recording or self._recorded(world)

    def _reference_run(self) -> Recording:
        with self.worlds.of(reference(self.exercise), lines=True) as world:
            try:
                self._once()
            except Exception as error:
                raise BrokenExerciseError(
                    f"{self.test.__name__} of {self.exercise.id} fails with the right solution, too "
                    f"({type(error).__name__}: {error}), so the fault is not yours"
                ) from error
            return world.recording or self._recorded(world)

    def _once(self) -> object:
        if self.again is not None and self.given is not None:
            return self.again(**self.given)
        return self.call()

    def _recorded(self, world: World) -> Recording:
        """A test that does not watch itself."""
        with suppress(Exception, SystemExit), world.wholly_watched():
            self._once()
        assert world.recording is not None
        return world.recording

    # What it costs...

    def score(self) -> Score | None:
        """What the solution costs; None if this is not the test that shows it."""
        if not shows_costs(self.test):
            return None
        return Score(self._cost(load(self.exercise, self.path)), self._cost(reference(self.exercise)))

    def _cost(self, attempt: Attempt) -> Cost:
        with self.worlds.of(attempt) as world:
            self._once()
            if world.recording is not None:
                return Cost.of(world.recording)
            held = bytes_held(self._once)
            return Cost.of(self._recorded(world), held)


class Worlds:
    """Where the fixtures of a test find the world that the test is in now."""

    def __init__(self) -> None:
        self.now = World()
        self.answers: ModuleType | None = None
        self._played: dict[Demo, Outcome] = {}
        """For questions, where nothing of the learner's is at work: the demos, played once and for all."""

    @contextmanager
    def of(self, attempt: Attempt, *, lines: bool = False) -> Iterator[World]:
        """The world in which this attempt's functions are at work.

        Args:
            lines: whether what is watched in it notes also which lines ran.
        """
        with attempt.in_place() as sparing_brokers:
            played = None if attempt.functions else self._played
            self.now, self.answers = World(sparing_brokers, lines=lines, played=played), attempt.answers
            yield self.now


def reference(exercise: Exercise) -> Attempt:
    """The right solution: the package as it is, unless the exercise brings one of its own."""
    file = exercise.file("solution.py")
    if file is not None:
        return load(exercise, file)
    answers = ModuleType("reference")
    exec(exercise.below[1], vars(answers))
    originals = tuple(target.original for target in exercise.targets)
    return Attempt(exercise, Path(inspect.getfile(Exercise)), answers, originals)


# In words...


def sentence_of(test: Callable[..., Any]) -> str:
    """What a test expects: its docstring's first paragraph."""
    text = inspect.getdoc(inspect.unwrap(test)) or test.__name__.replace("_", " ")
    return " ".join(text.partition("\n\n")[0].split())


def found_of(error: BaseException, attempt: Attempt) -> str:
    """What happened instead, in one sentence."""
    line = attempt.line_of(error)
    if isinstance(error, BdbQuit):
        return f"a debugger has no keyboard here, so it ended at once in {attempt.path.name}, line {line}: use print()"
    if isinstance(error, AssertionError) and line is None:
        return _asserted(str(error))
    where = f" in {attempt.path.name}, line {line}" if line is not None else ""
    reason = " ".join(str(error).split())
    return f"{type(error).__name__}{where}" + (f": {reason}" if reason else "")


def _asserted(text: str) -> str:
    """The test's own sentence if it has one, else what did not hold."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return "it is not so"
    first = lines[0]
    return f"{first.removeprefix(ASSERT)} does not hold" if first.startswith(ASSERT) else first


def noted(trial: Trial, inner: Callable[..., Any]) -> Callable[..., Any]:
    """A test that tries many values, noting each in the trial."""

    def run(*args: Any, **kwargs: Any) -> Any:
        trial.given = inspect.signature(inner).bind(*args, **kwargs).arguments
        return inner(*args, **kwargs)

    trial.again = inner
    return run
