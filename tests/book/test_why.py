"""At a line that decided something stands what it was worked out from, and how it came out."""

import re

from kafka_nio.book import fence
from kafka_nio.book.why import decisions_by_line, why
from kafka_nio.tracing.recording import Decision
from tests.book.office import Office
from tests.book.post import NAME, everything


def reasons(office: Office, *lines: str) -> dict[int, str]:
    html = fence.html("\n".join((f"recording: {NAME}", *lines)), office.project)
    found = re.findall(r'data-line="(\d+)"(?:(?!kt-line).)*?class="kt-why[^>]*>([^<]*)<', html, re.DOTALL)
    return {int(line): text for line, text in found}


def text_of(office: Office, *decided: Decision) -> str:
    step = everything(office).steps[0]
    return re.sub(r"<[^>]+>", "", why([(step, one) for one in decided], "    if full:")).strip()


def test_the_first_evaluation_is_told_and_how_the_others_came_out(office: Office) -> None:
    everything(office)
    told = reasons(office, "steps: Office.post[1]")
    assert told[14] == "stamp=True weight=3 → False, and 2 more, 1 of them → True"


def test_a_decision_in_a_helper_stands_in_the_helper(office: Office) -> None:
    everything(office)
    assert reasons(office, "code: Office.carry")[26] == "weight=3 → True"


def test_a_decision_of_a_helper_that_is_not_shown_stands_where_it_was_called(office: Office) -> None:
    everything(office)
    told = reasons(office, "code: Office.post")
    assert told[16] == "Office.carry: weight=3 → True"


def test_lines_that_moved_take_their_reasons_along(office: Office) -> None:
    recording = everything(office)
    office.file.write_text("\n" + office.file.read_text())
    function = office.project.library.find("Office.post")
    assert list(decisions_by_line(recording.steps, function)) == [15]


def test_evaluations_that_are_alike_are_counted(office: Office) -> None:
    one, other = Decision("full", 1, {"a": 1}, False), Decision("full", 1, {"a": 2}, False)
    assert text_of(office, one) == "a=1 → False"
    assert text_of(office, one, one) == "a=1 → False, and 1 more like it"
    assert text_of(office, one, other) == "a=1 → False, and 1 more → the same"


def test_evaluations_that_came_out_otherwise_are_told_apart(office: Office) -> None:
    no, yes, maybe = (Decision("full", 1, {"a": 1}, result) for result in (False, True, "maybe"))
    assert text_of(office, no, yes) == "a=1 → False, and 1 more → True"
    assert text_of(office, no, yes, yes) == "a=1 → False, and 2 more, all → True"
    assert text_of(office, no, no, yes) == "a=1 → False, and 2 more, 1 of them → True"
    assert text_of(office, no, yes, maybe) == "a=1 → False, and 2 more"


def test_a_reason_that_is_too_long_stands_below_its_line(office: Office) -> None:
    step = everything(office).steps[0]
    decided = [(step, Decision("full", 1, {f"operand_{number}": number for number in range(9)}, True))]
    assert why(decided, "    if full:").startswith('\n<span class="kt-why kt-below"')
    assert "--kt-in:4" in why(decided, "    if full:")
