"""A number in a sentence is the recording's."""

import re

import pytest
from pymdownx.inlinehilite import InlineHiliteException

from kafka_nio.book import prose
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from tests.book.office import Office


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("steps", "3"),
        ("count Office.carry", "two"),
        ("count Office.carry in Office.post", "two"),
        ("count Office.post in Office.carry[1]", "no"),
        ("value Office.post return", "2"),
        ("value Office.carry[1] letter", "a &amp; b"),
        ("step Office.carry[2]", "step 3"),
    ],
)
def test_the_recording_answers(office: Office, question: str, answer: str) -> None:
    assert text_of(prose.fact(f"two-letters {question}", office.project)) == answer


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", r"cannot ask ''"),
        ("weight", r"cannot ask 'weight' of a recording"),
        ("count Office.mail", r"no step Office.mail"),
        ("value Office.post colour", r"Office.post was not shown colour"),
        ("value Office.post", r"say which value"),
        ("step Office.carry", r"say which"),
    ],
)
def test_what_the_recording_does_not_say_is_refused(office: Office, question: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        prose.fact(f"two-letters {question}", office.project)


def test_a_step_is_linked_to_the_explorer(office: Office) -> None:
    assert 'href="#explorer&amp;s=3"' in prose.fact("two-letters step Office.carry[2]", office.project)


def test_mkdocs_is_told_in_the_one_exception_that_it_does_not_swallow(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "here", classmethod(lambda cls: office.project))
    assert text_of(prose.kafka_trace("two-letters steps", "kafka-trace", "", None)) == "3"
    with pytest.raises(InlineHiliteException, match=r"kafka-trace \(two-letters weight\): cannot ask"):
        prose.kafka_trace("two-letters weight", "kafka-trace", "", None)
