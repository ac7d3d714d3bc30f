"""Numbers in prose that a recording gives, so that no sentence can say another number than the figure beside it shows.

    The sender sleeps `#!kafka-trace one-record count nio.Selector.select` times.
    It writes `#!kafka-trace one-record value nio.SocketChannel.write[1] return` bytes in
    `#!kafka-trace one-record step nio.SocketChannel.write[1]`.

steps              how many steps the recording has
count NAME         how often a step happens, in words up to twelve; `count NAME in STEP` inside another one
value STEP SHOWN   what a step was shown, or `return`
step STEP          the number of a step, linked to the explorer of the page, whose id is `explorer`

`STEP` is written as in figures (`kafka_nio.book.selection`).

Java: no counterpart.
"""

import re
from collections.abc import Callable
from html import escape

from pymdownx.inlinehilite import InlineHiliteException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.html import element
from kafka_nio.book.listing import anchor
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.book.selection import Selection

EXPLORER = "explorer"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def kafka_trace(source: str, language: str, css_class: str, md: object) -> str:
    """The number for one piece of inline code, in the form that pymdownx.inlinehilite calls.

    Raises:
        InlineHiliteException: if the recording does not say; any other exception would be swallowed.
    """
    try:
        return fact(source, Project.here())
    except BookError as error:
        raise InlineHiliteException(f"kafka-trace ({source}): {error}") from error


def fact(source: str, project: Project) -> str:
    """What the recording says, as HTML.

    Raises:
        BookError: if it does not say.
    """
    name, _, question = source.strip().partition(" ")
    asked, _, about = question.strip().partition(" ")
    if asked not in _ANSWERS:
        raise BookError(f"cannot ask {asked!r} of a recording; {nearest(asked, _ANSWERS)}")
    return _ANSWERS[asked](Selection(project.recording(name)), about.strip())


def _steps(selection: Selection, about: str) -> str:
    return _data(selection, str(len(selection.recording.steps)))


def _count(selection: Selection, about: str) -> str:
    name, _, inside = about.partition(" in ")
    steps = selection.below(selection.step(inside)) if inside else selection.recording.steps
    number = sum(step.name == name.strip() for step in steps)
    if not number and not selection.named(name.strip()):
        known = {step.name for step in selection.recording.steps}
        raise BookError(f"no step {name} in {selection.recording.name}; {nearest(name, known)}")
    return _data(selection, WORDS[number] if number < len(WORDS) else str(number))


def _value(selection: Selection, about: str) -> str:
    match = re.fullmatch(r"(?P<path>.+)\s(?P<shown>\w+)", about)
    if match is None:
        raise BookError("say which value: value Class.method[1] argument")
    step = selection.step(match["path"])
    if match["shown"] not in step.shown:
        raise BookError(f"{step.name} was not shown {match['shown']}; {nearest(match['shown'], step.shown)}")
    value = step.shown[match["shown"]]
    return (
        element("code", None, _data(selection, str(value)))
        if isinstance(value, str | bool)
        else _data(selection, str(value))
    )


def _step(selection: Selection, about: str) -> str:
    step = selection.step(about)
    return element("a", {"href": f"#{anchor(EXPLORER, step.seq)}", "class": "kt-fact"}, f"step {step.seq}")


def _data(selection: Selection, text: str) -> str:
    title = f"from the recording {selection.recording.name}"
    return element("data", {"class": "kt-fact", "value": text, "title": title}, escape(text))


_ANSWERS: dict[str, Callable[[Selection, str], str]] = {
    "steps": _steps,
    "count": _count,
    "value": _value,
    "step": _step,
}
