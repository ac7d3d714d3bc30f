"""A marked step that no page shows is found."""

from pathlib import Path

import pytest

from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from kafka_nio.book.shown import blocks, unshown
from tests.book.office import Office


def write(office: Office, text: str) -> Path:
    docs = office.root / "docs"
    (docs / "deep").mkdir(parents=True, exist_ok=True)
    (docs / "deep" / "page.md").write_text(text)
    return docs


def figure(*lines: str) -> str:
    return "\n".join(("```kafka-trace", "recording: two-letters", *lines, "```", ""))


def test_a_step_that_no_figure_lists_is_named(office: Office) -> None:
    docs = write(office, figure("leave_out: Office.carry", "show: steps"))
    assert unshown(office.project, docs) == ["Office.carry"]


def test_a_function_that_is_shown_counts(office: Office) -> None:
    docs = write(office, figure("leave_out: Office.carry", "code: Office.carry, Office.post"))
    assert unshown(office.project, docs) == []


def test_a_picture_of_lanes_shows_no_step(office: Office) -> None:
    docs = write(office, figure("show: lanes"))
    assert unshown(office.project, docs) == ["Office.post", "Office.carry"]


def test_a_page_that_asks_for_what_is_not_there_is_named(office: Office) -> None:
    with pytest.raises(BookError, match=r"page.md: no step Office.mail"):
        unshown(office.project, write(office, figure("steps: Office.mail")))


def test_blocks_are_found_in_lists_and_notes_too() -> None:
    text = "- a note\n\n    ```kafka-trace\n    recording: x\n    show: steps\n    ```\n\n```python\n1\n```\n"
    assert blocks(text) == ["recording: x\nshow: steps\n"]


def test_every_marked_step_is_shown_on_a_page() -> None:
    project = Project.here()
    assert unshown(project, project.root / "docs") == []
