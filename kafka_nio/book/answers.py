"""What one can ask of a recording in a sentence; `kafka_nio.book.prose` is the list of questions.

An answer has a value, which claims compare, and HTML, which the sentence shows.

Java: no counterpart.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from kafka_nio.book.history import History, value_text
from kafka_nio.book.html import element
from kafka_nio.book.listing import anchor
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.selection import Selection
from kafka_nio.tracing.compare import times, totals
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recording import Field, Frame, Recording, Step

EXPLORER = "explorer"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a recording says: as a value, as HTML, and, if it is about one step, which."""

    value: Shown
    html: str
    step: Step | None = None


def answer(selection: Selection, question: str) -> Answer:
    """What the recording says to a question.

    Raises:
        BookError: if it does not say.
    """
    asked, _, about = question.strip().partition(" ")
    if asked not in QUESTIONS:
        raise BookError(f"cannot ask {asked!r} of a recording; {nearest(asked, QUESTIONS)}")
    return QUESTIONS[asked](selection, about.strip())


# How many...


def _steps(selection: Selection, about: str) -> Answer:
    return _told(selection, len(selection.recording.steps))


def _count(selection: Selection, about: str) -> Answer:
    """Steps that were folded into one count as often as they happened."""
    about, _, thread = about.partition(" on ")
    name, _, inside = about.partition(" in ")
    steps = selection.below(selection.step(inside)) if inside else selection.recording.steps
    often = times(selection.recording)
    threads = selection.recording.threads
    if thread and thread not in threads:
        raise BookError(f"no thread {thread} in {selection.recording.name}; {nearest(thread, threads)}")
    number = sum(often[step.seq] for step in steps if step.name == name.strip() and thread in ("", step.thread))
    if not number and not selection.named(name.strip()):
        known = {step.name for step in selection.recording.steps}
        raise BookError(f"no step {name} in {selection.recording.name}; {nearest(name, known)}")
    return _told(selection, number, WORDS[number] if number < len(WORDS) else str(number))


def _total(selection: Selection, about: str) -> Answer:
    what, _, per = about.partition(" per ")
    all_of_it = totals(selection.recording)
    counted = {"records": all_of_it.records, "wakeups": all_of_it.wakeups, "selects": all_of_it.selects}
    counted |= {"system calls": all_of_it.system_calls, "ms": all_of_it.duration_ns // NS_PER_MS}
    if what not in counted or per not in ("", "record"):
        raise BookError(f"cannot count {about!r}; {nearest(what, counted)}")
    if not per:
        return _told(selection, counted[what])
    number = all_of_it.per_record(counted[what])
    if number is None:
        raise BookError(f"{selection.recording.name} has no records")
    return _told(selection, round(number, 2), f"{number:.2f}".rstrip("0").rstrip("."))


# A step...


def _step(selection: Selection, about: str) -> Answer:
    return _linked(selection.step(about))


def _linked(step: Step) -> Answer:
    link = element("a", {"href": f"#{anchor(EXPLORER, step.seq)}", "class": "kt-fact"}, f"step {step.seq}")
    return Answer(step.seq, link, step)


def _value(selection: Selection, about: str) -> Answer:
    match = re.fullmatch(r"(?P<path>.+)\s(?P<shown>\w+)", about)
    if match is None:
        raise BookError("say which value: value Class.method[1] argument")
    step = selection.step(match["path"])
    if match["shown"] not in step.shown:
        raise BookError(f"{step.name} was not shown {match['shown']}; {nearest(match['shown'], step.shown)}")
    return _code(selection, step.shown[match["shown"]])


def _thread(selection: Selection, about: str) -> Answer:
    return _told(selection, selection.step(_only(about, "of")).thread)


def _took(selection: Selection, about: str) -> Answer:
    """In whole milliseconds: what lies below is how many steps were noted, not how fast anything was."""
    step = selection.step(about)
    number = (step.end_ns - step.start_ns) // NS_PER_MS
    return _told(selection, number, f"{number} ms")


def _error(selection: Selection, about: str) -> Answer:
    step = selection.step(_only(about, "of"))
    if step.error is None:
        raise BookError(f"{step.name} raised nothing in {selection.recording.name}")
    return _told(selection, step.error)


def _decision(selection: Selection, about: str) -> Answer:
    what, step = _about_step(selection, about, "in")
    name, _, operand = what.partition(" ")
    made = [one for one in step.decisions if one.name == name]
    if not made:
        raise BookError(f"{step.name} decided no {name}; {nearest(name, (one.name for one in step.decisions))}")
    if not operand:
        return _code(selection, made[0].result)
    if operand not in made[0].operands:
        raise BookError(f"{name} is not worked out from {operand}; {nearest(operand, made[0].operands)}")
    return _code(selection, made[0].operands[operand])


def _cause(selection: Selection, about: str) -> Answer:
    why, step = _about_step(selection, about, "of")
    found = [link.to for link in step.links if link.why == why]
    if not found:
        raise BookError(f"{step.name} has no {why}; known: {', '.join(link.why for link in step.links) or 'none'}")
    return _linked(selection.recording.step(found[0]))


# The state...


def _state(selection: Selection, about: str) -> Answer:
    is_after = " after " in about
    path, step = _about_step(selection, about, "after" if is_after else "at")
    recording = selection.recording
    state = recording.state_after(step.seq) if is_after else recording.state_at(step.seq)
    if path not in _paths(recording):
        raise BookError(f"no state {path!r} in {recording.name}; {nearest(path, _paths(recording))}")
    return _code(selection, value_text(path, state.get(path)))


def _change(selection: Selection, about: str) -> Answer:
    path, step = _about_step(selection, about, "in")
    history = History(selection.recording)
    inside = [step, *selection.below(step)]
    changes = [change for one in inside for change in history.of(one.seq)]
    own = sorted((change for change in changes if change.path == path), key=lambda change: change.at_ns)
    if not own:
        paths = {change.path for change in changes}
        raise BookError(f"{step.name} does not change {path!r}; known: {', '.join(sorted(paths)) or 'nothing'}")
    values = (own[0].before, *(change.after for change in own))
    return _code(selection, " → ".join(value_text(path, value) for value in values))


def _paths(recording: Recording) -> list[str]:
    return History(recording).paths()


# Bytes...


def _bytes(selection: Selection, about: str) -> Answer:
    step = selection.step(_only(about, "of"))
    if step.moved is not None:
        return _told(selection, step.moved.length)
    return _told(selection, len(_frame(step).data))


def _message(selection: Selection, about: str) -> Answer:
    return _told(selection, _frame(selection.step(_only(about, "of"))).api)


def _field(selection: Selection, about: str) -> Answer:
    name, step = _about_step(selection, about, "of")
    field = _found(_frame(step), name)
    return _code(selection, "None" if field.value is None else field.value)


def _hex(selection: Selection, about: str) -> Answer:
    name, step = _about_step(selection, about, "of")
    frame = _frame(step)
    field = _found(frame, name)
    return _code(selection, frame.data[field.offset : field.offset + field.length].hex(" "))


def _frame(step: Step) -> Frame:
    if step.frame is None:
        raise BookError(f"{step.name} handed over no message")
    return step.frame


def _found(frame: Frame, name: str) -> Field:
    """The first field of this name, or whose path ends with it."""
    for field in frame.fields:
        if field.name == name or field.name.endswith(f".{name}"):
            return field
    raise BookError(f"no field {name} in {frame.api}; {nearest(name, (field.name for field in frame.fields))}")


# Reading questions, writing answers...


def _about_step(selection: Selection, about: str, word: str) -> tuple[str, Step]:
    """What stands before the word, and the step behind it."""
    what, found, path = about.partition(f" {word} ")
    if not found:
        raise BookError(f"cannot read {about!r}: say what, then `{word}`, then which step")
    return what.strip(), selection.step(path.strip())


def _only(about: str, word: str) -> str:
    return about.removeprefix(f"{word} ").strip()


def _told(selection: Selection, value: Shown, text: str | None = None) -> Answer:
    said = str(value) if text is None else text
    title = f"from the recording {selection.recording.name}"
    return Answer(value, element("data", {"class": "kt-fact", "value": said, "title": title}, escape(said)))


def _code(selection: Selection, value: Shown) -> Answer:
    """Texts and truth values as code, numbers as they are."""
    told = _told(selection, value)
    return Answer(value, element("code", None, told.html)) if isinstance(value, str | bool) else told


QUESTIONS: dict[str, Callable[[Selection, str], Answer]] = {
    "steps": _steps,
    "count": _count,
    "total": _total,
    "step": _step,
    "value": _value,
    "thread": _thread,
    "took": _took,
    "error": _error,
    "decision": _decision,
    "cause": _cause,
    "state": _state,
    "change": _change,
    "bytes": _bytes,
    "message": _message,
    "field": _field,
    "hex": _hex,
}
