"""`kafka-nio learn run --open`: the page with both runs, and what it keeps back."""

import webbrowser
from dataclasses import replace
from pathlib import Path
from types import FunctionType
from typing import cast

import pytest

from kafka_nio.cli.course import Course
from kafka_nio.cli.problem import Problem
from kafka_nio.exercises.catalogue import find
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.workspace import KEPT, Workspace
from kafka_nio.tracing import Recording
from kafka_nio.tracing.source import file_of, source_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def exercise() -> Exercise:
    found = find("e15")
    assert found is not None
    return found


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the browser was asked to open."""
    addresses: list[str] = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    return addresses


def with_a_step_of(exercise: Exercise, run: Recording) -> Recording:
    """The run, with its last step by the function that the exercise asks for."""
    (target,) = exercise.targets
    original = cast(FunctionType, target.original)
    source = source_of(original)
    *steps, last = run.steps
    last = replace(
        last, function=target.symbol, file=file_of(original), line=source.line, source=source.digest, lines={}
    )
    return Recording("run", (*steps, last))


@pytest.fixture
def course(tmp_path: Path, exercise: Exercise) -> Course:
    """A workspace with two runs of the package's own function."""
    workspace = Workspace(tmp_path)
    (tmp_path / KEPT).mkdir()
    run = with_a_step_of(exercise, Recording.load(ROOT / "traces" / "linger-5.otlp.jsonl"))
    workspace.keep_runs(exercise, run, run)
    return Course(workspace)


def code_begins(exercise: Exercise) -> str:
    """How the code of the solution begins on a page; what stands in its place names no text of a day."""
    (target,) = exercise.targets
    return f'<section class="kt-function" data-function="{target.symbol}" data-source='


def test_the_page_is_opened_and_does_not_show_the_solution(
    course: Course, exercise: Exercise, opened: list[str]
) -> None:
    course.open(exercise)
    page = course.workspace.page_of(exercise)
    assert opened == [page.as_uri()]
    html = page.read_text(encoding="utf-8")
    assert exercise.title in html
    assert "<code>kafka-nio learn solution e15</code> shows it" in html
    assert code_begins(exercise) not in html


def test_it_shows_the_solution_to_who_has_asked_for_it(course: Course, exercise: Exercise, opened: list[str]) -> None:
    course.progress.asked.append(exercise.id)
    course.open(exercise)
    html = course.workspace.page_of(exercise).read_text(encoding="utf-8")
    assert code_begins(exercise) in html
    assert "kafka-nio learn solution" not in html


def test_a_run_that_cannot_be_read_is_told(course: Course, exercise: Exercise, opened: list[str]) -> None:
    course.workspace.runs_of(exercise)[0].write_text("", encoding="utf-8")
    with pytest.raises(Problem, match=r"holds no steps\. Run it again: kafka-nio learn run e15"):
        course.open(exercise)
    assert opened == []
