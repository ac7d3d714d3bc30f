"""The page of a learner's run, opened from a file: two explorers that step, and no request."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from kafka_nio.book.standalone import comparison_page
from tests.book.attempt import attempt
from tests.site.test_trace import Figure


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tried = attempt(tmp_path_factory.mktemp("workspace"), "linger-5")
    path = tried.file.parents[1] / "e11.html"
    html = comparison_page("Find the ready nodes", tried.yours, tried.reference, files=tried.files)
    path.write_text(html, encoding="utf-8")
    return path


def open_from_disk(browser: Browser, path: Path, complaints: list[str], **options: object) -> Page:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if request.url != path.as_uri() else None)
    page.goto(path.as_uri())
    return page


def test_both_explorers_step_and_the_comparison_is_open(browser: Browser, path: Path) -> None:
    complaints: list[str] = []
    page = open_from_disk(browser, path, complaints, viewport={"width": 390, "height": 844}, color_scheme="dark")
    yours, reference = Figure(page, "yours"), Figure(page, "reference")
    assert yours.lit_lines == [6, 7, 9]
    for explorer in yours, reference:
        begin = explorer.step
        assert begin is not None
        explorer.press("j")
        assert explorer.step == begin + 1
    panel = yours.node.locator(".kt-panel-compare")
    expect(panel.locator("summary")).to_have_text("your run beside the reference")
    assert panel.get_by_text("nobody at all").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(23, 27, 33)"
    page.context.close()
    assert complaints == []


def test_without_script_the_same_page_can_be_read(browser: Browser, path: Path) -> None:
    complaints: list[str] = []
    page = open_from_disk(browser, path, complaints, java_script_enabled=False)
    for id in "yours", "reference":
        figure = page.locator(f"kafka-trace#{id}")
        assert figure.locator(".kt-code").first.is_visible()
        assert figure.locator(".kt-wire").is_visible()
        assert figure.locator(".kt-state").is_visible()
    page.context.close()
    assert complaints == []
