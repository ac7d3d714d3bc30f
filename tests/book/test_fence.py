"""A block becomes a figure, or ends the build with a sentence that says what to do."""

import re
from html.parser import HTMLParser

import pytest
from pymdownx.superfences import SuperFencesException

from kafka_nio.book import fence
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from tests.book.office import Office


def html_of(office: Office, *lines: str) -> str:
    return fence.html("\n".join(("recording: two-letters", *lines)), office.project)


class _Balance(HTMLParser):
    """Fails where an element is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_figure_is_well_formed_and_escapes_what_it_shows(office: Office) -> None:
    html = html_of(office, "caption: One & `two` < three.")
    balance = _Balance()
    balance.feed(html)

    assert balance.open == []
    assert "a &amp; b" in html
    assert "One &amp; <code>two</code> &lt; three." in html
    assert "<two>" not in html


def test_the_code_has_its_own_line_numbers_and_says_what_ran(office: Office) -> None:
    html = html_of(office, "steps: Office.post", "depth: 0")
    states = dict(re.findall(r'class="kt-line" data-line="(\d+)"(?: data-state="(\w+)")?', html))

    assert list(states) == [str(number) for number in range(5, 22)]
    assert [line for line, state in states.items() if state == "ran"] == [
        "11",
        "12",
        "14",
        "16",
        "17",
        "18",
        "19",
        "20",
        "21",
    ]
    assert (states["13"], states["15"]) == ("", "idle")  # a comment, and a line that did not run
    assert 'data-line="14" data-state="ran" data-hits="2"' in html


def test_the_list_keeps_the_numbers_of_the_recording(office: Office) -> None:
    html = html_of(office, "steps: Office.carry[2]", "id: last")
    assert re.findall(r'<li id="last&amp;s=(\d+)" value="(\d+)"', html) == [("3", "3")]


def test_a_new_list_begins_where_the_other_thread_takes_over(office: Office) -> None:
    html = html_of(office)
    assert re.findall(r'class="kt-turn">(\w+)', html) == ["app", "sender"]


def test_a_line_that_calls_a_listed_step_names_it(office: Office) -> None:
    html = html_of(office, "code: Office.post", "id: post")
    line = re.search(r'data-line="16".*?\n', html)
    assert line is not None
    assert re.findall(r'href="#post&amp;s=(\d)"', line[0]) == ["2", "3"]


def test_left_out_steps_are_not_listed(office: Office) -> None:
    html = html_of(office, "leave_out: Office.carry")
    assert re.findall(r'<li id="two-letters&amp;s=(\d+)"', html) == ["1"]


def test_only_what_is_asked_for_is_shown(office: Office) -> None:
    html = html_of(office, "show: steps")
    assert "kt-list" in html
    assert "kt-code" not in html
    assert "kt-lane" not in html


def test_a_function_that_does_not_run_says_so(office: Office) -> None:
    html = html_of(office, "steps: Office.carry[1]", "code: Office.post")
    assert "does not run in these steps" in html


def test_the_lanes_tell_threads_and_steps_without_colour(office: Office) -> None:
    html = html_of(office, "show: lanes")
    assert 'aria-label="2 steps on the app thread, 2 of them in this figure"' in html
    assert "<title>3 Office.carry</title>" in html


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("cod: Office.post", r"cannot read 'cod: Office.post'; nearest: code"),
        ("nonsense", r"cannot read 'nonsense'"),
        ("show: moon", r"cannot show moon; known: code, compare, lanes, state, steps, strip, wire"),
        ("strip: wide", r"no strip is wide; known: compact, window"),
        ("show: strip", r"has no channel's state: there is no strip to show"),
        ("show: state", r"was made without the state"),
        ("show: wire", r"no message at all in these steps; known: none"),
        ("show: compare", r"to compare, name two recordings"),
        ("depth: deep", r"depth is a number of levels, not 'deep'"),
        ("code: Office.mail", r"no function Office.mail"),
        ("leave_out: Office.post", r"leave_out leaves nothing to show"),
        ("leave_out: Office.mail", r"leave_out: no step Office.mail"),
        ("recording: three", r"no recording three in traces/.*Run: kafka-nio record three"),
        ("steps: Office.mail", r"no step Office.mail"),
        ("recording:", r"does not say which recording"),
    ],
)
def test_what_cannot_be_had_is_refused(office: Office, line: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        html_of(office, line)


def test_a_changed_function_makes_the_recording_stale(office: Office) -> None:
    office.file.write_text(office.file.read_text().replace("posted += 1", "posted += 2"))
    with pytest.raises(BookError, match=r"stale: Office.post changed .* Run: kafka-nio record two-letters"):
        html_of(office)


def test_a_function_that_only_moved_does_not(office: Office) -> None:
    office.file.write_text("\n" + office.file.read_text())
    assert 'data-line="6"' in html_of(office)


def test_a_broken_recording_names_the_command_that_makes_it_anew(office: Office) -> None:
    (office.traces / "two-letters.otlp.jsonl").write_text("{}\n")
    with pytest.raises(BookError, match=r"line 1.*Run: kafka-nio record two-letters"):
        html_of(office)


def test_mkdocs_is_told_in_the_one_exception_that_it_does_not_swallow(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "here", classmethod(lambda cls: office.project))
    assert "<kafka-trace" in fence.kafka_trace("recording: two-letters", "kafka-trace", "", {}, None)
    with pytest.raises(SuperFencesException, match="no recording nobody"):
        fence.kafka_trace("recording: nobody", "kafka-trace", "", {}, None)
