"""The steps of a figure as a numbered list: what each does, was shown, gave back and changed, and what made it go on.

The numbers are the recording's own, so that a step has the same number on every page. A new list begins where the other
thread takes over.

An item carries in `data-` attributes what the element `<kafka-trace>` needs to light the code beside it; without
JavaScript they say nothing and nothing is missing.

Java: no counterpart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from kafka_nio.book.code import Function
from kafka_nio.book.history import Changed, History, listed, times, value_text
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.ran import Ran
from kafka_nio.spans import RETURN
from kafka_nio.tracing.recording import Recording, Step

MOST_LEVELS = 5
"""Deeper calls are not moved in further: a phone has no room."""

MOST_ITEMS = 20
"""Of a list. A browser leaves a list alone that is out of sight, so there is little to do at a step of a long one."""


MOST_VALUES = 5
"""A path that changed more often in one step is told with its first two values and its last."""

MOST_CAUSES = 4

CAUSES = {
    "wakeup": "woken by",
    "batch": "takes what was appended in",
    "request": "sends what was taken in",
    "handling": "handles what was sent in",
    "answer": "goes on with the answer of",
    "response": "is answered what was asked in",
    "outcome": "follows the answer in",
    "retry": "again, put back in",
    "metadata": "waited for",
    "memory": "waited for",
    "callback": "told by",
}
"""How the list says why a step goes on with another one's work."""


def anchor(figure: str, seq: int) -> str:
    """The id of a step in a figure, and what stands behind # in a link to it. A browser finds it by itself."""
    return f"{figure}&s={seq}"


def listing(figure: str, steps: Sequence[Step], functions: Mapping[int, Function], recording: Recording) -> str:
    """The steps, in order. `functions` holds, by the step's number, the function that ran."""
    return _Listing(figure, steps, functions, recording, History(recording)).html()


@dataclass(frozen=True, slots=True)
class _Listing:
    """The list of one figure."""

    figure: str
    steps: Sequence[Step]
    functions: Mapping[int, Function]
    recording: Recording
    history: History

    def html(self) -> str:
        told: set[str] = set()
        parts = []
        changes = changes_by_step(self.steps, self.recording, self.history)
        for thread, turn in groupby(self.steps, key=lambda step: step.thread):
            top = min(step.depth for step in self.steps if step.thread == thread)
            items = [self._item(step, step.depth - top, told, changes[step.seq]) for step in turn]
            parts.append(element("p", {"class": "kt-turn"}, escape(thread)))
            for first in range(0, len(items), MOST_ITEMS):
                parts.append(element("ol", {"class": "kt-steps"}, *items[first : first + MOST_ITEMS]))
        return element("div", {"class": "kt-list", "tabindex": 0, "role": "group", "aria-label": "Steps"}, *parts)

    def _item(self, step: Step, level: int, told: set[str], changes: Sequence[Changed]) -> str:
        known = step.name in told
        told.add(step.name)
        function = self.functions[step.seq]
        attributes: Attributes = {
            "id": anchor(self.figure, step.seq),
            "value": step.seq,
            "data-seq": step.seq,
            "data-parent": step.parent,
            "data-stage": step.stage,
            "data-thread": step.thread,
            "data-function": function.dotted_name,
            "data-lines": Ran.of(step, function).packed(),
            "style": f"--kt-level:{min(level, MOST_LEVELS)}",
        }
        said = (_heading(self.figure, step), _sentence(function, known), _shown(step), _changed(changes))
        return element("li", attributes, *said, self._causes(step), _failure(step))

    def _causes(self, step: Step) -> str:
        """`woken by step 12`, a link if that step is listed, too."""
        words = dict.fromkeys(link.why for link in step.links)
        sentences = [self._because(why, [link.to for link in step.links if link.why == why]) for why in words]
        return element("p", {"class": "kt-links"}, "; ".join(sentences)) if sentences else ""

    def _because(self, why: str, seqs: Sequence[int]) -> str:
        told = seqs if len(seqs) <= MOST_CAUSES else seqs[: MOST_CAUSES - 1]
        names = [self._number(seq) for seq in told]
        if len(told) < len(seqs):
            names.append(f"{len(seqs) - len(told)} more")
        return f"{escape(CAUSES.get(why, why))} step{'s' * (len(seqs) > 1)} {listed(names)}"

    def _number(self, seq: int) -> str:
        name = self.recording.step(seq).name
        if seq not in self.functions:
            return element("span", {"title": name}, str(seq))
        return element("a", {"href": f"#{anchor(self.figure, seq)}", "title": name}, str(seq))


def changes_by_step(steps: Sequence[Step], recording: Recording, history: History) -> dict[int, list[Changed]]:
    """What each listed step changed: its own code, and the steps that it called and that are not listed."""
    found: dict[int, list[Changed]] = {step.seq: [] for step in steps}
    parents = {step.seq: step.parent for step in recording.steps}
    for seq in parents:
        home: int | None = seq
        while home is not None and home not in found:
            home = parents.get(home)
        if home is not None:
            found[home] += history.of(seq)
    return {seq: sorted(changes, key=lambda change: change.at_ns) for seq, changes in found.items()}


def _changed(changes: Sequence[Changed]) -> str:
    """`pool available 33554432 → 33538048`, a line for each path."""
    paths = dict.fromkeys(change.path for change in changes)
    rows = [_path(path, [change for change in changes if change.path == path]) for path in paths]
    return element("ul", {"class": "kt-changes"}, *rows) if any(rows) else ""


def _path(path: str, changes: Sequence[Changed]) -> str:
    told = (value_text(path, value) for value in (changes[0].before, *(change.after for change in changes)))
    values = [value for value, _ in groupby(told)]
    if len(values) == 1:
        return ""  # a set of bits that was not there, and is there and empty
    if len(values) > MOST_VALUES:
        values = [*values[:2], "…", values[-1]]
    name = element("span", {"class": "kt-path"}, escape(path))
    return element("li", None, name, escape(" → ".join(values)))


def _heading(figure: str, step: Step) -> str:
    name = escape(step.name).replace(".", "<wbr>.")
    link = element("a", {"class": "kt-name", "href": f"#{anchor(figure, step.seq)}"}, name)
    stage = element("span", {"class": "kt-stage"}, escape(step.stage))
    # A step that was under way already, or is still: the recording has only a part of it.
    clipped = element("span", {"class": "kt-clipped"}, "in part") if step.clipped else ""
    often = element("span", {"class": "kt-times"}, times(step.count)) if step.count > 1 else ""
    return link + stage + often + clipped


def _sentence(function: Function, known: bool) -> str:
    """What the step does. Said once in a list; later it is there for those who step through it."""
    return element("p", {"class": "kt-sentence", "hidden": known}, prose(function.sentence))


def _shown(step: Step) -> str:
    pairs = [(name, value) for name, value in step.shown.items() if name != RETURN]
    returned = [("→", step.shown[RETURN])] if RETURN in step.shown else []
    if not pairs and not returned:
        return ""
    return element("dl", {"class": "kt-shown"}, *(_pair(name, value) for name, value in pairs + returned))


def _pair(name: str, value: str | int | float | bool) -> str:
    if name == "→":
        label = element("dt", {"title": "gave back"}, '<span aria-hidden="true">→</span>', _unseen("gave back"))
    else:
        label = element("dt", None, escape(name))
    return element("div", None, label, element("dd", None, escape(str(value))))


def _unseen(text: str) -> str:
    return element("span", {"class": "kt-unseen"}, escape(text))


def _failure(step: Step) -> str:
    return element("p", {"class": "kt-error"}, "raised " + escape(step.error)) if step.error else ""


def prose(text: str) -> str:
    """A sentence from a docstring or a page: `names` in backticks become code."""
    pieces = escape(text, quote=False).split("`")
    return "".join(element("code", None, piece) if number % 2 else piece for number, piece in enumerate(pieces))
