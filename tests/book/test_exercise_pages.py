"""Each exercise has its page, is linked from its chapter, and stands in the navigation and in the plan of a course."""

import re
from pathlib import Path

import pytest

from kafka_nio.book.exercise_pages import page_of, pages
from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

EACH = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def sessions() -> list[tuple[set[str], list[str]]]:
    """The rows of the plan of a course: the pages to read, the exercises to do."""
    rows = re.findall(r"^\| \d+\. [^|]+\|([^|]+)\|([^|]+)\|$", text_of("instructors.md"), re.MULTILINE)
    return [(set(re.findall(r"\]\(([^)]+\.md)\)", read)), re.findall(r"\be\d\d\b", do)) for read, do in rows]


@pytest.mark.parametrize("name", pages())
def test_the_page_is_up_to_date(name: str) -> None:
    assert text_of(name) == pages()[name](), f"docs/{name} is out of date; run: python -m kafka_nio.book"


def test_no_page_is_left_of_an_exercise_that_is_gone() -> None:
    assert {path.relative_to(DOCS).as_posix() for path in (DOCS / "exercises").rglob("*.*")} == set(pages())


@EACH
def test_its_chapter_ends_with_it(exercise: Exercise) -> None:
    end = text_of(exercise.chapter).rpartition("\n## Try it\n")[2]
    page = page_of(exercise) if "/" not in exercise.chapter else f"../{page_of(exercise)}"
    assert f"**Exercise [{exercise.id}]({page}), {exercise.kind}:**" in end, f"docs/{exercise.chapter}"


def test_a_chapter_calls_every_exercise_what_it_is() -> None:
    kinds = {exercise.id: str(exercise.kind) for exercise in EXERCISES}
    for chapter in (DOCS / "one-record.md", DOCS / "then-and-now.md", *(DOCS / "chapters").glob("*.md")):
        for id, kind in re.findall(r"\*\*Exercise \[(\w+)\]\([^)]+\), (\w+):", chapter.read_text(encoding="utf-8")):
            assert kinds[id] == kind, f"{chapter.name} calls {id} {kind}"


def test_the_navigation_has_each_page_with_its_title() -> None:
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    found = re.findall(r'^ +- "(e\d\d\. .+)": (exercises/\S+)$', config, re.MULTILINE)
    assert found == [(f"{exercise.id}. {exercise.title}", page_of(exercise)) for exercise in EXERCISES]


def test_the_plan_of_a_course_has_each_exercise_once_and_not_before_its_chapter() -> None:
    chapters, read = {exercise.id: exercise.chapter for exercise in EXERCISES}, set[str]()
    for session, do in sessions():
        read |= session
        assert [id for id in do if chapters[id] not in read] == []
    assert sorted(id for _, do in sessions() for id in do) == sorted(chapters)
