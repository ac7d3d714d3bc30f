"""The fenced block ``kafka-bug``: the right function and the wrong one beside each other, as both stand in the source.

    ```kafka-bug
    bug: write-interest-stuck
    ```

Lines that only one of them has are marked, by colour and by a sign in the gutter. Docstrings are left out of the
comparison: the wrong function says itself what it does.

Java: no counterpart.
"""

from collections.abc import Callable, Iterator, Mapping
from difflib import SequenceMatcher
from html import escape
from itertools import count
from textwrap import dedent
from typing import Any

from kafka_nio.book.blocks import block
from kafka_nio.book.code import Function
from kafka_nio.book.highlight import breakable, hang, highlighted_lines
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.demos import BUGS

RIGHT, WRONG = "right", "wrong"


@block("kafka-bug", needed=("bug",))
def kafka_bug(asked: Mapping[str, str], project: Project) -> str:
    """Both functions of a bug, side by side."""
    name = asked["bug"]
    if name not in BUGS:
        raise BookError(f"no bug {name}; {nearest(name, BUGS)}")
    right, wrong = (_function(one, project) for one in (BUGS[name].right, BUGS[name].wrong))
    return compared(right, wrong)


def _function(function: Callable[..., Any], project: Project) -> Function:
    return project.library.find(f"{function.__module__}.{function.__qualname__}")


def compared(right: Function, wrong: Function) -> str:
    """Two functions as HTML."""
    ours, theirs = _differing(right, wrong)
    panes = _pane(right, RIGHT, ours), _pane(wrong, WRONG, theirs)
    return element("div", {"class": "kb-pair", "data-search-exclude": True}, *panes)


def _pane(function: Function, which: str, marked: set[int]) -> str:
    head = element(
        "p",
        {"class": "kb-head"},
        element("strong", None, which),
        element("code", None, escape(function.name)),
        element("span", {"class": "kb-place"}, escape(f"{function.file}:{function.line}")),
    )
    label = f"the {which} {function.name}, {function.file} lines {function.first} to {function.last}"
    code = element("pre", {"class": "kb-code highlight", "tabindex": 0, "aria-label": label}, *_lines(function, marked))
    return element("section", {"class": f"kb-{which}"}, head, code)


def _lines(function: Function, marked: set[int]) -> Iterator[str]:
    texts = dedent(function.text).splitlines()
    for number, text, html in zip(count(function.first), texts, highlighted_lines(function.text), strict=False):
        attributes: Attributes = {
            "class": "kb-line",
            "data-line": number,
            "data-differs": number in marked,
            "style": hang(text, is_text=number in function.docstring),
        }
        yield element("span", attributes, breakable(html, text), "\n")


def _differing(right: Function, wrong: Function) -> tuple[set[int], set[int]]:
    """The lines that only the one has, and only the other, by their numbers in their files."""
    ours, theirs = _compared_lines(right), _compared_lines(wrong)
    matcher = SequenceMatcher(None, [text for _, text in ours], [text for _, text in theirs], False)
    only: tuple[set[int], set[int]] = set(), set()
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            only[0].update(number for number, _ in ours[i1:i2])
            only[1].update(number for number, _ in theirs[j1:j2])
    return only


def _compared_lines(function: Function) -> list[tuple[int, str]]:
    """The body, without docstring and empty lines."""
    lines = enumerate(dedent(function.text).splitlines(), start=function.first)
    skipped = {*range(function.first, _body(function)), *function.docstring}
    return [(number, text) for number, text in lines if number not in skipped and text.strip()]


def _body(function: Function) -> int:
    """The first line below the signature."""
    return function.docstring.start if function.docstring else function.statements[0].first
