"""Stepping through a figure, as a reader does it."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.site.conftest import Open

if TYPE_CHECKING:
    from tests.site.explorer import OpenExplorer


class Figure:
    """One figure of a page, in the reader's words."""

    def __init__(self, page: Page, id: str) -> None:
        self.page = page
        self.node = page.locator(f"kafka-trace#{id}")

    def press(self, *keys: str) -> None:
        self.button("Step forward").focus()
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> Locator:
        return self.node.get_by_role("button", name=name, exact=True)

    @property
    def step(self) -> int | None:
        """The number of the step that is shown."""
        current = self.node.locator(".kt-steps > li[aria-current=step]")
        return int(current.get_attribute("data-seq") or 0) if current.count() else None

    @property
    def steps(self) -> list[int]:
        """The numbers of all steps."""
        items = self.node.locator(".kt-steps > li[data-seq]")
        return [int(seq) for seq in items.evaluate_all("all => all.map(li => li.dataset.seq)")]

    @property
    def lit_lines(self) -> list[int]:
        lines = self.node.locator(".kt-function:not([hidden]) .kt-line.kt-now")
        return [int(line) for line in lines.evaluate_all("all => all.map(line => line.dataset.line)")]

    @property
    def status(self) -> str:
        return self.node.get_by_role("status").text_content() or ""


def lines_of(figure: Figure, seq: int) -> list[int]:
    """What the list says about a step's lines: `12-14,16*2`."""
    text = figure.node.locator(f".kt-steps > li[data-seq='{seq}']").get_attribute("data-lines") or ""
    ranges = [part.split("*")[0].split("-") for part in text.split(",") if part]
    return [line for first, *last in ranges for line in range(int(first), int((last or [first])[0]) + 1)]


@pytest.fixture
def explorer(open_explorer: "OpenExplorer") -> Figure:
    """The explorer of one record, without the site around it."""
    return open_explorer("one-record")


@pytest.fixture
def part(open_page: Open) -> Figure:
    """The first figure of the page about one record."""
    return Figure(open_page("one-record.html"), "kafkaproducer-do-send")


def test_buttons_step_forward_and_back(explorer: Figure) -> None:
    begin = explorer.step
    assert begin is not None
    explorer.button("Step forward").click()
    explorer.button("Step forward").click()
    assert explorer.step == begin + 2
    explorer.button("Step back").click()
    assert explorer.step == begin + 1


def test_it_steps_on_a_page_from_a_disk_and_keeps_the_address(open_page: Open, site: Path) -> None:
    explorer = Figure(open_page("one-record.html", base=site.as_uri()), "explorer")
    explorer.press("Home", "j", "j", "k")
    assert explorer.step == explorer.steps[1]
    expect(explorer.page).to_have_url(re.compile(f"#explorer&s={explorer.step}$"))


def test_keys_do_the_same(explorer: Figure) -> None:
    begin = explorer.step
    assert begin is not None
    explorer.press("j", "ArrowRight", "j", "k")
    assert explorer.step == begin + 2
    explorer.press("ArrowLeft", "k")
    assert explorer.step == begin
    explorer.press("End")
    assert explorer.step == explorer.steps[-1]
    explorer.press("j")
    assert explorer.step == explorer.steps[-1]
    explorer.press("Home", "k")
    assert explorer.step == explorer.steps[0]


def test_each_step_lights_exactly_the_lines_that_it_ran(explorer: Figure) -> None:
    explorer.press("Home")
    for seq in explorer.steps[:20]:
        assert explorer.step == seq
        assert explorer.lit_lines == lines_of(explorer, seq)
        explorer.press("j")


def test_t_goes_to_the_other_thread(explorer: Figure) -> None:
    explorer.press("Home", "t")
    assert explorer.node.locator("li[aria-current=step]").get_attribute("data-thread") == "app"


def test_a_figure_begins_with_all_its_steps_and_goes_back_to_them(part: Figure) -> None:
    assert part.step is None
    assert f"{len(part.steps)} steps" in part.status
    part.press("j")
    assert part.step == part.steps[0]
    part.press("Escape")
    assert part.step is None


def test_a_step_whose_code_is_elsewhere_lights_the_line_that_called_it(part: Figure) -> None:
    part.press("j", "j")
    seq = part.step
    calling = part.node.locator(".kt-line.kt-calling")
    assert calling.count() == 1
    assert str(seq) in (calling.text_content() or "")


def test_a_click_on_a_step_goes_there(explorer: Figure) -> None:
    explorer.node.locator(".kt-steps > li[data-seq='12'] .kt-sentence, .kt-steps > li[data-seq='12'] a").last.click()
    assert explorer.step == 12


def test_a_click_on_a_bar_goes_there(explorer: Figure) -> None:
    explorer.node.locator(".kt-lane g[data-seq='8'] rect").click()
    assert explorer.step == 8


def test_a_click_on_a_line_shows_which_steps_ran_it(explorer: Figure) -> None:
    explorer.press("Home")
    seq = explorer.step
    line = explorer.node.locator(".kt-function:not([hidden]) .kt-line.kt-now").first
    line.click()
    ran = explorer.node.locator(".kt-steps > li.kt-same").evaluate_all("all => all.map(li => Number(li.dataset.seq))")
    assert seq in ran
    assert "ran in" in explorer.status


def test_l_asks_the_same_by_key(explorer: Figure) -> None:
    explorer.press("l")
    assert explorer.node.locator(".kt-asked").count() == 1
    assert explorer.status.startswith("Line ")


def test_the_live_region_says_what_the_step_is(explorer: Figure) -> None:
    explorer.press("End")
    name = explorer.node.locator("li[aria-current=step] .kt-name").text_content() or "?"
    assert f"step {explorer.steps[-1]} · sender thread · {name}" in explorer.status


def test_an_address_leads_to_a_step_and_back_returns(open_page: Open) -> None:
    page = open_page("one-record.html#explorer&s=20")
    explorer = Figure(page, "explorer")
    assert explorer.step == 20

    explorer.node.locator(".kt-steps > li[data-seq='30'] a.kt-name").click()
    expect(page).to_have_url(re.compile("#explorer&s=30$"))
    explorer.press("j", "j", "j")
    assert explorer.step == 33
    page.go_back()
    assert explorer.step == 30
    page.go_back()
    assert explorer.step == 20
    page.go_forward()
    assert explorer.step == 30


def test_a_step_named_in_the_prose_opens_in_the_explorer(open_page: Open) -> None:
    page = open_page("one-record.html")
    link = page.locator("a.kt-fact:visible").first
    link.click()
    page.wait_for_function("document.querySelector('#explorer li[aria-current]')?.id === location.hash.slice(1)")
    assert (link.text_content() or "").endswith(f" {Figure(page, 'explorer').step}")


def test_the_keys_are_listed_on_demand(part: Figure) -> None:
    keys = part.node.locator(".kt-keys")
    assert keys.is_hidden()
    part.press("?")
    assert keys.is_visible()
    assert part.button("Keys").get_attribute("aria-expanded") == "true"
    part.press("?")
    assert keys.is_hidden()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_wants_no_motion(open_page: Open, motion: str) -> None:
    page = open_page("one-record.html", reduced_motion=motion)
    duration = page.locator(".kt-line").first.evaluate("node => getComputedStyle(node).transitionDuration")
    assert (duration == "0s") == (motion == "reduce")


def test_the_first_screen_of_the_first_page_works(open_page: Open) -> None:
    page = open_page("index.html", viewport={"width": 1280, "height": 800})
    explorer = Figure(page, "explorer")
    begin = explorer.step
    button = explorer.button("Step forward")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    button.click()
    assert explorer.step == (begin or 0) + 1
