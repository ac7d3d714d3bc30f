"""Keeps what is printed of a recording short: a value of two megabytes, or a thousand of them, are nothing to read.

What is left out is counted in words. The recording itself, which one may search and export, stays whole.

Java: no counterpart.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Change, Decision, Link

MOST_CHARACTERS = 500
"""Of one value. What a recorder describes itself has a hundred at most."""

MOST_VALUES = 100
"""Of one step or decision: values that stand beside each other in one text."""

MOST_ROWS = 1000
"""Of one list or table."""

T = TypeVar("T")
V = TypeVar("V", Shown, Shown | None)


def cut(value: object) -> str:
    """A value as text, with the number of characters that are left out at its end."""
    text = str(value)
    left_out = len(text) - MOST_CHARACTERS
    return text if left_out <= 0 else f"{text[:MOST_CHARACTERS]}… {left_out:,} more characters"


def few(things: Iterable[T], most: int = MOST_ROWS) -> tuple[list[T], int]:
    """The first of them, and how many more there are."""
    every = list(things)
    return every[:most], max(len(every) - most, 0)


def more(number: int, what: str) -> str:
    """`and 1,500 more fields`."""
    return f"and {number:,} more {what}"


def listed(things: Iterable[object], separator: str = ", ") -> str:
    """The things in one text, `record 1, batch 1`, with the number of those that are left out at its end."""
    shown, left_out = few(things, MOST_VALUES)
    return separator.join([*map(cut, shown), *([more(left_out, "of them")] if left_out else [])])


def short(recording: Recording) -> Recording:
    """The recording with all its texts cut, for printing."""
    return Recording(cut(recording.name), tuple(short_step(step) for step in recording.steps))


def short_step(step: Step) -> Step:
    """The step with all its texts cut, for printing."""
    return replace(
        step,
        name=cut(step.name),
        thread=cut(step.thread),
        shown=_values(step.shown),
        error=None if step.error is None else cut(step.error),
        error_type=None if step.error_type is None else cut(step.error_type),
        decisions=_decisions(step.decisions),
        changes=_changes(step.changes),
        links=_links(step.links),
    )


# What stands in rows; if there are more, the last row says how many...


def _decisions(decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    kept, left_out = few(decisions)
    rows = [replace(one, name=cut(one.name), operands=_values(one.operands), result=_value(one.result)) for one in kept]
    return (*rows, *([Decision("…", 0, {}, f"{left_out:,} more decisions")] if left_out else []))


def _changes(changes: tuple[Change, ...]) -> tuple[Change, ...]:
    kept, left_out = few((change.at_ns, *item) for change in changes for item in change.values.items())
    rows = [Change(at_ns, {cut(path): _value(value)}) for at_ns, path, value in kept]
    return (*rows, *([Change(rows[-1].at_ns, {"…": f"{left_out:,} more changes"})] if left_out else []))


def _links(links: tuple[Link, ...]) -> tuple[Link, ...]:
    kept, left_out = few(links)
    rows = [Link(link.to, cut(link.why)) for link in kept]
    return (*rows[:-1], Link(rows[-1].to, f"{rows[-1].why}, {more(left_out, 'links')}")) if left_out else tuple(rows)


# What stands in one row...


def _values(values: Mapping[str, Shown]) -> dict[str, Shown]:
    """Values by name, as many as fit into one text."""
    names, left_out = few(values, MOST_VALUES)
    kept = _cut({name: values[name] for name in names})
    return kept | ({"…": f"{left_out:,} more"} if left_out else {})


def _cut(values: Mapping[str, V]) -> dict[str, V]:
    return {cut(name): _value(value) for name, value in values.items()}


def _value(value: V) -> V:
    return cut(value) if isinstance(value, str) else value
