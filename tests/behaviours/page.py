"""Writes `docs/behaviours.md` from the catalogue and from the marks on the tests.

Run it by ``python -m tests.behaviours.page``.
"""

from itertools import groupby
from pathlib import Path

from tests.behaviours.catalogue import Behaviour, behaviours
from tests.behaviours.pins import TESTS, Pin, pins

PAGE = TESTS.parent / "docs" / "behaviours.md"

COMMAND = "python -m tests.behaviours.page"

HEAD = """\
# Behaviours

What Kafka's own producer does, in {count} numbered sentences, where it is done here, and the tests that would fail if
it were not. {pinned} of them have a test. Where Java's rule does not apply to this producer, the row says in *italics*
what holds instead, or why there is nothing to hold.

The tests are named for what they pin: the sentence behind a path is the name of a test in that file, without `test_`
and with spaces. This page is made of the tests' own marks, `@pytest.mark.behaviour(...)`, by `{command}`.
"""

TABLE = """
## {section}

| | behaviour | module | tests |
| --: | --- | --- | --- |
"""


def page() -> str:
    """The text of the page as it should be."""
    catalogue, tests = behaviours(), pins()
    parts = [HEAD.format(count=len(catalogue), pinned=sum(row.number in tests for row in catalogue), command=COMMAND)]
    for section, rows in groupby(catalogue, key=lambda row: row.section):
        parts.append(TABLE.format(section=section))
        parts.extend(_row(row, tests.get(row.number, [])) for row in rows)
    return "".join(parts)


def _row(behaviour: Behaviour, tests: list[Pin]) -> str:
    said = f"{behaviour.text} *{behaviour.instead}*" if behaviour.instead else behaviour.text
    return f"| {behaviour.number} | {said} | `{behaviour.module}` | {_list(tests)} |\n"


def _list(tests: list[Pin]) -> str:
    """The tests by file, each file named once."""
    files = groupby(tests, key=lambda test: test.path)
    return "<br>".join(f"`{path}`: " + "; ".join(_words(test) for test in found) for path, found in files)


def _words(test: Pin) -> str:
    return test.name.removeprefix("test_").replace("_", " ")


def main(target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")
    print(f"{target.relative_to(TESTS.parent)}: written")


if __name__ == "__main__":
    main()
