"""The drawing of all calls in the chapter on the two threads says what the recording says."""

import re
from pathlib import Path

import pytest

from kafka_nio.book.project import Project
from kafka_nio.tracing.recording import Step

CHAPTER = Path(__file__).parents[2] / "docs" / "chapters" / "two-threads.md"
DRAWN = re.findall(r'data-step="([^"]+)"(?: data-parent="([^"]+)")?', CHAPTER.read_text())


@pytest.fixture(scope="module")
def steps() -> dict[int, Step]:
    return {step.seq: step for step in Project.here().recording("one-record").steps}


def callers(step: Step, steps: dict[int, Step]) -> set[str]:
    """The names of all steps that this one lies in."""
    names = set()
    while step.parent is not None and step.parent in steps:
        step = steps[step.parent]
        names.add(step.name)
    return names


def test_the_drawing_is_there() -> None:
    assert len(DRAWN) > 30


@pytest.mark.parametrize(("name", "parent"), DRAWN, ids=[name for name, _ in DRAWN])
def test_a_call_in_the_drawing_is_a_call_in_the_recording(name: str, parent: str, steps: dict[int, Step]) -> None:
    calls = [step for step in steps.values() if step.name == name]
    assert calls
    assert not parent or any(parent in callers(step, steps) for step in calls)


def test_the_drawing_keeps_the_order_in_which_the_calls_of_a_function_begin(steps: dict[int, Step]) -> None:
    position = {name: index for index, (name, _) in enumerate(DRAWN)}
    turns = [step for step in steps.values() if step.name == "Sender.run_once"]
    for turn in turns:
        first: dict[str, int] = {}
        for step in steps.values():
            if step.parent == turn.seq and step.name in position:
                first.setdefault(step.name, step.seq)
        assert sorted(first, key=lambda name: first[name]) == sorted(first, key=lambda name: position[name])
