"""One page of each kind in a browser: complete, calm, on any screen, from a server and from a disk.

What can be seen without a browser is looked at on every page, in `test_html.py`.
"""

import gzip
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from kafka_nio.spans import Stage
from tests.site.conftest import KINDS, PAGES, ROOT, Open

FROM_A_DISK = ("index.html", "explorer.html", "recordings/linger-0.html", "api.html")
"""Opened from a disk each time; the other kinds with `-m slow`."""

PHONE = {"viewport": {"width": 390, "height": 844}}
EACH_KIND = pytest.mark.parametrize("path", KINDS)


def test_the_kinds_are_pages() -> None:
    assert set(KINDS) <= set(PAGES)


@EACH_KIND
def test_a_page_asks_no_other_host_and_complains_of_nothing(open_page: Open, path: str) -> None:
    page = open_page(path, color_scheme="dark", **PHONE)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.parametrize(
    "path", [pytest.param(path, marks=[] if path in FROM_A_DISK else pytest.mark.slow) for path in KINDS]
)
def test_a_page_opens_from_a_disk(open_page: Open, site: Path, path: str) -> None:
    page = open_page(path, base=site.as_uri(), color_scheme="light", **PHONE)
    assert page.locator("h1").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.slow  # it opens every page
def test_without_script_no_page_needs_sideways_scrolling_on_a_phone(browser: Browser, site: Path) -> None:
    page = browser.new_page(java_script_enabled=False, **PHONE)  # type: ignore[arg-type]
    wide = []
    for path in PAGES:
        page.goto(f"{site.as_uri()}/{path}")
        if page.evaluate("document.documentElement.scrollWidth") != 390:
            wide.append(path)
    page.close()
    assert wide == []


def test_code_and_steps_stand_beside_each_other_or_below_each_other(open_page: Open) -> None:
    wide, narrow = open_page("one-record.html"), open_page("one-record.html", **PHONE)
    for page, beside in (wide, True), (narrow, False):
        code = page.locator(".kt-codes").first.bounding_box()
        steps = page.locator(".kt-list").first.bounding_box()
        assert code is not None
        assert steps is not None
        assert (steps["x"] > code["x"] + code["width"] / 2) == beside


def test_the_search_finds_from_a_disk_too(open_page: Open, site: Path) -> None:
    page = open_page("index.html", base=site.as_uri())
    page.locator(".md-search__input").click()
    page.keyboard.type("wakeup", delay=10)
    page.locator(".md-search-result__link").first.wait_for()


def test_without_script_everything_is_there_to_read(open_page: Open) -> None:
    page = open_page("one-record.html#explorer&s=20", java_script_enabled=False)
    figure = page.locator("kafka-trace").first

    assert figure.locator(".kt-line[data-state=ran]").first.is_visible()
    assert figure.locator(".kt-steps > li").first.is_visible()
    assert figure.locator("svg g").first.is_visible()
    assert page.locator(".kt-bar").count() == 0
    assert page.locator("[id='explorer&s=20']").bounding_box() is not None
    assert page.locator("details.predict p").first.text_content()


def test_without_script_a_link_leads_to_its_step(open_page: Open) -> None:
    page = open_page("one-record.html#explorer&s=100", java_script_enabled=False)
    box = page.locator("[id='explorer&s=100']").bounding_box()
    assert box is not None
    assert 0 <= box["y"] < 720


def test_from_the_first_page_to_the_first_answer_it_is_one_click_and_one_more(open_page: Open) -> None:
    page = open_page("index.html", viewport={"width": 1280, "height": 800})
    question = page.locator("details.predict").first
    box = question.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    question.locator("summary").click()
    link = question.locator("a.kt-fact").last
    link.click()
    page.wait_for_function("document.querySelector('#explorer li[aria-current]')?.id === location.hash.slice(1)")
    now = page.locator("#explorer li[aria-current] .kt-name").text_content()
    assert now == "nio.SocketChannel.write"
    # Its code and its place in the list are in sight.
    for part in ("#explorer .kt-line.kt-now >> nth=0", "#explorer li[aria-current]"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert 48 < box["y"] < 700


def test_the_first_page_leads_to_the_place_for_ones_own_recording(open_page: Open) -> None:
    page = open_page("index.html")
    page.locator("article a[href='explorer.html#open-your-own']").click()
    page.wait_for_url("**/explorer.html#open-your-own")
    own = page.locator("kafka-trace#own")
    own.locator("input[type=file]").set_input_files(ROOT / "traces" / "bug-key-not-consumed.otlp.jsonl")
    page.wait_for_function("document.querySelector('#own .kt-status').textContent.includes('77 steps, 1 finding')")
    assert own.locator(".kt-line.kt-now").count()


def test_the_wrong_code_stands_beside_the_right_one_and_differs_without_colour(open_page: Open) -> None:
    wide, narrow = open_page("bugs.html"), open_page("bugs.html", **PHONE)
    for page, beside in (wide, True), (narrow, False):
        right = page.locator(".kb-right").first.bounding_box()
        wrong = page.locator(".kb-wrong").first.bounding_box()
        assert right is not None
        assert wrong is not None
        assert (wrong["x"] > right["x"] + right["width"] / 2) == beside
    sign = "node => getComputedStyle(node, '::before').content"
    assert "+" in wide.locator(".kb-wrong .kb-line[data-differs]").first.evaluate(sign)


def test_on_paper_there_are_no_buttons_and_nothing_is_cut_off(open_page: Open) -> None:
    page = open_page("one-record.html")
    page.emulate_media(media="print")
    figure = page.locator("kafka-trace").first

    assert figure.locator(".kt-bar").is_hidden()
    assert figure.locator(".kt-list").evaluate("node => node.scrollHeight <= node.clientHeight + 1")


def test_every_stage_has_a_colour_in_both_palettes_that_stands_out(site: Path) -> None:
    light, dark = (ROOT / "docs/assets/kafka-trace.css").read_text().split('[data-md-color-scheme="slate"]')
    for css in light, dark:
        colours = dict(re.findall(r"--kt-(\w+): (#\w+);", css.replace("#fff;", "#ffffff;")))
        for stage in Stage:
            assert _contrast(colours[stage], colours["paper"]) >= 4.5
        for text in "ink", "quiet":
            assert _contrast(colours[text], colours["paper"]) >= 4.5


def _contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it."""
    darker, lighter = sorted(_luminance(colour) for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_script_is_small() -> None:
    assert len(gzip.compress((ROOT / "docs/assets/kafka-trace.js").read_bytes())) < 30_000
