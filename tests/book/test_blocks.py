"""The small blocks: right beside wrong, what the lints find, two recordings compared, the explorer for one's own."""

import re

import pytest
from pymdownx.superfences import SuperFencesException

from kafka_nio.book import findings, mistake, own
from kafka_nio.book.comparison import compared
from kafka_nio.book.project import Project
from kafka_nio.demos import BUGS, DEMOS
from tests.book.office import Office


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_shows_both_functions_and_marks_a_line_of_one(name: str) -> None:
    html = mistake.kafka_bug(f"bug: {name}", "kafka-bug", "", {}, None)
    right, wrong = html.split('<section class="kb-wrong">')
    assert BUGS[name].right.__name__ in text_of(right)
    assert BUGS[name].wrong.__name__ in text_of(wrong)
    assert "data-differs" in html


def test_docstrings_and_signatures_are_not_compared() -> None:
    html = mistake.kafka_bug("bug: write-interest-stuck", "kafka-bug", "", {}, None)
    marked = [text_of(line) for line in re.findall(r"data-differs>(.*?)\n", html)]
    assert marked
    assert not any("def write" in line or '"""' in line for line in marked)


@pytest.mark.parametrize("name", [name for name in DEMOS if DEMOS[name].bug is not None])
def test_the_lint_of_a_bug_is_told_with_its_step(name: str) -> None:
    html = findings.kafka_lint(f"recording: {name}", "kafka-lint", "", {}, None)
    bug = DEMOS[name].bug
    assert bug is not None
    assert f"{bug.lint} fires at step" in text_of(html)
    assert 'href="#explorer&amp;s=' in html


@pytest.mark.parametrize("name", [name for name in DEMOS if DEMOS[name].bug is None])
def test_the_lints_are_silent_about_the_right_program(name: str) -> None:
    html = findings.kafka_lint(f"recording: {name}", "kafka-lint", "", {}, None)
    assert text_of(html) == "None of the 10 lints finds anything in this recording."


def test_findings_may_lead_to_another_page() -> None:
    block = "recording: bug-key-not-consumed\nfigure: recordings/bug-key-not-consumed.html#explorer"
    html = findings.kafka_lint(block, "kafka-lint", "", {}, None)
    assert 'href="recordings/bug-key-not-consumed.html#explorer&amp;s=' in html


def test_two_recordings_are_compared_by_what_happened(office: Office) -> None:
    one, other = office.record(), office.record("again")
    html = compared(one, other)
    assert "Both have as many steps of each name." in html
    assert "steps in both" in html


def test_the_explorer_for_own_recordings_holds_every_marked_function() -> None:
    html = own.kafka_own("recording: one-record\nid: mine", "kafka-own", "", {}, None)
    steps = [function for function in Project.here().library.functions if function.is_step]
    assert html.count('class="kt-function"') == len(steps) > 100
    assert 'data-function="kafka_nio.network.selector.Selector.poll"' in html
    assert re.search(r'data-function="kafka_nio.broker.\S+" data-source="\w+" data-stage="broker" hidden', html)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("bug: nobody", r"kafka-bug \(bug: nobody\): no bug nobody; known: blocking-callback"),
        ("", r"does not say which bug: add a line `bug: …`"),
        ("bgu: key-not-consumed", r"cannot read 'bgu: key-not-consumed'; nearest: bug"),
    ],
)
def test_what_cannot_be_had_is_refused(block: str, message: str) -> None:
    with pytest.raises(SuperFencesException, match=message):
        mistake.kafka_bug(block, "kafka-bug", "", {}, None)
