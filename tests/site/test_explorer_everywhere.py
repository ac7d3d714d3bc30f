"""The explorer on any screen, in both palettes, on paper, from a disk, and fast."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.site.explorer import OpenExplorer

pytestmark = pytest.mark.slow

FRAME_MS = 16
"""A screen shows sixty pictures a second."""

STEPS = 100


@pytest.mark.parametrize(("window", "scheme"), [("desk", "default"), ("narrow", "slate")])
def test_axe_finds_nothing_serious(open_explorer: OpenExplorer, window: str, scheme: str) -> None:
    explorer = open_explorer("linger-5", window=window, scheme=scheme)
    explorer.go_to(20)
    explorer.choice("Follow").select_option("record 1")
    explorer.choice("Search the steps").fill("select")
    explorer.press("c", "l")
    found = Axe().run(explorer.page, context="kafka-trace", options={"resultTypes": ["violations"]})
    serious = [one for one in found.response["violations"] if one["impact"] in ("serious", "critical")]
    told = [(one["id"], node["html"][:200], node["failureSummary"]) for one in serious for node in one["nodes"]]
    assert told == [], json.dumps(told, indent=1)


@pytest.mark.parametrize("name", ["one-record", "window-full", "small-send-buffer", "linger-5"])
@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_the_narrowest_phone_needs_no_sideways_scrolling(open_explorer: OpenExplorer, name: str, scheme: str) -> None:
    explorer = open_explorer(name, window="narrow", scheme=scheme)
    explorer.press("End", "k", "k", "w")
    assert explorer.page.evaluate("document.documentElement.scrollWidth") <= 360
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


def test_nothing_moves_for_who_wants_no_motion(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("one-record", window="still", at="#explorer&s=10")
    explorer.press("End")
    list_ = explorer.node.locator(".kt-list")
    place = list_.evaluate("list => list.scrollTop")
    explorer.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert list_.evaluate("list => list.scrollTop") == place > 0


def test_on_paper_there_are_steps_and_no_buttons(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("linger-5")
    explorer.page.emulate_media(media="print")
    try:
        assert explorer.node.locator(".kt-steps > li").last.is_visible()
        buttons = explorer.node.locator(".kt-bar, .kt-tools, .kt-panels")
        assert not buttons.evaluate_all("all => all.some(one => one.offsetHeight)")
    finally:
        explorer.page.emulate_media(media="screen")


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


MEASURE = """node => {
    node.jump(0);
    const times = [];
    for (let step = 0; step < 100; step += 1) {
        const begin = performance.now();
        node.move(1);
        document.body.getBoundingClientRect();  // with the layout that follows
        times.push(performance.now() - begin);
    }
    return times.sort((one, other) => one - other);
}"""


@pytest.mark.parametrize("name", ["one-record", "window-full"])
def test_a_step_takes_less_than_a_frame_and_two_layouts(open_explorer: OpenExplorer, name: str) -> None:
    explorer = open_explorer(name, window="still")
    session = explorer.page.context.new_cdp_session(explorer.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # the page's own time, whatever else runs

    def metrics() -> dict[str, float]:
        return {one["name"]: float(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}

    before = metrics()
    times = explorer.node.evaluate(MEASURE)
    after = metrics()
    own_ms = (after["TaskDuration"] - before["TaskDuration"]) * 1000 / STEPS
    layouts = (after["LayoutCount"] - before["LayoutCount"]) / STEPS
    print(f"{name}: {own_ms:.1f} ms a step, {layouts:.1f} layouts; on this clock the median is {times[50]:.1f} ms")
    assert own_ms < FRAME_MS
    assert layouts <= 2.5
