"""Which statements of a function ran, and how often, from the lines that a recording noted.

A recording notes lines as the interpreter reports them. A call over four lines is reported line by line and then by its
first line again, so the lines of a statement disagree about how often it ran. What is said here is said of statements.

Lines are those of the file as it stands now. The recording's may be others, if something above the function has grown
since; as long as the function itself is the same, they are all off by the same number.

Java: no counterpart.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from kafka_nio.book.code import Function, Statement
from kafka_nio.tracing.recording import Step, format_lines


class Ran:
    """How often each statement of one function ran, by its first line."""

    def __init__(self, function: Function, hits: Counter[int] | None = None) -> None:
        self._function = function
        self.hits: Counter[int] = hits or Counter()

    @classmethod
    def of(cls, step: Step, function: Function) -> "Ran":
        """What ran in one step."""
        shift = function.line - step.line
        lines = {line + shift: hits for line, hits in step.lines.items()}
        counted = {statement.first: _hits(statement, lines) for statement in function.statements}
        return cls(function, Counter({first: hits for first, hits in counted.items() if hits}))

    @classmethod
    def together(cls, steps: Iterable[Step], function: Function) -> "Ran":
        """What ran in all these steps, those of other functions aside."""
        total = cls(function)
        for step in steps:
            if step.function == function.dotted_name:
                total.hits += cls.of(step, function).hits
        return total

    def lit(self) -> dict[int, int]:
        """Every line of a statement that ran, with the statement's hits."""
        return {
            line: self.hits[statement.first]
            for statement in self._function.statements
            if self.hits[statement.first]
            for line in range(statement.first, statement.last + 1)
        }

    def packed(self) -> str:
        """The lit lines as text: `120-123,125*3`."""
        return format_lines(self.lit())


def _hits(statement: Statement, lines: Mapping[int, int]) -> int:
    """The head of a block is entered by its first line; of anything else the rarest line tells the truth."""
    reported = [lines[line] for line in range(statement.first, statement.last + 1) if line in lines]
    if not reported:
        return 0
    return reported[0] if statement.is_head else min(reported)
