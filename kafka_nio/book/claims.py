"""Sentences about recordings that are true or not: two answers, and a comparison in words between them.

Java: no counterpart.
"""

import re
from collections.abc import Callable

from kafka_nio.book.answers import QUESTIONS, Answer, answer
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.book.selection import Selection

Side = Answer | str
"""An answer, or what the page itself says."""


def false_because(claim: str, recording: str, project: Project) -> str | None:
    """Why a claim about a recording is not true; None if it is.

    Raises:
        BookError: if it cannot be read, or asks for what the recording does not say.
    """
    match = re.fullmatch(rf"(?P<left>.+?) (?P<how>{'|'.join(_COMPARISONS)}) (?P<right>.+)", claim.strip())
    if match is None:
        raise BookError(f"cannot read the claim {claim!r}: write QUESTION {' | '.join(_COMPARISONS)} QUESTION or value")
    left = _side(match["left"], recording, project)
    if isinstance(left, str):
        raise BookError(f"{left!r} is no question; {nearest(left, QUESTIONS)}")
    right = _side(match["right"], recording, project)
    if _COMPARISONS[match["how"]](left, right):
        return None
    return (
        f"not true of {recording}: {claim!r}; {match['left']!r} is {_text(left)}, {match['right']!r} is {_text(right)}"
    )


def _side(text: str, recording: str, project: Project) -> Side:
    """A question, a question of another recording, or a value as it stands, in quotes if it looks like a question."""
    first, _, rest = text.strip().partition(" ")
    if first in QUESTIONS:
        return answer(Selection(project.recording(recording)), text)
    if rest.partition(" ")[0] in QUESTIONS:
        return answer(Selection(project.recording(first)), rest)
    return text.strip().strip('"')


def _text(side: Side) -> str:
    return side if isinstance(side, str) else str(side.value)


def _number(side: Side) -> float:
    try:
        return float(_text(side))
    except ValueError:
        raise BookError(f"{_text(side)!r} is no number, so nothing is more or less") from None


def _is(left: Side, right: Side) -> bool:
    try:
        return float(_text(left)) == float(_text(right))
    except ValueError:
        return _text(left) == _text(right)


def _begins_before(left: Side, right: Side) -> bool:
    return _time(left, "start_ns") < _time(right, "start_ns")


def _ends_before(left: Side, right: Side) -> bool:
    return _time(left, "end_ns") <= _time(right, "start_ns")


def _time(side: Side, which: str) -> int:
    if isinstance(side, str) or side.step is None:
        raise BookError("what begins or ends is a step: step NAME begins before step NAME")
    time: int = getattr(side.step, which)
    return time


_COMPARISONS: dict[str, Callable[[Side, Side], bool]] = {
    # The longer ones first: `is not` is not `is`.
    "is not": lambda left, right: not _is(left, right),
    "is more than": lambda left, right: _number(left) > _number(right),
    "is less than": lambda left, right: _number(left) < _number(right),
    "is at least": lambda left, right: _number(left) >= _number(right),
    "is at most": lambda left, right: _number(left) <= _number(right),
    "is": _is,
    "contains": lambda left, right: _text(right) in _text(left),
    "begins before": _begins_before,
    "ends before": _ends_before,
}
