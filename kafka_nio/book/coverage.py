"""Which marked steps no page shows. A step is worth its mark only if some page lets the reader see it run.

    steps_no_page_shows(Project.here())     # ["Acceptor.accept_new_connections", …]

A page shows a step if one of its figures lists it, or has its code. Explorers count: they list all of a recording.

Java: no counterpart.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from kafka_nio.book.fence import figure
from kafka_nio.book.project import Project

EXAMPLE = re.compile(r"^````.*?^````$", re.DOTALL | re.MULTILINE)
"""A block that only shows how a figure is written."""
BLOCK = re.compile(r"^(?P<indent> *)```kafka-trace\n(?P<source>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


def steps_no_page_shows(project: Project) -> list[str]:
    """The names of the steps that are in no figure of no page, in alphabetical order.

    Raises:
        BookError: a figure asks for what cannot be had.
    """
    marked = {function.name for function in project.library.functions if function.is_step}
    shown = {name for page in sorted((project.root / "docs").rglob("*.md")) for name in shown_on(page, project)}
    return sorted(marked - shown)


def shown_on(page: Path, project: Project) -> Iterator[str]:
    """The names of the functions that the figures of a page show, some of them more than once."""
    text = EXAMPLE.sub("", page.read_text(encoding="utf-8"))
    for block in BLOCK.finditer(text):
        asked = figure(dedent(block["source"]), project)
        if "code" in asked.parts:
            yield from (function.name for function in asked.shown)
        if "steps" in asked.parts:
            yield from (step.name for step in asked.steps)
