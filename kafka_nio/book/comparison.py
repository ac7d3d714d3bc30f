"""Two recordings beside each other, by what happened in them: what a figure with `show: compare` shows.

First what each took in all, then the steps that one has more often than the other, then both runs aligned step by step,
folded together where they are the same. `kafka-nio diff` prints the same.

Java: no counterpart.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import groupby

from kafka_nio.book.html import element
from kafka_nio.tracing.compare import Row, Stretch, Totals, aligned, rows, totals
from kafka_nio.tracing.recording import Recording, Step

NS_PER_MS = 1_000_000
COUNTED = ("wakeups", "selects", "system_calls")


def compared(before: Recording, after: Recording) -> str:
    """Two recordings compared, as HTML."""
    all_rows = rows(before, after)
    differing = [row for row in all_rows if row.before.count != row.after.count]
    waiting = [row for row in all_rows if _took_time(row)] if _selects(before, after) else []
    return element(
        "div",
        {"class": "kb-compare"},
        _totals(before, after),
        _differing(before, after, differing),
        _folded("In which steps time went by, in ms", _table(before, after, map(_costs, waiting))) if waiting else "",
        _folded("Both runs, step by step", *_runs(before, after)),
    )


def _selects(*recordings: Recording) -> bool:
    """Whether anybody could wait in them. Else time is only that of the computer, and says nothing."""
    return any(totals(recording).selects for recording in recordings)


def _differing(before: Recording, after: Recording, differing: Sequence[Row]) -> str:
    if not differing:
        return element("p", None, "Both have as many steps of each name.")
    number = len(differing)
    title = f"{number} steps that differ in number" if number != 1 else "1 step that differs in number"
    return _folded(title, _table(before, after, map(_counts, differing)))


def _totals(before: Recording, after: Recording) -> str:
    one, other = totals(before), totals(after)
    if not any(total.records or total.wakeups or total.system_calls for total in (one, other)):  # a select is one
        return element("p", None, "No records, wakeups, selects or system calls in either run.")
    cells = [("records", str(one.records), str(other.records))]
    for name in COUNTED:
        called = name.replace("_", " ")
        cells.append((called, str(getattr(one, name)), str(getattr(other, name))))
        if one.records and other.records:
            cells.append((f"{called} for each record", _each(one, name), _each(other, name)))
    return _table(before, after, [*cells, ("time, ms", _ms(one.duration_ns), _ms(other.duration_ns))])


def _each(total: Totals, name: str) -> str:
    return f"{total.per_record(getattr(total, name)) or 0:.2f}".rstrip("0").rstrip(".")


def _ms(time_ns: int) -> str:
    return f"{time_ns / NS_PER_MS:.2f}"


def _took_time(row: Row) -> bool:
    """Whether a millisecond went by in steps of this name. The clock of a recording stands still while code runs."""
    return max(row.before.own_ns, row.after.own_ns) >= NS_PER_MS


def _costs(row: Row) -> tuple[str, str, str]:
    return f"<code>{escape(row.name)}</code>", _ms(row.before.own_ns), _ms(row.after.own_ns)


def _counts(row: Row) -> tuple[str, str, str]:
    return f"<code>{escape(row.name)}</code>", str(row.before.count), str(row.after.count)


def _table(before: Recording, after: Recording, cells: Iterable[tuple[str, str, str]]) -> str:
    """A table with a column for each recording. The cells are HTML."""
    heads = [element("th", {"scope": "col"}, text) for text in ("", escape(before.name), escape(after.name))]
    lines = [
        element("tr", None, element("th", {"scope": "row"}, name), element("td", None, one), element("td", None, other))
        for name, one, other in cells
    ]
    table = element("table", None, element("thead", None, element("tr", None, *heads)), element("tbody", None, *lines))
    return element("div", {"class": "kb-scroll", "tabindex": 0, "role": "group", "aria-label": "Comparison"}, table)


def _folded(title: str, *content: str) -> str:
    return element("details", {"class": "kb-folded"}, element("summary", None, escape(title)), *content)


# Step by step...


def _runs(before: Recording, after: Recording) -> Iterator[str]:
    """Thread by thread, what both have in one line and what only one has in its own column."""
    for thread, stretches in groupby(aligned(before, after), key=lambda stretch: stretch.thread):
        yield element("p", {"class": "kb-thread"}, escape(thread))
        head = "".join(element("th", {"scope": "col"}, escape(one.name)) for one in (before, after))
        body = [element("tr", None, _cells(stretch)) for stretch in stretches]
        yield element("table", {"class": "kb-aligned"}, element("thead", None, element("tr", None, head)), *body)


def _cells(stretch: Stretch) -> str:
    if not stretch.is_equal:
        return element("td", None, _names(stretch.before)) + element("td", None, _names(stretch.after))
    number = len(stretch.before)
    names = _folded(f"{number} step{'' if number == 1 else 's'} in both", _names(stretch.before))
    return element("td", {"colspan": 2, "class": "kb-same"}, names)


def _names(steps: Iterable[Step]) -> str:
    items = [element("li", {"data-stage": step.stage}, escape(step.name) + _times(step)) for step in steps]
    return element("ol", None, *items) if items else ""


def _times(step: Step) -> str:
    return f" {step.count} times" if step.count > 1 else ""
