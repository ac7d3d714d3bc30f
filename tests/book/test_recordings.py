"""The pages about the recordings say what the demos say."""

import re
from pathlib import Path

import pytest

from kafka_nio.book import recordings
from kafka_nio.demos import BUGS, DEMOS
from kafka_nio.tracing.lint import LINTS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = recordings.pages()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is out of date; run: python -m kafka_nio.book"


def test_there_is_no_page_of_a_demo_that_is_gone() -> None:
    kept = {f"recordings/{path.name}" for path in (DOCS / "recordings").iterdir()}
    assert kept == {name for name in PAGES if name.startswith("recordings/")}


@pytest.mark.parametrize("name", DEMOS)
def test_a_page_says_what_to_watch_for_and_how_to_run_it(name: str) -> None:
    page, demo = PAGES[f"recordings/{name}.md"](), DEMOS[name]
    assert demo.sentence in page
    assert all(f"- {sight}" in page for sight in demo.watch_for)
    assert f"kafka-nio demo {name}" in page
    assert f"recording: {name}\ncode: all" in page
    assert "Java:" not in page


@pytest.mark.parametrize("name", [name for name in DEMOS if DEMOS[name].pair])
def test_a_page_of_a_pair_compares_it_with_the_other_half(name: str) -> None:
    page, (before, after) = PAGES[f"recordings/{name}.md"](), DEMOS[name].pair
    other = after if name == before else before
    assert f"({other}.md)" in page
    assert f"recording: {before}, {after}\nshow: compare" in page


def test_the_list_names_every_recording() -> None:
    page = PAGES["explorer.md"]()
    assert all(f"(recordings/{name}.md)" in page for name in DEMOS)


def test_every_scenario_has_its_belief() -> None:
    text = (DOCS / "scenarios.md").read_text(encoding="utf-8")
    scenarios = {name: demo for name, demo in DEMOS.items() if demo.bug is None}
    assert re.findall(r"\{ #(d\d\d) \}", text) == sorted({demo.id for demo in scenarios.values()})
    assert all(f"(recordings/{name}.md)" in text for name in scenarios)


def test_every_bug_has_its_lesson() -> None:
    text = (DOCS / "bugs.md").read_text(encoding="utf-8")
    for name, bug in BUGS.items():
        (lesson,) = re.findall(rf"\{{ #{name} \}}(.*?)(?:\n## |\Z)", text, re.DOTALL)
        assert "??? predict" in lesson
        assert f"bug: {name}\n" in lesson
        assert f"recording: bug-{name}\n" in lesson
        assert bug.lint in LINTS
