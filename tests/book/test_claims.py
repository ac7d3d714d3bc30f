"""A claim of a page is checked against the recording: it becomes a tick, or ends the build."""

import re

import pytest
from pymdownx.inlinehilite import InlineHiliteException

from kafka_nio.book import prose
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from tests.book.office import Office
from tests.book.post import NAME, everything


def ask(office: Office, question: str) -> str:
    everything(office)
    return re.sub(r"<[^>]+>", "", prose.fact(f"{NAME} {question}", office.project))


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("count Office.carry", "six"),  # folded ones count as often as they happened
        ("count Office.carry on sender", "two"),
        ("total ms", "0"),
        ("thread of Office.carry[2]", "sender"),
        ("took Office.post[1]", "0 ms"),
        ("error of Office.post[2]", "no stamp left"),
        ("decision full in Office.post[1]", "False"),
        ("decision full weight in Office.post[1]", "3"),
        ("cause wakeup of Office.carry[2]", "step 1"),
        ("state pool at Office.post[1]", "9"),
        ("state pool after Office.post[1]", "7"),
        ("state channel 0 interest at Office.carry[3]", "read write"),
        ("change channel 0 interest in Office.post[1]", "read → read write"),
        ("change queue in Office.carry[3]", "1 letter → nothing"),
        ("bytes of Office.carry[2]", "10"),
        ("bytes of Office.post[1]", "24"),
        ("message of Office.post[1]", "Letter v1 request #7"),
        ("field key of Office.post[1]", "1"),
        ("hex head.key of Office.post[1]", "04 05"),
    ],
)
def test_the_recording_answers(office: Office, question: str, answer: str) -> None:
    assert ask(office, question) == answer


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("count Office.carry on moon", r"no thread moon .* known: app, sender"),
        ("total moons", r"cannot count 'moons'; nearest: ms"),
        ("error of Office.post[1]", r"raised nothing"),
        ("decision late in Office.post[1]", r"decided no late; nearest: light"),
        ("decision full colour in Office.post[1]", r"not worked out from colour"),
        ("cause batch of Office.carry[2]", r"has no batch; known: wakeup"),
        ("state moon at Office.post[1]", r"no state 'moon'"),
        ("change pool in Office.carry[3]", r"does not change 'pool'"),
        ("bytes of Office.post[2]", r"handed over no message"),
        ("field colour of Office.post[1]", r"no field colour in Letter v1"),
        ("state pool", r"say what, then `at`"),
    ],
)
def test_what_the_recording_does_not_say_is_refused(office: Office, question: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        ask(office, question)


@pytest.mark.parametrize(
    "claim",
    [
        "count Office.carry is 6",
        "count Office.carry is not 2",
        "count Office.carry is more than count Office.post",
        "count Office.carry is more than two-letters count Office.carry",
        "bytes of Office.carry[2] is less than 11",
        "bytes of Office.carry[2] is at least 10",
        "bytes of Office.carry[2] is at most 10",
        "state channel 0 interest after Office.carry[1] contains write",
        "decision full in Office.post[1] is False",
        "change channel 0 interest in Office.post[1] is read → read write",
        'error of Office.post[2] is "no stamp left"',
        "step Office.post[1] begins before step Office.carry[2]",
        "step Office.carry[1] ends before step Office.carry[2]",
        "cause wakeup of Office.carry[2] is step Office.post[1]",
    ],
)
def test_a_true_claim_becomes_a_tick(office: Office, claim: str) -> None:
    assert ask(office, f"assert {claim}") == "✓"


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("count Office.carry is 7", r"not true of all-there: .* is 6, '7' is 7"),
        ("step Office.post[1] ends before step Office.carry[2]", r"not true"),
        ("thread of Office.carry[2] is app", r"not true"),
        ("thread of Office.carry[2] is more than 3", r"'sender' is no number"),
        ("count Office.carry", r"cannot read the claim"),
        ("pool is 3", r"'pool' is no question"),
        ("step Office.post[1] begins before 3", r"what begins or ends is a step"),
    ],
)
def test_a_false_claim_or_one_that_says_nothing_ends_the_build(office: Office, claim: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        ask(office, f"assert {claim}")


def test_mkdocs_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    everything(office)
    monkeypatch.setattr(Project, "here", classmethod(lambda cls: office.project))
    with pytest.raises(InlineHiliteException, match=r"not true of all-there"):
        prose.kafka_trace(f"{NAME} assert steps is 6", "kafka-trace", "", None)
