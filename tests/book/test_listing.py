"""The list says of each step what it changed, why it went on, how often it happened, and what went wrong."""

import re

from kafka_nio.book import fence
from tests.book.office import Office
from tests.book.post import NAME, everything


def items(office: Office, *lines: str) -> dict[int, str]:
    """The text of each step of the list, by its number."""
    everything(office)
    html = fence.html("\n".join((f"recording: {NAME}", "show: steps", *lines)), office.project)
    found = re.findall(r'<li id="[^"]*" value="(\d+)".*?>(.*?)(?=<li id=|</ol>)', html, re.DOTALL)
    return {int(seq): re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)) for seq, text in found}


def test_a_step_says_what_it_changed_and_from_what(office: Office) -> None:
    told = items(office)
    assert "channel 0 interest read → read write" in told[1]
    assert "pool 9 → 7" in told[1]
    assert "queue nothing → 1 letter" in told[1]
    assert "queue 1 letter → nothing" in told[4]


def test_a_step_answers_for_the_changes_of_those_that_are_not_listed(office: Office) -> None:
    recording = everything(office)
    assert not recording.steps[1].changes
    told = items(office, "steps: Office.post[1]", "depth: 0")
    assert "pool 9 → 7" in told[1]


def test_a_step_names_the_cause_and_links_to_it_if_it_is_listed(office: Office) -> None:
    everything(office)
    html = fence.html(f"recording: {NAME}\nshow: steps\nid: x", office.project)
    assert 'woken by step <a href="#x&amp;s=1" title="Office.post">1</a>' in html
    alone = fence.html(f"recording: {NAME}\nshow: steps\nsteps: Office.carry[2]", office.project)
    assert 'woken by step <span title="Office.post">1</span>' in alone


def test_causes_of_the_same_kind_are_told_in_one_sentence(office: Office) -> None:
    assert "sends what was taken in steps 1 and 3" in items(office)[4]


def test_a_folded_step_says_how_often_it_happened(office: Office) -> None:
    told = items(office)
    assert "\N{MULTIPLICATION SIGN} 4" in told[2]
    assert "\N{MULTIPLICATION SIGN}" not in told[1]


def test_a_failed_step_says_what_it_raised(office: Office) -> None:
    assert "raised no stamp left" in items(office)[5]
