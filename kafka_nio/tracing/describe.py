"""What a step shows of a value: a short text, a number or a truth value, taken at the moment the step sees it.

A batch that is shown now will be full later, so a recording cannot keep the batch; it keeps `describe(batch)`. What a
class says of itself in `__str__`, else in `__repr__`, is what the reader sees; the cases here are for values that say
too much, too little, or something that differs from run to run.

    @describe.register
    def _(value: MyClass) -> Shown: ...

Java: no counterpart.
"""

import dataclasses
import math
from collections import deque
from collections.abc import Collection, Mapping
from enum import Enum
from functools import singledispatch
from types import FunctionType, MethodType

from kafka_nio.protocol.schema import Alike

Shown = str | int | float | bool
"""What a span can carry."""

LONGEST_TEXT = 100
MOST_ITEMS = 4


@singledispatch
def describe(value: object) -> Shown:
    """A value as a reader wants to see it: short, and the same in every run of the same scenario."""
    kind = type(value)
    if value is None:
        return "None"
    if kind.__str__ is not object.__str__:
        return shortened(str(value))
    if kind.__repr__ is not object.__repr__ and not _repr_is_generated(kind):
        return shortened(_without_class(repr(value), kind.__name__))
    return kind.__name__


def shortened(text: str) -> str:
    """The text on one line, its end replaced by `…` where it is too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else line[: LONGEST_TEXT - 1] + "…"


def _without_class(text: str, name: str) -> str:
    """`<Pot of 5>` is `of 5` to a reader who sees that it is a pot."""
    is_bracketed = text.startswith("<") and text.endswith(">")
    return text[1:-1].removeprefix(f"{name} ") if is_bracketed else text


def _repr_is_generated(kind: type) -> bool:
    """A dataclass lists all its fields, which for a request is a page of text; its name has to do."""
    generated = hasattr(kind.__repr__, "__wrapped__") or kind.__repr__ is vars(Alike)["__repr__"]
    return dataclasses.is_dataclass(kind) and generated


@describe.register
def _(value: bool) -> Shown:
    return value


@describe.register
def _(value: int) -> Shown:
    return value if value.bit_length() < 64 else str(value)


@describe.register
def _(value: float) -> Shown:
    if math.isinf(value):
        return "never"
    return int(value) if value.is_integer() else value


@describe.register
def _(value: str) -> Shown:
    return shortened(value)


@describe.register
def _(value: Enum) -> Shown:
    return value.name


@describe.register(bytes)
@describe.register(bytearray)
@describe.register(memoryview)
def _(value: bytes | bytearray | memoryview) -> Shown:
    text = bytes(value[:LONGEST_TEXT]).decode("ascii", errors="replace")
    if text.isprintable() and len(value) <= LONGEST_TEXT // 2:
        return f'b"{text}"'
    return f"{len(value)} bytes"


@describe.register(list)
@describe.register(tuple)
@describe.register(set)
@describe.register(frozenset)
@describe.register(deque)
def _(value: Collection[object]) -> Shown:
    if type(value).__str__ is not object.__str__:
        return shortened(str(value))  # a named tuple that says what it is
    items = [str(describe(item)) for item in value]
    if isinstance(value, set | frozenset):
        items.sort()
    return shortened(f"[{_listed(items)}]")


@describe.register
def _(value: Mapping) -> Shown:  # type: ignore[type-arg]  # singledispatch takes the bare class only
    if value and all(item is None for item in value.values()):
        return describe(list(value))  # the keys alone: it serves as a set that keeps its order
    return shortened(f"{{{_listed([f'{describe(key)}: {describe(item)}' for key, item in value.items()])}}}")


def _listed(items: list[str]) -> str:
    more = [f"… {len(items)} in all"] if len(items) > MOST_ITEMS else []
    return ", ".join(items[:MOST_ITEMS] + more)


@describe.register(FunctionType)
@describe.register(MethodType)
def _(value: FunctionType | MethodType) -> Shown:
    return value.__qualname__
