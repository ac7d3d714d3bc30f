"""What a learner is told when a test fails: what was expected, where the runs first differ, and how to get a hint.

Java: no counterpart.
"""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from kafka_nio.exercises.difference import Row

NARROWEST = 60

RUNS = "your run", "the reference"

ANSWER = "your answer", "the recording"

MOST_PRINTED = 10
"""So many lines of what the learner's code printed are shown, the last ones."""

SAME_STEPS = "Both take the same steps. What differs is in what was found."


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a test failed.

    Args:
        expected: what should have been, in one sentence.
        found: what was instead.
        given: the values that the test was run with, if it tries many.
        rows: the learner's run beside the right one, around the first step where they differ.
        answered: whether the first row is an answer and the step that refutes it, and no step of two runs.
        look: the command that shows that step.
        printed: what the learner's code has printed.
        belief: the name of the misconception that makes this test fail, if one does.
        remark: what to say to somebody who holds it.
        hint: the command for a hint.
    """

    expected: str
    found: str
    given: str = ""
    rows: tuple[Row, ...] = ()
    answered: bool = False
    look: str = ""
    printed: str = ""
    belief: str = ""
    remark: str = ""
    hint: str = ""

    def text(self, width: int = 100) -> str:
        """All of it, for a terminal of so many columns."""
        return "\n".join(self._lines(max(width, NARROWEST)))

    def _lines(self, width: int) -> Iterator[str]:
        yield from _wrapped("Expected: ", self.expected, width)
        yield from _wrapped("Found:    ", self.found, width)
        if self.given:
            yield from _wrapped("With:     ", self.given, width)
        if self.rows:
            yield ""
            yield from side_by_side(self.rows, width, ANSWER if self.answered else RUNS)
            if not any(row.differs for row in self.rows):
                yield ""
                yield SAME_STEPS
        if self.printed:
            yield ""
            yield from self._printed(width)
        if self.remark:
            yield ""
            yield from _wrapped("", self.remark, width)
        if self.hint:
            yield ""
            if self.look:
                yield f"That step: {self.look}"
            yield f"A hint: {self.hint}"

    def _printed(self, width: int) -> Iterator[str]:
        lines = self.printed.splitlines()
        left_out = len(lines) - MOST_PRINTED
        lines_left = "1 line before these is" if left_out == 1 else f"{left_out} lines before these are"
        yield f"Your code printed ({lines_left} left out):" if left_out > 0 else "Your code printed:"
        for line in lines[-MOST_PRINTED:]:
            yield from textwrap.wrap(
                line, width, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
            ) or [""]

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        return asdict(self)

    @classmethod
    def of_json(cls, found: dict[str, Any]) -> "Failure":
        """From a report."""
        return cls(**{**found, "rows": tuple(Row(**row) for row in found["rows"])})


def side_by_side(rows: Iterable[Row], width: int, heads: tuple[str, str] = RUNS) -> Iterator[str]:
    """Two columns: `>` marks where they differ. What is too long goes on below."""
    column = (width - 5) // 2
    yield f"  {heads[0]:<{column}} │ {heads[1]}"
    for row in rows:
        mark = ">" if row.differs else " "
        yours, reference = (textwrap.wrap(text, column) or [""] for text in (row.yours, row.reference))
        for number in range(max(len(yours), len(reference))):
            one, other = (lines[number] if number < len(lines) else "" for lines in (yours, reference))
            yield f"{mark if number == 0 else ' '} {one:<{column}} │ {other}".rstrip()


def _wrapped(label: str, text: str, width: int) -> list[str]:
    indent = " " * len(label)
    # Not within a word: there are commands in it, to be copied.
    lines = textwrap.wrap(
        text, width, initial_indent=label, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )
    return lines or [label]
