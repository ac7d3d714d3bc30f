"""What an exercise is: some functions of the package to write oneself, and everything that helps in doing so.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, cast

from kafka_nio.spans import SPANS, Span, Stage
from kafka_nio.tracing import Recording


class Kind(StrEnum):
    """What the learner does."""

    BUILD = "build"
    """Write the function."""
    FIX = "fix"
    """Find the bug in it."""
    PREDICT = "predict"
    """Answer before seeing what happens."""
    DIAGNOSE = "diagnose"
    """Tell from recordings alone."""


@dataclass(frozen=True, slots=True)
class Target:
    """A function of the package whose place the learner's takes.

    Args:
        owner: the class, or the module, that has it.
        name: its name there.
        planted: a wrong version, to be mended; None if the learner gets the function without its body.
        stage, show: how it is shown in recordings, as in `@span`, if it is not marked in the source.
        written_as: its name in the learner's file, if that has two of the same name.
        hole: texts in the first and the last line of what is to be written; if none, that is the whole body.
    """

    owner: type | ModuleType
    name: str
    planted: Callable[..., Any] | None = None
    stage: Stage = Stage.RUN
    show: str = ""
    written_as: str = ""
    hole: tuple[str, str] | None = None

    @property
    def name_in_file(self) -> str:
        """What the learner's function is called."""
        return self.written_as or self.name

    @property
    def original(self) -> Callable[..., Any]:
        """The package's own function."""
        function: object = vars(self.owner)[self.name]
        assert isinstance(function, FunctionType), f"{self.name} of {self.owner} is no plain function"
        return function

    @property
    def span(self) -> Span:
        """What its steps are called in a recording."""
        for span in SPANS.values():
            if span.function is self.original:
                return span
        original = cast(FunctionType, self.original)
        return Span(original.__qualname__, self.stage, original, tuple(self.show.split()))

    @property
    def symbol(self) -> str:
        """Where it stands: `kafka_nio.network.selector.Selector.poll`."""
        return f"{self.original.__module__}.{self.original.__qualname__}"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A solution that many write and that is wrong.

    Args:
        name: in a few words with `_` between them.
        misconception: the belief behind it, as in the `@misconception` of the test that catches it.
        what: what it does wrong, in a sentence.
        instead: pieces of the solution, each with what stands there instead: no more than the mistake. Without any,
            it is the file `wrong_NAME.py` in the exercise's folder.
    """

    name: str
    misconception: str
    what: str
    instead: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise. Its folder in this package holds:

    - `__init__.py`: this, as `EXERCISE`;
    - `test.py`: what the learner's solution is tested with, plain pytest;
    - `wrong_*.py`: known wrong solutions that have little in common with the right one;
    - `start.py`: what the learner begins with, if those are not functions of the package without what is to be written;
    - `solution.py`: the solution, if that is not the package itself.

    Args:
        id: e01 to e20, the order in which they build on each other.
        name: in a few words with `_` between them, which is the learner's file: `e03_frames_in_pieces.py`.
        title: what to do, in a line.
        chapter: the page of the site that it belongs to: `chapters/reading.md`.
        story: what one needs to know, and what is asked for, in short paragraphs.
        hints: a question, the place, the shape of the answer.
        targets: the functions to write; none where there is only something to answer.
        below: what stands below the functions, without its answer and with it.
        wrong: known wrong solutions, two at least.
        recordings: makes recordings that the learner is given, by name; the workspace has them in `recordings/`.
        seconds: how long its tests may take before somebody asks whether a loop ever ends.
    """

    id: str
    name: str
    kind: Kind
    title: str
    chapter: str
    story: str
    hints: tuple[str, str, str]
    targets: tuple[Target, ...] = ()
    below: tuple[str, str] = ("", "")
    wrong: tuple[Wrong, ...]
    recordings: Callable[[], Mapping[str, Recording]] | None = None
    seconds: float = 10

    @property
    def stem(self) -> str:
        """What its files are called, without their suffix."""
        return f"{self.id}_{self.name}"

    @property
    def folder(self) -> Path:
        """Where its files are in the package."""
        return Path(__file__).parent / "catalogue" / self.stem

    def file(self, name: str) -> Path | None:
        """A file of its folder, if there is one of this name."""
        file = self.folder / name
        return file if file.is_file() else None
