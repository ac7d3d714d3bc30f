"""Each exercise: blank it fails with a sentence, solved it passes, and what is wrong meets the hint that fits it."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kafka_nio.exercises.catalogue import EXERCISES, find
from kafka_nio.exercises.exercise import Exercise, Kind
from kafka_nio.exercises.text import NOT_WRITTEN, header, solution_code, solution_text, start_text, wrong_text
from tests.exercises.classroom import Session, run_pytest, workspace_with

DOCS = Path(__file__).parent.parent.parent / "docs"

EACH = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)

WRONG = [(exercise, number) for exercise in EXERCISES for number in range(len(exercise.wrong))]
EACH_WRONG = pytest.mark.parametrize(
    ("exercise", "number"), WRONG, ids=[f"{exercise.id}-{exercise.wrong[number].name}" for exercise, number in WRONG]
)

Sit = Callable[[str, Iterable[tuple[Exercise, str]]], Session]


@pytest.fixture(scope="module")
def sit(tmp_path_factory: pytest.TempPathFactory) -> Sit:
    """Lets a learner, by name, run what they wrote; once."""
    sessions: dict[str, Session] = {}

    def run(name: str, texts: Iterable[tuple[Exercise, str]]) -> Session:
        if name not in sessions:
            is_wrong = name.startswith("wrong")
            workspace = workspace_with(tmp_path_factory.mktemp(name), texts, first_failures_only=is_wrong)
            sessions[name] = run_pytest(workspace)
        return sessions[name]

    return run


@pytest.fixture
def blank(sit: Sit) -> Session:
    """Of somebody who has not begun."""
    return sit("blank", ((exercise, start_text(exercise)) for exercise in EXERCISES))


@pytest.fixture
def solved(sit: Sit) -> Session:
    """Of somebody who knows it all."""
    return sit("solved", ((exercise, solution_text(exercise)) for exercise in EXERCISES))


def session_of_wrong(sit: Sit, number: int) -> Session:
    """Of somebody who wrote the wrong solution of this number, wherever there are so many."""
    having = [exercise for exercise in EXERCISES if number < len(exercise.wrong)]
    return sit(f"wrong-{number}", ((exercise, wrong_text(exercise, exercise.wrong[number])) for exercise in having))


# What must hold for each...


def test_there_are_twenty_in_order() -> None:
    assert [exercise.id for exercise in EXERCISES] == [f"e{number:02}" for number in range(1, 21)]


@EACH
def test_a_blank_one_fails_with_a_sentence(exercise: Exercise, blank: Session) -> None:
    failures = [one.failure for one in blank.ran[exercise.id] if one.failure is not None]
    assert failures
    if exercise.kind is not Kind.FIX:  # of which a part is right already
        assert len(failures) == len(blank.ran[exercise.id])
    for failure in failures:
        assert exercise.kind is not Kind.BUILD or NOT_WRITTEN in failure.found, failure.found
        assert not re.search(r"ImportError|ModuleNotFound|Traceback|NameError", failure.text()), failure.text()


@EACH
def test_its_solution_passes(exercise: Exercise, solved: Session) -> None:
    ran = solved.ran[exercise.id]
    assert ran
    assert not [one.failure.text() for one in ran if one.failure is not None]


@EACH
def test_its_solution_costs_what_the_reference_costs(exercise: Exercise, solved: Session) -> None:
    scores = [one.score for one in solved.ran[exercise.id] if one.score is not None]
    if exercise.targets:
        (score,) = scores
        assert score.is_as_good, score.text()
    else:
        assert not scores


@EACH_WRONG
def test_a_wrong_one_fails_with_the_hint_that_fits(exercise: Exercise, number: int, sit: Sit) -> None:
    ran = session_of_wrong(sit, number).ran[exercise.id]
    failures = [one.failure for one in ran if one.failure is not None]
    assert failures, f"nobody noticed what is wrong in {exercise.wrong[number].name}"
    first = failures[0]
    assert first.belief == exercise.wrong[number].misconception, first.text()
    assert first.remark
    assert first.hint == f"kafka-nio learn hint {exercise.id}"
    assert first.expected
    assert first.found


@EACH
def test_it_has_two_wrong_solutions_and_three_hints_at_least(exercise: Exercise) -> None:
    assert len(exercise.wrong) >= 2
    assert len(exercise.hints) == 3
    assert all(hint.strip() for hint in exercise.hints)
    assert exercise.hints[0].rstrip().endswith("?"), "the first hint is a question"
    files = {file.name for file in exercise.folder.glob("wrong_*.py")}
    assert files == {f"wrong_{wrong.name}.py" for wrong in exercise.wrong if not wrong.instead}


@EACH_WRONG
def test_it_says_of_a_wrong_one_what_that_does(exercise: Exercise, number: int) -> None:
    assert re.fullmatch(r"[A-Z`][^\n]+[^.\s]\.", exercise.wrong[number].what), "a sentence"


@EACH_WRONG
def test_a_wrong_one_is_the_solution_but_for_the_mistake(exercise: Exercise, number: int) -> None:
    for piece, other in exercise.wrong[number].instead:
        assert solution_code(exercise).count(piece) == 1, f"{piece!r} has to be there, and once"
        assert piece != other
        assert piece.count("\n") <= 1, f"{piece!r} is more than a mistake"


@EACH
def test_it_belongs_to_a_page_of_the_site(exercise: Exercise) -> None:
    assert (DOCS / exercise.chapter).is_file()


@EACH
def test_its_text_gives_nothing_away_and_fits_a_terminal(exercise: Exercise) -> None:
    assert max(map(len, header(exercise).splitlines())) <= 100
    for target in exercise.targets:
        assert target.symbol.startswith("kafka_nio.")
        assert f"def {target.name_in_file}(" in start_text(exercise)


def test_every_failure_shows_both_runs_where_they_differ(sit: Sit) -> None:
    """Where what ran can be compared: a wrong answer is beside the right one, too."""
    without = [
        f"{exercise.id} {exercise.wrong[number].name}"
        for exercise, number in WRONG
        for ran in (session_of_wrong(sit, number).ran[exercise.id],)
        if not any(one.failure.rows for one in ran if one.failure is not None)
    ]
    assert not without


def test_plain_pytest_prints_sentences_and_no_traceback(sit: Sit) -> None:
    output = session_of_wrong(sit, 0).output
    assert "Expected: " in output
    assert "Found:    " in output
    assert "your run" in output
    assert "Traceback" not in output
    assert ".py:" not in output.partition("short test summary")[0]


def test_an_exercise_is_found_by_what_people_call_it() -> None:
    exercise = EXERCISES[2]
    for name in ("e03", "3", exercise.name, f"{exercise.stem}.py", "E03"):
        assert find(name) is exercise
    assert find("e99") is None
