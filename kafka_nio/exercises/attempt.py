"""A learner's file, read and put in the place of the package's functions.

Whatever is wrong with the file itself is an `AttemptError`: one sentence with the file and the line.

Java: no counterpart.
"""

import ast
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from kafka_nio.demos.running import Sparing
from kafka_nio.demos.stand_in import StandIn
from kafka_nio.exercises.exercise import Exercise, Target
from kafka_nio.exercises.text import NOT_WRITTEN

PACKAGE = "exercises"
"""What the learner's folder is called in recordings."""


class AttemptError(Exception):
    """The learner's file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Attempt:
    """What a learner wrote.

    `answers` are the names that the file defines; `functions` those that take a target's place, in the targets' order.
    """

    exercise: Exercise
    path: Path
    answers: ModuleType
    functions: tuple[Callable[..., Any], ...]

    @contextmanager
    def in_place(self) -> Iterator[Sparing]:
        """Have the learner's functions at work for the block. Yields what spares the brokers of this process."""
        with ExitStack() as stack:
            placed = []
            for target, function in zip(self.exercise.targets, self.functions, strict=True):
                stand_in = StandIn(target.original, function, target.span)
                placed.append((stand_in, stack.enter_context(stand_in.at_work())))

            @contextmanager
            def sparing_brokers() -> Iterator[None]:
                with ExitStack() as spared:
                    for stand_in, places in placed:
                        spared.enter_context(stand_in.sparing_brokers(places))
                    yield

            yield sparing_brokers

    def line_of(self, error: BaseException) -> int | None:
        """The line of the learner's file in which an error was raised, or passed through last."""
        lines = [
            frame.lineno for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename) == self.path
        ]
        return lines[-1] if lines else None


def load(exercise: Exercise, path: Path) -> Attempt:
    """Read a learner's file.

    Raises:
        AttemptError: it is not there, does not compile, fails when it is run, or lacks what the exercise asks for.
    """
    text = _text(exercise, path)
    tree = _parsed(text, path)
    _refuse_blank(exercise, tree, path)
    answers = _run(exercise, tree, path)
    return Attempt(exercise, path, answers, tuple(_function(target, answers, path) for target in exercise.targets))


def _text(exercise: Exercise, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise AttemptError(f"{path.name} is gone. A fresh one: kafka-nio learn reset {exercise.id}") from None
    except UnicodeDecodeError as error:
        raise AttemptError(f"{path.name} is not UTF-8 text, from byte {error.start} on") from None
    except OSError as error:
        raise AttemptError(f"{path.name} cannot be read: {error.strerror}") from None


def _parsed(text: str, path: Path) -> ast.Module:
    try:
        return ast.parse(text, str(path))
    except (SyntaxError, ValueError) as error:
        line, what = getattr(error, "lineno", None), getattr(error, "msg", str(error))
        raise AttemptError(f"{path.name}, line {line}: Python cannot read this: {what}") from None


def _refuse_blank(exercise: Exercise, tree: ast.Module, path: Path) -> None:
    blanks = {f"{target.name_in_file} {NOT_WRITTEN}" for target in exercise.targets}
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(args=[ast.Constant(value=str() as text)]), lineno=line) if text in blanks:
                raise AttemptError(f"{text}: write what is missing in {path.name}, from line {line} on")


def _run(exercise: Exercise, tree: ast.Module, path: Path) -> ModuleType:
    module = ModuleType(f"{PACKAGE}.{path.stem}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        exec(compile(tree, str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        lines = [one.lineno for one in traceback.extract_tb(error.__traceback__) if Path(one.filename) == path]
        where = f", line {lines[-1]}" if lines else ""
        quotes = ". An answer stands in quotes" if isinstance(error, NameError) and not exercise.targets else ""
        raise AttemptError(f"{path.name}{where}: {type(error).__name__}: {error}{quotes}") from None
    return module


def _function(target: Target, answers: ModuleType, path: Path) -> FunctionType:
    name = target.name_in_file
    function = vars(answers).get(name)
    if not isinstance(function, FunctionType):
        raise AttemptError(f"{path.name} has no function {name} any more, and that is the one to write")
    wanted, given = (list(inspect.signature(one).parameters) for one in (target.original, function))
    if given != wanted:
        raise AttemptError(
            f"{path.name}: {name} is called with ({', '.join(wanted)}), and yours takes ({', '.join(given)})"
        )
    return function
