"""The fenced block ``kafka-own``: the explorer on which readers drop recordings of their own.

    ```kafka-own
    recording: one-record
    id: own
    ```

It shows a recording like any explorer, until there is another. It also holds all marked functions that do not run in
it, hidden, so that the steps of a reader's recording find their code.

Java: no counterpart.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from html import escape
from itertools import count
from textwrap import dedent

from kafka_nio.book import fence
from kafka_nio.book.blocks import block
from kafka_nio.book.code import Function
from kafka_nio.book.highlight import breakable, hang, highlighted_lines
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.project import Project
from kafka_nio.spans import Stage

_STAGE = re.compile(r"@span\(Stage\.(\w+)")


@block("kafka-own", needed=("recording", "id"))
def kafka_own(asked: Mapping[str, str], project: Project) -> str:
    """An explorer with all marked functions."""
    figure = fence.figure(f"recording: {asked['recording']}\ncode: all\nid: {asked['id']}", project)
    shown = {function.dotted_name for function in figure.shown}
    others = [one for one in project.library.functions if one.is_step and one.dotted_name not in shown]
    return replace(figure, more={**figure.more, "functions": "".join(map(_function, others))}).html()


def _function(function: Function) -> str:
    found = _STAGE.search(function.text)
    label = f"{function.name}, {function.file} lines {function.first} to {function.last}"
    place = element("span", {"class": "kt-place"}, escape(f"{function.file}:{function.line}"))
    return element(
        "section",
        {
            "class": "kt-function",
            "data-function": function.dotted_name,
            "data-source": function.digest,
            "data-stage": str(Stage[found[1]]) if found else None,
            "hidden": True,
        },
        element("p", {"class": "kt-head"}, element("code", None, escape(function.name)), place),
        element("pre", {"class": "kt-code highlight", "tabindex": 0, "aria-label": label}, *_lines(function)),
    )


def _lines(function: Function) -> Iterator[str]:
    statements = {line for part in function.statements for line in range(part.first, part.last + 1)}
    texts = dedent(function.text).splitlines()
    for number, text, html in zip(count(function.first), texts, highlighted_lines(function.text), strict=False):
        attributes: Attributes = {
            "class": "kt-line",
            "data-line": number,
            "data-state": "idle" if number in statements else None,
            "style": hang(text, is_text=number in function.docstring),
        }
        yield element("span", attributes, breakable(html, text), "\n")
