"""Every marked step is to be shown by some page."""

import pytest

from kafka_nio.book.coverage import shown_on, steps_no_page_shows
from kafka_nio.book.project import Project
from tests.book.office import Office

FIGURE = "```kafka-trace\nrecording: two-letters\nsteps: Office.carry[1]\n```\n"


@pytest.fixture
def docs(office: Office) -> Office:
    """The post office with an empty folder for pages."""
    (office.root / "docs").mkdir()
    return office


def test_without_pages_no_step_is_shown(docs: Office) -> None:
    assert steps_no_page_shows(docs.project) == ["Office.carry", "Office.post"]


def test_a_figure_shows_its_steps(docs: Office) -> None:
    (docs.root / "docs" / "page.md").write_text(f"# A page\n\n{FIGURE}")
    assert steps_no_page_shows(docs.project) == ["Office.post"]


def test_an_explorer_shows_all_of_its_recording(docs: Office) -> None:
    (docs.root / "docs" / "page.md").write_text("```kafka-trace\nrecording: two-letters\ncode: all\n```\n")
    assert steps_no_page_shows(docs.project) == []


def test_a_figure_inside_something_else_counts_and_an_example_does_not(docs: Office) -> None:
    page = docs.root / "docs" / "page.md"
    page.write_text("??? note\n\n    " + FIGURE.replace("\n", "\n    "))
    assert set(shown_on(page, docs.project)) == {"Office.carry"}
    page.write_text(f"````markdown\n{FIGURE}````\n")
    assert set(shown_on(page, docs.project)) == set()


def test_each_marked_step_is_shown_by_some_page() -> None:
    gaps = steps_no_page_shows(Project.here())
    if gaps:
        pytest.xfail(f"{len(gaps)} marked steps are on no page: {', '.join(gaps)}")
