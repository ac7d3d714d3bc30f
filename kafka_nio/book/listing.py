"""The steps of a figure as a numbered list: what each does, what it was shown, what it gave back.

The numbers are the recording's own, so that a step has the same number on every page. A new list begins where the other
thread takes over.

An item carries in `data-` attributes what the element `<kafka-trace>` needs to light the code beside it; without
JavaScript they say nothing and nothing is missing.

Java: no counterpart.
"""

from collections.abc import Sequence
from html import escape
from itertools import groupby

from kafka_nio.book.code import Function
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.ran import Ran
from kafka_nio.spans import RETURN
from kafka_nio.tracing.recording import Step

MOST_LEVELS = 5
"""Deeper calls are not moved in further: a phone has no room."""


def anchor(figure: str, seq: int) -> str:
    """The id of a step in a figure, and what stands behind # in a link to it. A browser finds it by itself."""
    return f"{figure}&s={seq}"


def listing(figure: str, steps: Sequence[Step], functions: dict[int, Function]) -> str:
    """The steps, in order. `functions` holds, by the step's number, the function that ran."""
    told: set[str] = set()
    parts = []
    for thread, turn in groupby(steps, key=lambda step: step.thread):
        top = min(step.depth for step in steps if step.thread == thread)
        items = [_item(figure, step, functions[step.seq], step.depth - top, told) for step in turn]
        parts.append(element("p", {"class": "kt-turn"}, escape(thread)))
        parts.append(element("ol", {"class": "kt-steps"}, *items))
    return element("div", {"class": "kt-list", "tabindex": 0, "role": "group", "aria-label": "Steps"}, *parts)


def _item(figure: str, step: Step, function: Function, level: int, told: set[str]) -> str:
    known = step.name in told
    told.add(step.name)
    attributes: Attributes = {
        "id": anchor(figure, step.seq),
        "value": step.seq,
        "data-seq": step.seq,
        "data-parent": step.parent,
        "data-stage": step.stage,
        "data-thread": step.thread,
        "data-function": function.dotted_name,
        "data-lines": Ran.of(step, function).packed(),
        "style": f"--kt-level:{min(level, MOST_LEVELS)}",
    }
    parts = (_heading(figure, step), _sentence(function, known), _shown(step), _failure(step))
    return element("li", attributes, *parts)


def _heading(figure: str, step: Step) -> str:
    name = escape(step.name).replace(".", "<wbr>.")
    link = element("a", {"class": "kt-name", "href": f"#{anchor(figure, step.seq)}"}, name)
    stage = element("span", {"class": "kt-stage"}, escape(step.stage))
    # A step that was under way already, or is still: the recording has only a part of it.
    return link + stage + (element("span", {"class": "kt-clipped"}, "in part") if step.clipped else "")


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
