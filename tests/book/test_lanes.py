"""Arrows lead across lanes, from the bar that causes to the bar that is caused; the axis is made of moments."""

import re

from kafka_nio.book import fence
from kafka_nio.book.lanes import threads
from kafka_nio.book.moments import Moments
from kafka_nio.spans import Stage
from tests.book.office import Office
from tests.book.post import NAME, everything


def arrows(office: Office, *lines: str) -> list[dict[str, str]]:
    html = fence.html("\n".join((f"recording: {NAME}", "show: lanes", "id: x", *lines)), office.project)
    return [dict(re.findall(r'([\w-]+)="([^"]*)"', line)) for line in re.findall(r"<line [^>]*>", html)]


def test_an_arrow_for_every_cause_on_another_thread(office: Office) -> None:
    everything(office)
    told = [(one["data-from"], one["data-to"], one["data-why"]) for one in arrows(office)]
    assert told == [("1", "3", "wakeup"), ("1", "4", "request"), ("4", "5", "callback")]


def test_only_arrows_that_touch_a_step_of_the_figure(office: Office) -> None:
    everything(office)
    told = [(one["data-from"], one["data-to"]) for one in arrows(office, "steps: Office.post[2]")]
    assert told == [("4", "5")]


def test_an_arrow_runs_forward_in_time_and_from_lane_to_lane(office: Office) -> None:
    everything(office)
    for one in arrows(office):
        x1, x2 = (float(one[name].removesuffix("%")) for name in ("x1", "x2"))
        assert 0 <= x1 <= x2 <= 100
        assert one["y1"] != one["y2"]


def test_causes_are_told_in_words_too(office: Office) -> None:
    everything(office)
    html = fence.html(f"recording: {NAME}\nshow: lanes", office.project)
    assert 'aria-label="Causes: wakeup, from step 1 to step 3; ' in html


def test_a_folded_bar_says_how_often(office: Office) -> None:
    everything(office)
    html = fence.html(f"recording: {NAME}\nshow: lanes", office.project)
    assert "<title>2 Office.carry \N{MULTIPLICATION SIGN} 4</title>" in html


def test_brokers_come_after_the_program_and_the_sender(office: Office) -> None:
    names = ("broker-0 processor", "sender", "app")
    steps = [office.step(seq, "Office.carry", Stage.WRITE, seq, seq + 1, thread=name) for seq, name in enumerate(names)]
    assert threads(steps) == ["app", "sender", "broker-0 processor"]


def test_a_long_sleep_takes_no_more_room_than_a_short_call(office: Office) -> None:
    steps = [office.step(1, "Office.post", Stage.SEND, 0, 10), office.step(2, "Office.post", Stage.SEND, 9_000, 9_001)]
    moments = Moments(steps)
    assert [moments.at(time) for time in (0, 10, 9_000, 9_001)] == [0, 1, 2, 3]
    assert moments.percent(9_001) == 100
    assert moments.at(500) == 2  # idle time is nothing
