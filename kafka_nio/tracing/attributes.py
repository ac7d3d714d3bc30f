"""How a step's structured parts are written as attributes of a span: compact JSON text, and back.

Each pair of functions here is one attribute; docs/recordings.md explains them to whoever reads a file with other tools.
What is read is looked at first (`claims`), and a `ValueError` says what is wrong with it.

Java: no counterpart.
"""

import json
from collections.abc import Iterable, Mapping

from kafka_nio.quoting import harmless
from kafka_nio.tracing import claims
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Change, Decision, Field, Moved, Step

# Lines that ran: "120-123,130,125*3"...


MOST_LINES = 5000
"""Of one function. A file that claims more is not believed: `1-999999999` would fill the memory."""


def format_lines(lines: Mapping[int, int]) -> str:
    """Line numbers in the given order, each with how often it ran; neighbours that ran equally often are joined."""
    runs: list[tuple[int, int, int]] = []
    for line, hits in lines.items():
        if runs and runs[-1][1] == line - 1 and runs[-1][2] == hits:
            runs[-1] = (runs[-1][0], line, hits)
        else:
            runs.append((line, line, hits))
    return ",".join(_run_text(*run) for run in runs)


def _run_text(first: int, last: int, hits: int) -> str:
    return (f"{first}" if first == last else f"{first}-{last}") + (f"*{hits}" if hits > 1 else "")


def parse_lines(text: str) -> dict[int, int]:
    """The opposite of `format_lines`."""
    lines: dict[int, int] = {}
    for run in filter(None, text.split(",")):
        numbers, _, hits = run.partition("*")
        first, _, last = numbers.partition("-")
        begin, end = claims.number(first, "a line"), claims.number(last or first, "a line") + 1
        if end - begin + len(lines) > MOST_LINES:
            raise ValueError(f"lines {text[:40]!r}: a step runs through {MOST_LINES} lines at most")
        lines |= dict.fromkeys(range(begin, end), claims.number(hits or 1, "how often a line ran"))
    return lines


# Decisions: [[name, line, {operand: value}, result, function], ...]; the function is left out if it is the step's own


def format_decisions(decisions: Iterable[Decision]) -> str:
    """Decisions in the order in which they were taken."""
    return _compact(
        [
            [one.name, one.line, dict(one.operands), one.result, *([one.function] if one.function else [])]
            for one in decisions
        ]
    )


def parse_decisions(text: str) -> tuple[Decision, ...]:
    """The opposite of `format_decisions`."""
    return tuple(_decision(*row) for row in claims.rows(json.loads(text), "decisions", 4, 5))


def _decision(name: object, line: object, operands: object, result: object, function: object = "") -> Decision:
    return Decision(
        claims.text(name, "a decision's name"),
        claims.number(line, "a decision's line"),
        claims.values(operands, "a decision's operands"),
        claims.value(result, "a decision's result"),
        claims.text(function, "a decision's function"),
    )


# Changes: [[nanoseconds after the step's start, {path: value, or null where it is gone}], ...]


def format_changes(step: Step) -> str:
    """What a step changed, at times counted from its start."""
    return _compact([[change.at_ns - step.start_ns, dict(change.values)] for change in step.changes])


def parse_changes(text: str, start_ns: int) -> tuple[Change, ...]:
    """The opposite of `format_changes`."""
    return tuple(
        Change(start_ns + claims.number(after_ns, "a change's time"), claims.values_or_none(values, "a change"))
        for after_ns, values in claims.rows(json.loads(text), "changes", 2)
    )


# State: {path: value}


def format_state(state: Mapping[str, Shown]) -> str:
    """A full state."""
    return _compact(dict(state))


def parse_state(text: str) -> dict[str, Shown]:
    """The opposite of `format_state`."""
    return claims.values(json.loads(text), "the state")


# Entities: "record 1, batch 1"


def format_about(about: Iterable[str]) -> str:
    """The entities a step touches."""
    return ", ".join(about)


def parse_about(text: str) -> tuple[str, ...]:
    """The opposite of `format_about`."""
    return tuple(filter(None, harmless(text).split(", ")))


# A frame's fields: [[offset, length, name, value, writer], ...]; the writer is left out where it is the one before


def format_fields(fields: Iterable[Field]) -> str:
    """The fields of a message."""
    rows: list[list[Shown | None]] = []
    writer = None
    for one in fields:
        row: list[Shown | None] = [one.offset, one.length, one.name, one.value]
        rows.append(row if one.writer == writer else [*row, one.writer])
        writer = one.writer
    return _compact(rows)


def parse_fields(text: str) -> tuple[Field, ...]:
    """The opposite of `format_fields`."""
    fields: list[Field] = []
    writer = ""
    for offset, length, name, value, *writers in claims.rows(json.loads(text), "fields", 4, 5):
        writer = claims.text(writers[0], "a field's writer") if writers else writer
        fields.append(
            Field(
                claims.number(offset, "a field's offset"),
                claims.number(length, "a field's length"),
                claims.text(name, "a field's name"),
                claims.value_or_none(value, "a field"),
                writer,
            )
        )
    return tuple(fields)


# Moved bytes: ["0", "out", 0, 137]


def format_moved(moved: Moved) -> str:
    """Which bytes a system call moved."""
    return _compact([moved.connection, moved.direction, moved.start, moved.length])


def parse_moved(text: str) -> Moved:
    """The opposite of `format_moved`."""
    ((connection, direction, start, length),) = claims.rows([json.loads(text)], "moved bytes", 4)
    return Moved(
        claims.text(connection, "the connection of moved bytes"),
        claims.text(direction, "the direction of moved bytes"),
        claims.number(start, "the first moved byte"),
        claims.number(length, "the number of moved bytes"),
    )


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
