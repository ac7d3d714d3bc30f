"""One figure: the lanes of a recording, functions as they stand in the source, and beside them the steps that ran.

It is complete as it stands, on paper and without JavaScript: lines that ran are lit, the number of times stands in the
gutter, and where a line called a step of the list, that step's number stands at the end of the line.

Java: no counterpart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import count
from textwrap import dedent

from kafka_nio.book.code import Function, Library
from kafka_nio.book.data import data_script
from kafka_nio.book.highlight import breakable, hang, highlighted_lines
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.lanes import lanes
from kafka_nio.book.listing import anchor, listing, prose
from kafka_nio.book.ran import Ran
from kafka_nio.book.selection import Selection
from kafka_nio.book.why import decisions_below, decisions_by_line, why, why_below
from kafka_nio.tracing.recording import Step

FIGURE: Attributes = {"class": "kt-figure", "data-search-exclude": True}
"""Its attributes: the site's search finds prose, not every step of every recording."""

MOST_REFERENCES = 3
"""A line that called more steps than this names the first and the last."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a page asked for, found: the steps to list, the functions to show, the function of every step."""

    id: str
    library: Library
    selection: Selection
    steps: Sequence[Step]
    shown: Sequence[Function]
    functions: dict[int, Function]
    parts: frozenset[str]
    caption: str
    is_explorer: bool
    start: int | None = None
    more: Mapping[str, str] = field(default_factory=dict)
    """Other parts, as HTML: `strip`, `wire`, `state`, `beside` (another recording's data), and `functions` that do not
    run here (`kafka_nio.book.own`)."""

    def html(self) -> str:
        """The figure as one element, which works by itself and better with `kafka-trace.js`."""
        trace = element(
            "kafka-trace",
            {"id": self.id, "class": "kt kt-explorer" if self.is_explorer else "kt", "data-start": self.start},
            self._lanes(),
            self.more.get("strip", ""),
            self._panes(),
            self.more.get("wire", ""),
            self.more.get("state", ""),
            data_script(self.selection.recording, self.functions) if self.is_explorer else "",
            self.more.get("beside", ""),
        )
        caption = prose(self.caption) + " " if self.caption else ""
        return element("figure", FIGURE, trace, element("figcaption", None, caption, self._origin()))

    def _lanes(self) -> str:
        chosen = {step.seq for step in self.steps}
        return lanes(self.selection.recording, chosen, self.id) if "lanes" in self.parts else ""

    def _panes(self) -> str:
        """The code, and beside it the steps."""
        panes = []
        if "code" in self.parts:
            codes = (_CodeBlock(self, one).html() for one in self.shown)
            panes.append(element("div", {"class": "kt-codes"}, *codes, self.more.get("functions", "")))
        if "steps" in self.parts:
            panes.append(listing(self.id, self.steps, self.functions, self.selection.recording))
        return element("div", {"class": "kt-panes"}, *panes) if panes else ""

    def _origin(self) -> str:
        recording = self.selection.recording
        first, last, total = self.steps[0].seq, self.steps[-1].seq, len(recording.steps)
        if len(self.steps) == total:
            which = f"All {total} steps"
        elif len(self.steps) == 1:
            which = f"Step {first} of {total}"
        else:
            which = f"{len(self.steps)} of {total} steps, between {first} and {last},"
        return element("span", {"class": "kt-origin"}, f"{which} of the recording ", _code(recording.name) + ".")


def _code(text: str) -> str:
    return element("code", None, escape(text))


class _CodeBlock:
    """One function of a figure: head, gutter, lines, and the numbers of the steps that the lines called."""

    def __init__(self, figure: Figure, function: Function) -> None:
        self._figure = figure
        self._function = function
        self._runs = [step for step in figure.steps if step.function == function.dotted_name]
        self._ran = Ran.together(self._runs, function)
        self._references = self._steps_called()
        self._decisions = decisions_by_line(figure.steps, function)
        listed = {one.dotted_name for one in figure.shown}
        self._helpers = decisions_below(figure.steps, function, figure.library, listed)

    def html(self) -> str:
        function = self._function
        label = f"{function.name}, {function.file} lines {function.first} to {function.last}"
        return element(
            "section",
            {
                "class": "kt-function",
                "data-function": function.dotted_name,
                "data-source": function.digest,
                "data-stage": self._runs[0].stage if self._runs else None,
            },
            element("p", {"class": "kt-head"}, _code(function.name), self._times(), self._place()),
            element("pre", {"class": "kt-code highlight", "tabindex": 0, "aria-label": label}, *self._lines()),
        )

    def _times(self) -> str:
        number = len(self._runs)
        if not self._function.is_step:
            return element("span", {"class": "kt-times"}, "no step of its own, so its lines are not recorded")
        if number == 1 and not self._figure.is_explorer:
            return ""
        text = {0: "does not run in these steps", 1: "ran once"}.get(number, f"ran {number} times")
        return element("span", {"class": "kt-times"}, text)

    def _place(self) -> str:
        return element("span", {"class": "kt-place"}, escape(f"{self._function.file}:{self._function.line}"))

    def _lines(self) -> Iterable[str]:
        lit = self._ran.lit()
        statements = {line for part in self._function.statements for line in range(part.first, part.last + 1)}
        texts = dedent(self._function.text).splitlines()
        for number, text, html in zip(count(self._function.first), texts, self._highlighted(), strict=False):
            attributes: Attributes = {
                "class": "kt-line",
                "data-line": number,
                "data-state": self._state(number in lit, number in statements),
                "data-hits": self._hits(number),
                "style": self._indent(number) or hang(text),
            }
            reason = why(self._decisions.get(number, []), text) + why_below(self._helpers.get(number, {}), text)
            yield element("span", attributes, breakable(html, text), self._reference(number), reason)

    def _highlighted(self) -> tuple[str, ...]:
        return highlighted_lines(self._function.text)

    def _state(self, ran: bool, can_run: bool) -> str | None:
        return "ran" if ran else "idle" if can_run and self._function.is_step else None

    def _hits(self, line: int) -> int | None:
        """The number for the gutter: only where it says more than the light does."""
        hits = self._ran.hits[line]
        return hits if hits > 1 else None

    def _indent(self, line: int) -> str | None:
        """Docstrings may be wrapped where the pane is narrow; then this is how far their lines hang in."""
        if line not in self._function.docstring:
            return None
        lines = dedent(self._function.text).splitlines()
        text = lines[line - self._function.first]
        return f"--kt-indent:{len(text) - len(text.lstrip())}"

    def _reference(self, line: int) -> str:
        called = self._references.get(line, [])
        few = len(called) <= MOST_REFERENCES
        numbers = [self._link(step) for step in (called if few else called[:1] + called[-1:])]
        return element("span", {"class": "kt-calls"}, ("" if few else "…").join(numbers)) if numbers else ""

    def _link(self, step: Step) -> str:
        attributes: Attributes = {
            "href": f"#{anchor(self._figure.id, step.seq)}",
            "data-stage": step.stage,
            "aria-label": f"step {step.seq}, {step.name}",
        }
        return element("a", attributes, str(step.seq))

    def _steps_called(self) -> dict[int, list[Step]]:
        """The listed steps that lines of this function called, by line."""
        called: dict[int, list[Step]] = defaultdict(list)
        for run in self._runs:
            for line, step in self._calls_of(run):
                called[line].append(step)
        return called

    def _calls_of(self, run: Step) -> Iterator[tuple[int, Step]]:
        """The steps that one run called, each with its line: of those that call the name, the first not used up."""
        left = Counter(Ran.of(run, self._function).lit())
        for step in (step for step in self._figure.steps if step.parent == run.seq):
            calling = self._figure.library.lines_calling(self._function, step.name)
            ran = [line for line in calling if line in left]
            if ran:
                line = next((line for line in ran if left[line] > 0), ran[-1])
                left[line] -= 1
                yield line, step
