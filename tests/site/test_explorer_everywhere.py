"""The explorer on any screen, in both palettes, on paper, from a disk, and fast."""

import json
import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.site.conftest import Open
from tests.site.explorer import DESK, TRACES, Explorer, OpenExplorer, Pages, own_time_of_a_step

pytestmark = pytest.mark.slow

FRAME_MS = 1000 / 60
"""A screen shows sixty pictures a second."""


def frame_ms() -> float:
    """How long a step may compute. Where every core is taken, two threads share one, and both take twice as long."""
    return FRAME_MS * (2 if os.getloadavg()[0] > (os.cpu_count() or 1) else 1)


LARGEST = "one-record"


@pytest.mark.parametrize("window", ["desk", "narrow"])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_axe_finds_nothing_serious(open_explorer: OpenExplorer, window: str, scheme: str) -> None:
    explorer = open_explorer("linger-5", window=window, scheme=scheme)
    explorer.go_to(20)
    explorer.choice("Follow").select_option("record 1")
    explorer.choice("Search the steps").fill("select")
    explorer.press("c", "l")
    assert_nothing_serious(explorer.page)


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_axe_finds_nothing_serious_in_what_is_there_without_script(explorer_pages: Pages, scheme: str) -> None:
    page = explorer_pages.page("narrow")
    page.goto(explorer_pages.address("still", scheme, "http"))
    page.evaluate("document.querySelectorAll('.kt-bar').forEach(bar => bar.remove())")
    assert_nothing_serious(page)


def assert_nothing_serious(page: Page) -> None:
    found = Axe().run(page, context="main", options={"resultTypes": ["violations"]})
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    told = [(one["id"], node["html"][:200], node["failureSummary"]) for one in serious for node in one["nodes"]]
    assert told == [], json.dumps(told, indent=1)


STICKING_OUT = """all => all.filter(node => {
    if (node.getBoundingClientRect().right < innerWidth + 1) return false;
    for (let pane = node.parentElement; pane.tagName !== "KAFKA-TRACE"; pane = pane.parentElement)
        if (getComputedStyle(pane).overflowX !== "visible") return false;  // it scrolls there
    return true;
}).map(node => node.className)"""


@pytest.mark.parametrize("name", ["one-record", "window-full", "small-send-buffer", "linger-5"])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_the_narrowest_phone_needs_no_sideways_scrolling(open_explorer: OpenExplorer, name: str, scheme: str) -> None:
    explorer = open_explorer(name, window="narrow", scheme=scheme)
    explorer.press("End", "k", "k", "w")
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert explorer.node.locator("*").evaluate_all(STICKING_OUT) == []
    assert explorer.page.evaluate("visualViewport.width") == pytest.approx(360, abs=1)


def test_what_a_finger_has_to_hit_is_large_enough(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("one-record", window="narrow")
    controls = explorer.node.locator(":is(.kt-bar, .kt-tools) :is(button, select, input:not([type=file]))")
    boxes = controls.evaluate_all(
        "all => all.map(node => [node.ariaLabel || node.textContent, node.offsetWidth, node.offsetHeight])"
        ".filter(([name, width, height]) => width)"
    )
    assert len(boxes) >= 10
    assert [box for box in boxes if box[1] < 24 or (box[2] < 24 and box[0] != "Step")] == []


@pytest.mark.parametrize("name", ["window-full", "small-send-buffer"])
def test_it_works_from_a_disk(open_explorer: OpenExplorer, name: str) -> None:
    explorer = open_explorer(name, by="file", at="#explorer&s=30")
    assert explorer.step == 30
    explorer.press("J", "w", "r", "c")
    assert explorer.panel("state").locator("tr").count() > 3
    assert explorer.panel("wire").locator("[data-byte]").count() > 40


@pytest.mark.parametrize("window", ["still", "desk"])
def test_nothing_moves_for_who_wants_no_motion(open_explorer: OpenExplorer, window: str) -> None:
    explorer = open_explorer("one-record", window=window, at="#explorer&s=10")
    explorer.node.locator("li[aria-current]").scroll_into_view_if_needed()  # only what is near is laid out
    scrolls = explorer.node.evaluate(
        """node => {
            const asked = [];
            for (const pane of node.querySelectorAll(".kt-list, .kt-codes, .kt-scroll"))
                pane.scrollBy = ({ behavior }) => asked.push(behavior);
            node.jump(node.at + 8); // a far one would not be gone to slowly in any case
            return asked;
        }"""
    )
    assert set(scrolls) == {"instant" if window == "still" else "smooth"}
    moving = (
        "all => all.some(node => getComputedStyle(node).transitionDuration.split(', ').some(time => time !== '0s'))"
    )
    assert explorer.node.locator("*").evaluate_all(moving) == (window != "still")


ON_PAPER = """node => ({
    ink: getComputedStyle(node).color,
    paper: getComputedStyle(node).backgroundColor,
    buttons: [...node.querySelectorAll(".kt-bar, .kt-tools, .kt-panels")].some(one => one.offsetHeight),
    cut: [...node.querySelectorAll("*")].filter(one => one.offsetHeight && one.clientHeight + 1 < one.scrollHeight
        && (getComputedStyle(one).overflowY !== "visible" || /strict|content|paint/.test(getComputedStyle(one).contain))
        && !one.closest(".kt-unseen")).map(one => one.className),
})"""


@pytest.mark.parametrize("name", ["linger-5", "still"])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_on_paper_all_is_dark_on_light_whole_and_without_buttons(explorer_pages: Pages, name: str, scheme: str) -> None:
    page = explorer_pages.page("desk")
    page.goto(explorer_pages.address(name, scheme, "file"))
    page.emulate_media(media="print")
    try:
        figures = page.locator("kafka-trace")
        assert figures.locator(".kt-steps > li").last.is_visible()
        for figure in figures.all():
            on_paper = figure.evaluate(ON_PAPER)
            assert on_paper == {"ink": "rgb(29, 37, 48)", "paper": "rgb(255, 255, 255)", "buttons": False, "cut": []}
    finally:
        page.emulate_media(media="screen")


def test_the_focus_goes_from_the_bar_through_tools_code_and_steps_to_the_panels(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("one-record")
    explorer.button("First step").focus()
    parts = ("kt-bar", "kt-tools", "kt-codes", "kt-list", "kt-panels")
    focused = "parts => parts.find(part => document.activeElement.closest(`.${part}`)) || ''"
    places: list[str] = []
    for _ in range(400):
        place = explorer.page.evaluate(focused, parts)
        if place not in places[-1:]:
            places.append(place)
        if place == "kt-panels":
            break
        if place == "kt-list":  # past its links
            explorer.node.locator(".kt-list a").last.focus()
        explorer.page.keyboard.press("Tab")
    assert places == list(parts)


def test_a_step_through_the_largest_recording_takes_less_than_a_frame(open_explorer: OpenExplorer) -> None:
    own_ms, _ = own_time_of_a_step(open_explorer(LARGEST, window="still"))
    assert own_ms < frame_ms()


@pytest.mark.parametrize("name", [LARGEST, "window-full"])
def test_a_step_lays_the_page_out_twice_at_most(open_explorer: OpenExplorer, name: str) -> None:
    _, layouts = own_time_of_a_step(open_explorer(name, window="still"))
    assert layouts <= 2.5


@pytest.mark.parametrize("path", ["index.html", "one-record.html", f"recordings/{LARGEST}.html"])
def test_so_it_does_on_its_pages(open_page: Open, path: str) -> None:
    page = open_page(path, **DESK)
    own_ms, _ = own_time_of_a_step(Explorer(page))
    assert own_ms < frame_ms()


def test_it_is_the_largest_recording() -> None:
    steps = {
        path.name: path.read_text().count('"spanId"') - path.read_text().count('"links"') for path in TRACES.iterdir()
    }
    assert max(steps, key=lambda name: steps[name]) == f"{LARGEST}.otlp.jsonl"
