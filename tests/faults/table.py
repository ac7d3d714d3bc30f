"""What came of each fault, as a row; and the rows as a table, on a terminal and on a page.

A test takes the fixture `note` and calls it with an `Outcome`, before it asserts anything: a row that broke a promise
is to be seen as well. At the end of the run pytest prints the rows of all tests, from all of its processes.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from typing import NamedTuple

PROPERTY = "outcome of a fault"
"""Under this name a test's report carries its rows from the process that ran it."""

NO_PAUSE = "no pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was done to a producer under load, and what came of its records."""

    setting: str
    """The heading that the row stands under, such as "Three nodes of Apache Kafka"."""
    fault: str
    """What happened, in a few words."""
    acknowledged: int
    """How many records' futures succeeded."""
    failed: int = 0
    """How many failed; each of them said why."""
    lost: int | None = 0
    """Acknowledged, and not where the acknowledgement said; None, as in the two below, if nothing was read back."""
    duplicated: int | None = 0
    """Copies beyond the first."""
    reordered: int | None = 0
    """Records that stand behind a later one of their partition."""
    recovery_s: float | None = None
    """From the fault until the last partition that paused was acknowledged again; None where none paused."""
    within_s: float | None = None
    """What `recovery_s` was promised to stay below, if anything was."""
    selects_per_s: float | None = None
    """How often the producer's loop went round, where that was counted."""
    remark: str = ""
    """What the numbers need to be understood: whole words, no full stop."""
    measured: str = ""
    """With what the row was measured, if it was kept."""

    @property
    def in_time(self) -> bool:
        """Whether it recovered within what was promised."""
        return self.within_s is None or self.recovery_s is None or self.recovery_s <= self.within_s


Note = Callable[[Outcome], None]
"""The fixture `note`."""


class Column(NamedTuple):
    """What a column is called, and whether its cells are numbers."""

    title: str
    numeric: bool = True


COLUMNS = (
    Column("fault", numeric=False),
    Column("acknowledged"),
    Column("failed"),
    Column("lost"),
    Column("duplicated"),
    Column("reordered"),
    Column("time to recover"),
    Column("promised"),
    Column("selects per second"),
    Column("remark", numeric=False),
)


def as_terminal_lines(outcomes: Iterable[Outcome]) -> list[str]:
    """A table for each setting, in columns of spaces."""
    lines = []
    for setting, columns, rows in _tables(outcomes):
        titles = [column.title for column in columns]
        widths = [max(map(len, cells)) for cells in zip(titles, *rows, strict=True)]
        lines.append(setting)
        for cells in (titles, *rows):
            placed = zip(cells, widths, columns, strict=True)
            text = "  ".join(
                cell.rjust(width) if column.numeric else cell.ljust(width) for cell, width, column in placed
            )
            lines.append(f"  {text.rstrip()}")
        lines.append("")
    return lines[:-1]


def as_markdown(outcomes: Iterable[Outcome]) -> str:
    """A heading and a table for each setting."""
    parts = []
    for setting, columns, rows in _tables(outcomes):
        lines = [
            _row(column.title for column in columns),
            _row("--:" if column.numeric else "---" for column in columns),
            *map(_row, rows),
        ]
        parts.append(f"## {setting}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _tables(outcomes: Iterable[Outcome]) -> Iterable[tuple[str, list[Column], list[list[str]]]]:
    """The rows by setting, without columns in which there is nothing to read."""
    order = list(outcomes)
    settings = list(dict.fromkeys(outcome.setting for outcome in order))
    order.sort(key=lambda outcome: settings.index(outcome.setting))
    for setting, group in groupby(order, key=lambda outcome: outcome.setting):
        rows = [_cells(outcome) for outcome in group]
        used = [index for index in range(len(COLUMNS)) if any(row[index] for row in rows)]
        yield setting, [COLUMNS[index] for index in used], [[row[index] for index in used] for row in rows]


def _cells(outcome: Outcome) -> list[str]:
    return [
        outcome.fault,
        *(f"{count:,}" for count in (outcome.acknowledged, outcome.failed)),
        *("" if count is None else f"{count:,}" for count in (outcome.lost, outcome.duplicated, outcome.reordered)),
        NO_PAUSE if outcome.recovery_s is None else f"{outcome.recovery_s:.1f} s",
        "" if outcome.within_s is None else f"{outcome.within_s:g} s",
        "" if outcome.selects_per_s is None else f"{outcome.selects_per_s:,.0f}",
        outcome.remark,
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def to_json(outcomes: Sequence[Outcome]) -> str:
    """For `results.json`, one row a line so that a change is easy to see."""
    return "[\n" + ",\n".join(json.dumps(asdict(outcome)) for outcome in outcomes) + "\n]\n"


def from_json(text: str) -> list[Outcome]:
    """The rows of `results.json`, or of a report."""
    return [from_dict(row) for row in json.loads(text)]


def from_dict(row: dict[str, object]) -> Outcome:
    """The row again that `asdict` took apart.

    Raises:
        ValueError: a field is unknown or missing.
    """
    known = {field.name for field in fields(Outcome)}
    if unknown := set(row) - known:
        raise ValueError(f"no column for {', '.join(sorted(unknown))}")
    try:
        return Outcome(**row)  # type: ignore[arg-type]  # whose types are those that `asdict` took apart
    except TypeError as missing:
        raise ValueError(str(missing)) from None
