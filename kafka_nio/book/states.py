"""The fenced block ``kafka-states``: a page names a table of transitions, the site shows it as a drawing.

    ```kafka-states
    table: kafka_nio.producer.transaction_state.TRANSITIONS
    start: UNINITIALIZED
    show: drawing code table
    caption: How far a producer is with its transaction.
    ```

table    the dotted name of a dict literal {(state, event): state}
start    the state in which everything begins; the first one of the enum if left out
show     any of `drawing code table`; drawing and table if left out
caption  a sentence below the figure

The drawing is made from the table when the site is built, so it cannot say anything else than the code. The table below
it says the same in words, for whoever cannot see the drawing or has no room for it.

Anything that is not so raises SuperFencesException, for the reason given in `kafka_nio.book.fence`.

Java: no counterpart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import count

from pymdownx.superfences import SuperFencesException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.drawing import drawing
from kafka_nio.book.highlight import highlighted_lines
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.listing import prose
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.book.transitions import TransitionTable, read_table
from kafka_nio.book.wiring import is_from_every

OPTIONS = frozenset({"table", "start", "show", "caption"})
PARTS = frozenset({"drawing", "code", "table"})


def kafka_states(
    source: str, language: str, css_class: str, options: Mapping[str, str], md: object, **_: object
) -> str:
    """The figure for one block, in the form that pymdownx.superfences calls.

    Raises:
        SuperFencesException: if the page asks for what is not there, or cannot be drawn.
    """
    try:
        return figure(source, Project.here()).html()
    except BookError as error:
        block = " | ".join(source.strip().splitlines())
        raise SuperFencesException(f"kafka-states ({block}): {error}") from error


@dataclass(frozen=True, slots=True)
class StatesFigure:
    """What a page asked for, found."""

    table: TransitionTable
    start: str
    parts: frozenset[str]
    caption: str

    def html(self) -> str:
        """The figure, complete without script."""
        parts = {"drawing": self._drawing, "code": self._code, "table": self._rows}
        shown = [part() for name, part in parts.items() if name in self.parts]
        caption = element("figcaption", None, prose(self.caption) + " " if self.caption else "", self._origin())
        return element("figure", {"class": "kt-figure"}, element("div", {"class": "kt ks"}, *shown), caption)

    def _drawing(self) -> str:
        label = f"{len(self.table.states)} states, drawn"
        attributes: Attributes = {"class": "ks-drawing", "tabindex": 0, "role": "group", "aria-label": label}
        return element("div", attributes, drawing(self.table, self.start))

    def _code(self) -> str:
        numbered = zip(count(self.table.first), highlighted_lines(self.table.text), strict=False)
        lines = [element("span", {"class": "kt-line", "data-line": line}, html, "\n") for line, html in numbered]
        place = element("span", {"class": "kt-place"}, escape(f"{self.table.file}:{self.table.first}"))
        name = element("code", None, escape(self.table.name.rpartition(".")[2]))
        return element(
            "section",
            {"class": "kt-function"},
            element("p", {"class": "kt-head"}, name, place),
            element("pre", {"class": "kt-code highlight", "tabindex": 0, "aria-label": self.table.name}, *lines),
        )

    def _rows(self) -> str:
        head = [
            element("th", {"scope": "col"}, text) for text in ("in this state", "on this event", "this one follows")
        ]
        rows = [element("tr", None, *(element("td", None, cell) for cell in row)) for row in self._cells()]
        parts = element("thead", None, element("tr", None, *head)), element("tbody", None, *rows)
        group: Attributes = {"class": "ks-rows", "tabindex": 0, "role": "group", "aria-label": "The same as a table"}
        return element("div", group, element("table", {"class": "ks-table"}, *parts))

    def _cells(self) -> Iterator[tuple[str, str, str]]:
        """The rows, in the order of the source. What leads from every state to the same one is one row."""
        states, events = _Words(self.table.states), _Words(self.table.events)
        gathered: set[tuple[str, str]] = set()
        for state, event, following in self.table.transitions:
            is_every, includes_target = self._is_from_every(event, following)
            if (event, following) in gathered:
                continue
            if is_every:
                gathered.add((event, following))
            who = f"any {'state' if includes_target else 'other state'}" if is_every else states.name(state)
            yield who, events.name(event), states.name(following)

    def _is_from_every(self, event: str, following: str) -> tuple[bool, bool]:
        """Whether the event leads from every state to this one; and whether it leads there from this one itself."""
        sources = [step.state for step in self.table.transitions if step[1:] == (event, following)]
        places = [list(self.table.states).index(state) for state in [*sources, following]]
        return is_from_every(places[:-1], places[-1], len(self.table.states)), following in sources

    def _origin(self) -> str:
        what = f"{len(self.table.states)} states and {len(self.table.transitions)} transitions of "
        return element("span", {"class": "kt-origin"}, what, element("code", None, _breakable(self.table.name)), ".")


def figure(source: str, project: Project) -> StatesFigure:
    """What a block asks for.

    Raises:
        BookError: if it cannot be had.
    """
    asked = _parse(source)
    table = read_table(project.root, asked["table"])
    start = asked["start"] or next(iter(table.states))
    if start not in table.states:
        raise BookError(f"no state {start} in {table.name}; {nearest(start, table.states)}")
    lost = [state for state in table.states if state not in table.reachable_from(start)]
    if lost:
        raise BookError(f"{', '.join(lost)} of {table.name} cannot be reached from {start}")
    return StatesFigure(table, start, frozenset(asked["show"].split()) or PARTS - {"code"}, asked["caption"])


def _parse(source: str) -> dict[str, str]:
    asked = dict.fromkeys(OPTIONS, "")
    for line in filter(str.strip, source.splitlines()):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or name not in OPTIONS:
            raise BookError(f"cannot read {line.strip()!r}; {nearest(name, OPTIONS)}")
        asked[name] = value
    if not asked["table"]:
        raise BookError("the block does not say which table: add a line `table: package.module.TRANSITIONS`")
    if unknown := set(asked["show"].split()) - PARTS:
        raise BookError(f"cannot show {', '.join(sorted(unknown))}; {nearest('', PARTS)}")
    return asked


class _Words:
    """Names, each with what it means below it where it is met for the first time."""

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self._untold = dict(meanings)

    def name(self, name: str) -> str:
        meaning = self._untold.pop(name, None)
        below = element("span", {"class": "ks-meaning"}, escape(meaning)) if meaning is not None else ""
        return element("code", None, _breakable(name)) + below


def _breakable(name: str) -> str:
    """A name that may be broken where it is made of parts."""
    return escape(name).replace("_", "_<wbr>").replace(".", ".<wbr>")
