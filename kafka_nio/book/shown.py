"""Which marked steps no page shows: of the book it is to be said that it shows all of them.

    python -m kafka_nio.book.shown

prints their names. A step is shown where a figure lists it, or shows the code of its function.

Java: no counterpart.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

from kafka_nio.book.fence import COMPARE, figure
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project

_BLOCK = re.compile(r"^(?P<indent> *)```kafka-trace\n(?P<source>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE)


def unshown(project: Project, docs: Path) -> list[str]:
    """The names of the marked steps that no figure of a page in `docs` shows, in the order of the source.

    Raises:
        BookError: if a figure cannot be had, naming the page.
    """
    shown = {name for page in sorted(docs.rglob("*.md")) for name in _shown_on(page, project)}
    return [function.name for function in project.library.functions if function.is_step and function.name not in shown]


def _shown_on(page: Path, project: Project) -> Iterator[str]:
    for source in blocks(page.read_text(encoding="utf-8")):
        try:
            yield from _shown_in(source, project)
        except BookError as error:
            raise BookError(f"{page.name}: {error}") from error


def blocks(text: str) -> list[str]:
    """What stands in the blocks of a page that are figures."""
    return [dedent(match["source"]) for match in _BLOCK.finditer(text)]


def _shown_in(source: str, project: Project) -> Iterator[str]:
    if re.search(rf"^show:\s*{COMPARE}\s*$", source, re.MULTILINE):
        return
    made = figure(source, project)
    if "steps" in made.parts:
        yield from (step.name for step in made.steps)
    if "code" in made.parts:
        yield from (function.name for function in made.shown)


def main() -> int:
    """Print the names; the status is 1 if there are any."""
    project = Project.here()
    names = unshown(project, project.root / "docs")
    print("\n".join(names) or "every marked step is shown")
    return bool(names)


if __name__ == "__main__":
    sys.exit(main())
