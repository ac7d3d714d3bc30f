"""Each chapter begins with a prediction, ends with something to do, and leads to Kafka's source, then and today."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_nio.demos import DEMOS
from kafka_nio.tracing.recording import SUFFIX

ROOT = Path(__file__).parents[2]
NAV = re.compile(r"^ +- \d+\. [^\n]+?: (?P<page>\S+\.md)$", re.MULTILINE)
CHAPTERS = NAV.findall((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))

FIRST_SCREEN = 15
"""So many lines of a page are seen without scrolling."""

PREDICTION = re.compile(
    r'^\?\?\? predict "(?P<question>[^\n]+\?[^\n]*)"\n\n(?P<answer>(?: {4}[^\n]*\n|\n)+)', re.MULTILINE
)
EXERCISE = re.compile(r"^\*\*Exercise \[(?P<id>e\d\d)\]\((?:\.\./)?exercises/(?P=id)\.md\), \w+:\*\* \S", re.MULTILINE)


def lacking(page: str) -> Iterator[str]:
    """What a chapter must have and has not."""
    opening = page.partition("\n## ")[0]
    _, _, end = page.rpartition("\n## ")
    prediction = PREDICTION.search(opening)
    if prediction is None:
        yield "a prediction before the first heading"
    else:
        if "#!kafka-trace" not in prediction["answer"]:
            yield "an answer of the recording's to the first prediction"
        if opening.count("\n", 0, prediction.start()) >= FIRST_SCREEN:
            yield f"its first prediction within {FIRST_SCREEN} lines"
    if re.search(r"^\*\*Not so:\*\* “.+”", opening, re.MULTILINE) is None:
        yield "the belief that it ends: **Not so:** “…”"
    if not end.startswith("Try it\n"):
        yield "the heading “Try it” at its end"
    elif re.search(r"^```shell\n(?:kafka-nio [^\n]+\n)+```$", end, re.MULTILINE) is None:
        yield "commands to try"
    if EXERCISE.search(end) is None:
        yield "an exercise at its end: **Exercise [e00](…), kind:** …"
    for release in ("0.10.2.0", "4.4.0"):
        if re.search(rf"apache/kafka/blob/{re.escape(release)}/\S+#L\d+", page) is None:
            yield f"a link to a line of Kafka {release}"


def test_there_are_sixteen() -> None:
    assert len(set(CHAPTERS)) == 16


def test_no_chapter_lacks_anything() -> None:
    found = {name: list(lacking((ROOT / "docs" / name).read_text(encoding="utf-8"))) for name in CHAPTERS}
    assert {name: what for name, what in found.items() if what} == {}


def test_a_page_of_prose_lacks_all_of_it() -> None:
    assert len(list(lacking("# A chapter\n\nIt says what happens.\n\n## Some of it\n\nAnd the rest.\n"))) == 6


@pytest.mark.parametrize(
    ("instead", "of", "what"),
    [
        ("??? predict", "??? note", "a prediction before the first heading"),
        ("#!kafka-trace", "#!python", "an answer of the recording's to the first prediction"),
        ("# Writing\n", "# Writing\n" + "\n" * FIRST_SCREEN, f"its first prediction within {FIRST_SCREEN} lines"),
        ("kafka-nio ", "", "commands to try"),
        ("/blob/4.4.0/", "/blob/trunk/", "a link to a line of Kafka 4.4.0"),
    ],
)
def test_a_chapter_from_which_it_was_taken_lacks_it(instead: str, of: str, what: str) -> None:
    page = (ROOT / "docs" / "chapters" / "writing.md").read_text(encoding="utf-8")
    assert list(lacking(page.replace(instead, of))) == [what]


@pytest.mark.parametrize("name", CHAPTERS)
def test_what_is_to_be_tried_is_there(name: str) -> None:
    end = (ROOT / "docs" / name).read_text(encoding="utf-8").rpartition("\n## Try it\n")[2]
    assert set(re.findall(r"^kafka-nio demo (\S+)", end, re.MULTILINE)) <= set(DEMOS)
    for file in re.findall(rf"\btraces/\S+{re.escape(SUFFIX)}", end):
        assert (ROOT / file).is_file(), file
