"""The explorer: every way to go from step to step, with mouse, keys and fingers."""

import re

import pytest
from playwright.sync_api import expect

from kafka_nio.tracing import Recording
from tests.site.explorer import TRACES, Explorer, OpenExplorer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.load(TRACES / "one-record.otlp.jsonl")


@pytest.fixture
def explorer(open_explorer: OpenExplorer) -> Explorer:
    return open_explorer("one-record")


def numbers_of(recording: Recording, name: str) -> list[int]:
    return [step.seq for step in recording.steps if step.name == name]


def way(explorer: Explorer, *keys: str) -> list[int | None]:
    """Where each key leads."""
    places = []
    for key in keys:
        explorer.page.keyboard.press(key)
        places.append(explorer.step)
    return places


def test_by_poll(explorer: Explorer, recording: Recording) -> None:
    polls = numbers_of(recording, "Selector.poll")
    explorer.press("Home")
    assert way(explorer, "J", "J", "J", "K") == [polls[0], polls[1], polls[2], polls[1]]
    assert f"poll 2 of {len(polls)}" in explorer.status


def test_by_message(explorer: Explorer, recording: Recording) -> None:
    frames = [step.seq for step in recording.steps if step.frame is not None]
    explorer.press("Home")
    assert way(explorer, "w", "w", "w", "w", "W") == [*frames, frames[-2]]


def test_by_record(explorer: Explorer, recording: Recording) -> None:
    explorer.press("Home")
    first, *_, last = way(explorer, "r", "r", "r", "R", "R")
    assert first == last
    assert "record 1" in recording.step(first or 0).about
    assert explorer.choice("Follow").input_value() == "record 1"


@pytest.mark.parametrize("unit", ["step", "poll", "frame", "record"])
def test_the_buttons_go_by_what_is_chosen_and_come_back(explorer: Explorer, unit: str) -> None:
    explorer.go_to(41)
    explorer.choice("Step by").select_option(unit)
    back, forward = (explorer.node.locator(".kt-buttons button").nth(number) for number in (1, 2))
    forward.click()
    place = explorer.step
    forward.click()
    back.click()
    assert explorer.step == place
    assert (unit in (forward.get_attribute("aria-label") or "")) == (unit in ("poll", "record"))


def test_nothing_further_is_told(explorer: Explorer) -> None:
    explorer.press("End", "J")
    assert explorer.status == "No other one comes in this recording."


def test_the_scrubber_goes_anywhere_by_mouse_and_by_key(explorer: Explorer) -> None:
    scrubber = explorer.choice("Step")
    box = scrubber.bounding_box()
    assert box is not None
    scrubber.click(position={"x": box["width"] / 2, "y": box["height"] / 2})
    middle = explorer.step or 0
    assert abs(middle - len(explorer.steps) / 2) < 4
    way(explorer, "ArrowRight", "ArrowRight")
    assert explorer.step == middle + 2
    assert scrubber.get_attribute("aria-valuetext", timeout=1000).startswith(f"step {middle + 2}, ")  # type: ignore[union-attr]
    expect(explorer.page).to_have_url(re.compile(f"#explorer&s={middle + 2}$"))


def test_the_scrubber_marks_each_poll(explorer: Explorer, recording: Recording) -> None:
    polls = numbers_of(recording, "Selector.poll")
    assert explorer.node.locator(".kt-marks .kt-mark-poll").count() == len(polls)


def swipe(explorer: Explorer, by: int, *, down: int = 0, where: str = ".kt-status") -> None:
    explorer.node.locator(where).first.evaluate(
        """(node, [x, y]) => {
            const touch = (x, y) => new Touch({ identifier: 1, target: node, clientX: x, clientY: y });
            const fire = (kind, all, changed) => node.dispatchEvent(
                new TouchEvent(kind, { touches: all, changedTouches: changed, bubbles: true }));
            fire("touchstart", [touch(200, 200)], []);
            fire("touchend", [], [touch(200 + x, 200 + y)]);
        }""",
        [by, down],
    )


def test_a_swipe_turns_the_page(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("one-record", window="phone", at="#explorer&s=30")
    swipe(explorer, -90)
    assert explorer.step == 31
    swipe(explorer, 90)
    assert explorer.step == 30
    swipe(explorer, -90, down=80)
    swipe(explorer, -20)
    assert explorer.step == 30
    swipe(explorer, -90, where=".kt-function:not([hidden]) .kt-code")
    assert explorer.step == 30


def test_a_tap_does_what_a_click_does(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("one-record", window="phone", at="#explorer&s=30")
    explorer.button("Step forward").tap()
    assert explorer.step == 31
    explorer.panel("why").locator("summary").tap()
    assert explorer.panel("why").get_attribute("open") is None


@pytest.mark.parametrize("by", ["http", "file"])
@pytest.mark.parametrize("window", ["desk", "phone"])
def test_an_address_opens_the_explorer_at_its_step_and_back_goes_back(
    open_explorer: OpenExplorer, window: str, by: str
) -> None:
    explorer = open_explorer("one-record", at="#explorer&s=61", window=window, by=by)
    assert explorer.step == 61
    top = explorer.node.bounding_box()
    assert top is not None
    assert -10 < top["y"] < 150
    explorer.press("J")
    assert explorer.step == 76
    explorer.page.go_back()
    assert explorer.step == 61


def test_keys_that_only_an_explorer_has_are_listed(explorer: Explorer) -> None:
    explorer.press("?")
    text = explorer.node.locator(".kt-keys").inner_text()
    assert all(word in text for word in ("poll", "message", "record", "search", "real time"))


def test_letters_typed_into_the_search_are_letters(explorer: Explorer) -> None:
    explorer.go_to(40)
    explorer.press("g")
    explorer.page.keyboard.type("jkJrw")
    assert explorer.choice("Search the steps").input_value() == "jkJrw"
    assert explorer.step == 40
