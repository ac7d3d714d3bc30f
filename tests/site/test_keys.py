"""Which figure takes a key, and which keys are left to the browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.site.conftest import Open
from tests.site.test_trace import Figure

SCREEN = {"viewport": {"width": 1300, "height": 900}}


@pytest.fixture
def home(open_page: Open) -> Figure:
    """The explorer of the first page, as it is when the page has come."""
    return Figure(open_page("index.html", **SCREEN), "explorer")


@pytest.fixture
def page(open_page: Open) -> Page:
    """The page about one record."""
    return open_page("one-record.html", **SCREEN)


def put_in_sight(page: Page, id: str) -> Figure:
    """Scroll as a reader does, without giving the figure the focus."""
    page.evaluate("id => document.getElementById(id).scrollIntoView({ block: 'center', behavior: 'instant' })", id)
    return Figure(page, id)


def ids(page: Page) -> list[str]:
    return [str(id) for id in page.locator("kafka-trace").evaluate_all("all => all.map(figure => figure.id)")]


def test_keys_step_at_once_on_the_first_page(home: Figure) -> None:
    begin = home.step
    assert begin is not None
    home.page.keyboard.press("ArrowRight")
    assert home.step == begin + 1
    home.page.keyboard.press("j")
    assert home.step == begin + 2
    home.page.keyboard.press("ArrowLeft")
    assert home.step == begin + 1
    expect(home.page).to_have_url(re.compile(f"#explorer&s={begin + 1}$"))


def test_keys_step_after_a_click_on_a_line(home: Figure) -> None:
    begin = home.step
    assert begin is not None
    home.node.locator(".kt-function:not([hidden]) .kt-line.kt-now").first.click()
    home.page.keyboard.press("ArrowRight")
    assert home.step == begin + 1
    expect(home.page).to_have_url(re.compile(f"#explorer&s={begin + 1}$"))
    home.page.keyboard.press("ArrowRight")
    assert home.step == begin + 2


def test_keys_do_nothing_where_no_figure_is_in_sight(page: Page) -> None:
    page.set_viewport_size({"width": 1300, "height": 400})
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    assert page.locator(".kt-steps > li[data-seq='1'][aria-current], .kt:not(.kt-explorer)[data-at]").count() == 0
    assert "#" not in page.url


def test_keys_go_to_the_figure_that_is_in_sight(page: Page) -> None:
    first, second = ids(page)[:2]
    one = put_in_sight(page, first)
    page.keyboard.press("ArrowRight")
    assert one.step == one.steps[0]
    other = put_in_sight(page, second)
    page.keyboard.press("ArrowRight")
    assert other.step == other.steps[0]
    assert one.step == one.steps[0]


def test_up_and_down_scroll_the_page(home: Figure) -> None:
    begin = home.step
    home.page.keyboard.press("ArrowDown")
    home.page.wait_for_function("window.scrollY > 0")
    home.button("Step forward").focus()
    home.page.keyboard.press("ArrowUp")
    home.page.wait_for_function("window.scrollY == 0")
    assert home.step == begin


def test_home_and_end_scroll_the_page_while_the_focus_is_elsewhere(home: Figure) -> None:
    begin = home.step
    home.page.keyboard.press("End")
    home.page.wait_for_function("window.scrollY > 0")
    assert home.step == begin


def test_a_key_with_a_modifier_is_the_browsers(home: Figure) -> None:
    begin = home.step
    home.page.evaluate("addEventListener('keydown', event => { window.taken = event.defaultPrevented; })")
    for key in "Control+ArrowRight", "Alt+j", "Meta+j", "Shift+ArrowRight":
        home.page.keyboard.press(key)
        assert home.step == begin, key
        assert home.page.evaluate("window.taken") is False, key


def test_what_is_typed_into_the_search_steps_nothing(home: Figure) -> None:
    begin = home.step
    search = home.page.locator(".md-search__input")
    search.click()
    home.page.keyboard.type("jkt")
    home.page.keyboard.press("ArrowLeft")
    assert search.input_value() == "jkt"
    assert home.step == begin


def test_arrows_scroll_code_that_was_reached_by_key(home: Figure) -> None:
    begin = home.step
    assert begin is not None
    home.node.locator(".kt-function:not([hidden]) .kt-code").focus()
    home.page.keyboard.press("ArrowDown")
    home.page.keyboard.press("ArrowRight")
    assert home.step == begin
    home.page.keyboard.press("j")
    assert home.step == begin + 1


def test_escape_closes_the_list_of_keys_before_anything_else(home: Figure) -> None:
    begin = home.step
    keys, code = home.node.locator(".kt-keys"), home.node.locator(".kt-codes")
    before = code.bounding_box()
    home.page.keyboard.press("?")
    assert keys.is_visible()
    assert code.bounding_box() == before
    home.page.keyboard.press("Escape")
    assert keys.is_hidden()
    assert home.button("Keys").get_attribute("aria-expanded") == "false"
    assert home.step == begin
    home.page.keyboard.press("Escape")
    assert home.step is None


def test_every_text_names_the_same_keys(home: Figure, page: Page) -> None:
    figure = Figure(page, ids(page)[0])
    assert "→" in (home.page.locator(".lead").text_content() or "")
    assert "press → and ←" in figure.status
    assert "→" in (figure.button("Step forward").get_attribute("title") or "")
    assert "→" in (figure.node.locator(".kt-keys dt").first.text_content() or "")


def test_the_first_page_begins_with_lit_code(home: Figure) -> None:
    """It stands in the upper third, unless all of it is in view anyway."""
    pane = home.node.locator(".kt-codes").bounding_box()
    lit = home.node.locator(".kt-line.kt-now")
    first, last = lit.first.bounding_box(), lit.last.bounding_box()
    assert pane is not None
    assert first is not None
    assert last is not None
    is_all_in_view = last["y"] + last["height"] <= pane["y"] + pane["height"]
    assert 0 <= first["y"] - pane["y"] < pane["height"] / (1 if is_all_in_view else 3)


def test_on_a_phone_the_sentence_of_a_step_is_there_to_its_end(open_page: Open) -> None:
    phone = Figure(open_page("index.html", viewport={"width": 390, "height": 844}), "explorer")
    sentence = phone.node.locator(".kt-now-says")
    assert sentence.evaluate("node => node.scrollWidth <= node.clientWidth + 1 && node.clientHeight > 30")
