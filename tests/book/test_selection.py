"""Steps are named by what they are."""

import pytest

from kafka_nio.book.problem import BookError
from kafka_nio.book.selection import Selection
from tests.book.office import Office


@pytest.fixture
def selection(office: Office) -> Selection:
    return Selection(office.record())


@pytest.mark.parametrize(
    ("path", "seq"),
    [
        ("Office.post", 1),
        ("Office.carry[1]", 2),
        ("Office.carry[2]", 3),
        ("Office.carry[-1]", 3),
        ("Office.post > Office.carry[2]", 3),
    ],
)
def test_a_path_names_one_step(selection: Selection, path: str, seq: int) -> None:
    assert selection.step(path).seq == seq


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("Office.carry", r"happens 2 times in two-letters: say which, Office.carry\[1\]"),
        ("Office.carry[3]", r"no step Office.carry\[3\]: it happens 2 times.*kafka-nio record two-letters"),
        ("Office.carry[0]", r"no step Office.carry\[0\]"),
        ("Office.cary", r"no step Office.cary in two-letters; nearest: Office.carry"),
        ("Office.carry[1] > Office.post", r"no step Office.post"),
        ("Office carry", r"cannot read the step 'Office carry'"),
        ("", r"cannot read the step ''"),
    ],
)
def test_a_path_that_names_none_or_many_is_refused(selection: Selection, path: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        selection.step(path)


def test_what_lies_below_a_step_is_found_down_to_a_level(selection: Selection) -> None:
    post = selection.step("Office.post")
    assert [step.seq for step in selection.below(post)] == [2, 3]
    assert selection.below(post, levels=0) == []
    assert selection.below(selection.step("Office.carry[1]")) == []


def test_the_callers_of_a_step_come_nearest_first(selection: Selection) -> None:
    assert [step.name for step in selection.callers(selection.step("Office.carry[1]"))] == ["Office.post"]
