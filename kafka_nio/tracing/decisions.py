"""Reads a marked condition out of a function that is running: what it was worked out from and how it came out.

`@decision` names a local variable. Where it gets its value is found in the bytecode; as soon as the interpreter's
tracer reports that this is done, the variable and its operands stand in the frame and can be read.

A line that spans several, such as a call with an argument in each, is reported more than once. So it is not the line
that counts but the stretch of instructions that stores the variable.

Java: no counterpart.
"""

import dis
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any

from kafka_nio.spans import RETURN, DecisionMark
from kafka_nio.tracing.call import Call
from kafka_nio.tracing.describe import Shown, describe
from kafka_nio.tracing.step import Decision

STORES = ("STORE_FAST", "STORE_DEREF", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring instructions of one line, by their offsets."""

    first: int
    last: int

    def __contains__(self, offset: int) -> bool:
        return self.first <= offset <= self.last


@dataclass(frozen=True, slots=True)
class Point:
    """Where a decision can be seen: after one of these stretches, or, if there are none, when the function returns."""

    mark: DecisionMark
    stretches: tuple[Stretch, ...]

    def note(self, call: Call, frame: FrameType, line: int, returned: object) -> None:
        """Add to the call what has been decided in this frame."""
        scope = frame.f_locals
        if self.mark.variable != RETURN and self.mark.variable not in scope:
            return
        result = returned if self.mark.variable == RETURN else scope[self.mark.variable]
        function = self.mark.function
        is_own = function is call.span.function
        call.decisions += (
            Decision(
                self.mark.name,
                line,
                dict(_operands(self.mark.operands, scope)),
                _told(result),
                "" if is_own else f"{function.__module__}.{function.__qualname__}",
            ),
        )


def points_by_code(marks: Iterable[DecisionMark]) -> dict[CodeType, tuple[Point, ...]]:
    """The points of each function that has any."""
    points: dict[CodeType, tuple[Point, ...]] = {}
    for mark in marks:
        code = mark.function.__code__
        stretches = () if mark.variable == RETURN else tuple(_stretches(code, mark.variable))
        points[code] = (*points.get(code, ()), Point(mark, stretches))
    return points


def _stretches(code: CodeType, variable: str) -> Iterable[Stretch]:
    """The stretches of instructions that give the variable a value."""
    stretch: list[dis.Instruction] = []
    line: int | None = None
    for instruction in [*dis.get_instructions(code), None]:
        now = None if instruction is None else instruction.positions and instruction.positions.lineno
        if instruction is None or now != line:
            if any(_stores(one, variable) for one in stretch):
                yield Stretch(stretch[0].offset, stretch[-1].offset)
            stretch, line = [], now
        if instruction is not None:
            stretch.append(instruction)


def _stores(instruction: dis.Instruction, variable: str) -> bool:
    value = instruction.argval
    names = value if isinstance(value, tuple) else (value,)
    return instruction.opname in STORES and variable in names


def _operands(names: Iterable[str], scope: Mapping[str, Any]) -> Iterable[tuple[str, Shown]]:
    """What the operands are now. One that has no value yet, since the function did not come so far, is left out."""
    for name in names:
        first, *attributes = name.split(".")
        try:
            value = scope[first]
            for attribute in attributes:
                value = _attribute(value, attribute)
        except (LookupError, AttributeError):
            continue
        yield name, _told(value)


def _attribute(value: object, name: str) -> object:
    """An attribute that is simply there. A property would run the program's code, so it does not count."""
    if isinstance(getattr(type(value), name, None), property):
        raise LookupError(name)
    return getattr(value, name)


def _told(value: object) -> Shown:
    try:
        return describe(value)
    except Exception:
        return type(value).__name__
