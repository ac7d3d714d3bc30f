"""Does a kept recording still show today's code? If not, what has changed?

The sure way to know is to record again and compare. The hash that a recording keeps for each function then tells a
change of the code from a change of its place: whoever inserts a line at the top of a file moves all functions below.

Java: no counterpart.
"""

import sys
from dataclasses import fields, replace
from itertools import zip_longest

from kafka_nio.tracing.recording import Recording, Step

REFERENCE_PYTHON = (3, 11)
"""Recordings are byte for byte those of this version. Others may count the executed lines differently."""


def is_reference_python() -> bool:
    """Whether lines executed here are comparable with those in the kept recordings."""
    return sys.version_info[:2] == REFERENCE_PYTHON


def difference(kept: Recording, fresh: Recording, *, compare_lines: bool) -> str | None:
    """What distinguishes a kept recording from a fresh one, in a sentence; None if nothing does."""
    if not compare_lines:
        kept, fresh = without_lines(kept), without_lines(fresh)
    if kept == fresh:
        return None
    return _changed_functions(kept, fresh) or _moved_lines(kept, fresh) or _first_difference(kept, fresh)


def without_lines(recording: Recording) -> Recording:
    """The same recording, without the lines that ran."""
    return replace(recording, steps=tuple(replace(step, lines={}) for step in recording.steps))


def _changed_functions(kept: Recording, fresh: Recording) -> str | None:
    before = {step.function: step.source for step in kept.steps}
    changed = {step.name for step in fresh.steps if before.get(step.function, step.source) != step.source}
    return f"changed since: {', '.join(sorted(changed))}" if changed else None


def _moved_lines(kept: Recording, fresh: Recording) -> str | None:
    if [_unplaced(step) for step in kept.steps] != [_unplaced(step) for step in fresh.steps]:
        return None
    files = {old.file for old, new in zip(kept.steps, fresh.steps, strict=True) if old != new}
    return f"no function has changed, only line numbers, in {', '.join(sorted(files))}"


def _unplaced(step: Step) -> Step:
    """The step as it would be if its function began in line 0."""
    lines = {line - step.line: hits for line, hits in step.lines.items()}
    decisions = tuple(replace(one, line=0) for one in step.decisions)
    return replace(step, line=0, lines=lines, decisions=decisions)


def _first_difference(kept: Recording, fresh: Recording) -> str:
    for old, new in zip_longest(kept.steps, fresh.steps):
        if old is None:
            return f"the run goes on after step {len(kept.steps)} with {new.name}"
        if new is None:
            return f"the run ends after step {len(fresh.steps)}, where {old.name} followed"
        if _untimed(old) != _untimed(new):
            return f"step {old.seq}, {_on(old)}, {_change(old, new)}"
    return "the same steps, but at other times or under another name"


def _untimed(step: Step) -> Step:
    """The step without its times: a step more or less moves all that follow, and those that contain it."""
    changes = tuple(replace(change, at_ns=0) for change in step.changes)
    return replace(step, start_ns=0, end_ns=0, changes=changes)


def _change(old: Step, new: Step) -> str:
    if _on(old) != _on(new):
        return f"is now {_on(new)}"
    names = [field.name for field in fields(Step) if getattr(old, field.name) != getattr(new, field.name)]
    return f"differs in {', '.join(names)}"


def _on(step: Step) -> str:
    shown = ", ".join(f"{name}={value}" for name, value in step.shown.items())
    return f"{step.name}({shown}) on {step.thread}"
