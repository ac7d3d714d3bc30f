"""The watched state as a table: what it was when the chosen steps began, and what it is when the last one has ended.

Java: no counterpart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from kafka_nio.book.history import value_text
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.problem import BookError
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recording import Recording, Step


@dataclass(frozen=True, slots=True)
class Row:
    """A path of the state, before and after; None where it is not there."""

    path: str
    before: Shown | None
    after: Shown | None

    @property
    def is_changed(self) -> bool:
        """Whether the steps left it otherwise than they found it."""
        return self.before != self.after


def state_rows(recording: Recording, steps: Sequence[Step]) -> list[Row]:
    """The state around these steps.

    Raises:
        BookError: if the recording was made without state.
    """
    before, after = recording.state_at(steps[0].seq), recording.state_after(_last(steps).seq)
    rows = [Row(path, before.get(path), after.get(path)) for path in sorted({*before, *after})]
    if not rows:
        raise BookError(f"{recording.name} was made without the state: there is none to show")
    return rows


def state_table(recording: Recording, steps: Sequence[Step]) -> str:
    """The rows as HTML, those that changed marked and with what they were."""
    rows = state_rows(recording, steps)
    last = _last(steps)
    changed = sum(row.is_changed for row in rows)
    title = element("b", None, f"The state after step {last.seq}")
    since = f"{changed} of {len(rows)} changed since step {steps[0].seq} began" if changed else "nothing has changed"
    heads = ("", "value", f"as step {steps[0].seq} began")
    head = element("tr", None, *(element("th", {"scope": "col"}, text) for text in heads))
    body = element("tbody", None, *map(_row, rows))
    table = element("table", {"class": "kt-table"}, element("thead", None, head), body)
    caption = element("p", {"class": "kt-head"}, title, element("span", None, since))
    box: Attributes = {"class": "kt-scroll", "tabindex": 0, "role": "group", "aria-label": "The state"}
    return element("div", {"class": "kt-state"}, caption, element("div", box, table))


def _last(steps: Sequence[Step]) -> Step:
    """The step that ends last."""
    return max(steps, key=lambda step: step.end_ns)


def _row(row: Row) -> str:
    attributes: Attributes = {"data-path": row.path, "class": "kt-changed" if row.is_changed else None}
    return element(
        "tr",
        attributes,
        element("th", {"scope": "row"}, escape(row.path)),
        element("td", None, escape(value_text(row.path, row.after))),
        element("td", None, escape(value_text(row.path, row.before)) if row.is_changed else ""),
    )
