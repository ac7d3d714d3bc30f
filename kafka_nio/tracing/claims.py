"""What a recording's file claims, taken over only after a look: it may come from anywhere, and it is printed.

Texts lose what a terminal would obey, numbers have an end, and whatever has the wrong shape is refused in a sentence.

Java: no counterpart.
"""

from collections.abc import Mapping

from kafka_nio.quoting import harmless
from kafka_nio.tracing.describe import Shown

MOST_BITS = 64
"""Of a number, as OTLP has it. Endless numbers can neither be divided nor printed."""


def text(claimed: object, what: str) -> str:
    """A text, made harmless; `what` is what the error calls it.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(claimed, str):
        raise ValueError(f"{what} is no text but {_kind(claimed)}")
    return harmless(claimed)


def number(claimed: object, what: str, *, at_least: int = -(2 ** (MOST_BITS - 1))) -> int:
    """A whole number, written as one or as text, that 64 bits can hold.

    Raises:
        ValueError: it is none, or too small or too large.
    """
    if not isinstance(claimed, int | str):
        raise ValueError(f"{what} is no number but {_kind(claimed)}")
    result = int(claimed)
    if not at_least <= result < 2**MOST_BITS:
        raise ValueError(f"{what} is a number out of range")
    return result


def value(claimed: object, what: str) -> Shown:
    """A value as steps show it: a text, a number or a truth value.

    Raises:
        ValueError: it is something else, such as a list.
    """
    match claimed:
        case str():
            return harmless(claimed)
        case bool() | float():
            return claimed
        case int():
            return number(claimed, what)
        case _:
            raise ValueError(f"{what} has no plain value but {_kind(claimed)}")


def value_or_none(claimed: object, what: str) -> Shown | None:
    """As `value`, where there may be no value.

    Raises:
        ValueError: it is something else.
    """
    return None if claimed is None else value(claimed, what)


def values(claimed: object, what: str) -> dict[str, Shown]:
    """Values by name.

    Raises:
        ValueError: it is no mapping, or one of the values is none.
    """
    return {name: value(one, f"{what}, {name}") for name, one in _mapping(claimed, what).items()}


def values_or_none(claimed: object, what: str) -> dict[str, Shown | None]:
    """Values by name, some of which may be gone.

    Raises:
        ValueError: it is no mapping, or one of the values is neither a value nor None.
    """
    return {name: value_or_none(one, f"{what}, {name}") for name, one in _mapping(claimed, what).items()}


def rows(claimed: object, what: str, *lengths: int) -> list[list[object]]:
    """A list of lists that are each so long, or so.

    Raises:
        ValueError: it is something else.
    """
    if not isinstance(claimed, list) or not all(isinstance(row, list) and len(row) in lengths for row in claimed):
        raise ValueError(f"{what} are not in rows of {' or '.join(map(str, lengths))}")
    return claimed


def _mapping(claimed: object, what: str) -> Mapping[str, object]:
    if not isinstance(claimed, dict):
        raise ValueError(f"{what} names no values but is {_kind(claimed)}")
    return {harmless(name): value for name, value in claimed.items()}


def _kind(claimed: object) -> str:
    return "nothing" if claimed is None else f"of type {type(claimed).__name__}"
