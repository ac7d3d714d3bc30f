"""A page of the site while it comes: there before the script, and light with all that it asks for."""

import gzip

import pytest
from playwright.sync_api import Browser, Response, Route, expect

from tests.site.conftest import PAGES
from tests.site.explorer import DESK, PHONE

MOST_BYTES = 400_000
CHAPTERS = [page for page in PAGES if page.startswith("chapters/") or page == "one-record.html"]
PAINTED = "performance.getEntriesByName('first-contentful-paint').length > 0"


@pytest.mark.parametrize("path", ["index.html", "chapters/selector-poll.html"])
def test_a_page_is_painted_and_read_while_the_script_is_still_on_its_way(
    browser: Browser, address: str, path: str
) -> None:
    page = browser.new_page(**DESK)  # type: ignore[arg-type]
    waiting: list[Route] = []
    page.route("**/kafka-trace.js", lambda route: waiting.append(route))
    page.goto(f"{address}/{path}", wait_until="commit")
    page.wait_for_function(PAINTED)
    page.wait_for_function("document.querySelector('.kt-steps > li') !== null")
    expect(page.locator(".kt-line[data-state=ran]").first).to_be_visible()
    assert len(waiting) == 1
    assert page.locator(".kt-bar").count() == 0
    waiting[0].continue_()
    page.locator(".kt-bar").first.wait_for(state="attached")
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS)
def test_all_that_a_chapter_asks_for_is_light(browser: Browser, address: str, path: str) -> None:
    page = browser.new_page(**PHONE)  # type: ignore[arg-type]
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(f"{address}/{path}", wait_until="networkidle")
    weights = {answer.url.removeprefix(address): len(gzip.compress(answer.body())) for answer in answers if answer.ok}
    page.context.close()
    assert f"/{path}" in weights
    assert "/assets/kafka-trace.js" in weights
    assert sum(weights.values()) <= MOST_BYTES, weights
