"""The wire names every byte; the state says what has changed."""

import re

import pytest

from kafka_nio.book import fence
from kafka_nio.book.problem import BookError
from kafka_nio.book.state_table import Row, state_rows
from tests.book.office import Office
from tests.book.post import NAME, everything


def rows(html: str) -> list[list[str]]:
    """The cells of a table's body, as text."""
    body = re.findall(r"<tbody>(.*?)</tbody>", html, re.DOTALL)[0]
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", line)] for line in lines]


def wire(office: Office, *lines: str) -> str:
    everything(office)
    return fence.html("\n".join((f"recording: {NAME}", "show: wire steps", "id: x", *lines)), office.project)


def test_every_field_has_its_bytes_its_writer_and_the_calls_that_moved_it(office: Office) -> None:
    assert rows(wire(office)) == [
        ["0", "00 01 02 03", "size", "20", "Office.post", "3"],
        ["4", "04 05", "head.key", "1"],
        ["6", f"{bytes(range(6, 22)).hex(' ')} … 18 bytes", "head.text", "", "Office.carry", "3, 4"],
    ]


def test_what_rows_have_in_common_spans_them(office: Office) -> None:
    html = wire(office)
    cell = '<td rowspan="2" class="kt-spanning" data-head="written or read by">'
    assert f'{cell}<code title="kafka_nio.office.Office.post">' in html
    assert '<a href="#x&amp;s=3">3</a>' in html


def test_a_message_is_shown_with_the_step_that_moved_a_part_of_it(office: Office) -> None:
    html = wire(office, "steps: Office.carry[3]")
    assert "Letter v1 request #7" in html
    assert rows(html)[0][-1] == "3"  # not listed, so no link, but named


def test_messages_are_chosen_by_a_part_of_their_names(office: Office) -> None:
    assert "Letter v1" in wire(office, "frames: letter")
    with pytest.raises(BookError, match=r"no message Parcel in these steps; known: Letter v1 request #7"):
        wire(office, "frames: Parcel")


def test_the_state_is_that_after_the_last_step_beside_that_before_the_first(office: Office) -> None:
    recording = everything(office)
    assert state_rows(recording, recording.steps[:4]) == [
        Row("channel 0", "ready", "ready"),
        Row("channel 0 interest", "read", "read"),
        Row("channel 0 ready", "-", "write"),
        Row("pool", 9, 7),
    ]


def test_what_changed_is_marked_and_says_what_it_was(office: Office) -> None:
    everything(office)
    html = fence.html(f"recording: {NAME}\nshow: state\nsteps: Office.post[1]", office.project)
    assert ["pool", "7", "9"] in rows(html)
    assert ["channel 0", "ready", ""] in rows(html)
    assert re.findall(r'data-path="([^"]+)" class="kt-changed"', html) == ["channel 0 ready", "pool"]


def test_two_recordings_are_compared(office: Office) -> None:
    everything(office)
    html = fence.html(f"recording: two-letters, {NAME}\nshow: compare", office.project)
    assert "two-letters" in html
    assert NAME in html
