"""The site, built once, served from a port and readable from disk; and a browser to read it with."""

import fcntl
import os
import re
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

if TYPE_CHECKING:
    from tests.site.explorer import OpenExplorer, Pages

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    f"{page}.html" for page in re.findall(r": ([\w/-]+)\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
)
"""Every page, in the order of the navigation."""

KINDS = (
    "index.html",
    "one-record.html",
    "chapters/selector-poll.html",
    "chapters/on-the-wire.html",
    "explorer.html",
    "scenarios.html",
    "recordings/linger-0.html",
    "recordings/bug-write-interest-stuck.html",
    "bugs.html",
    "transactions.html",
    "options.html",
    "glossary.html",
    "then-and-now.html",
    "library.html",
    "api.html",
    "spans.html",
    "staircase.html",
)
"""One page of each kind, for what takes long."""

MOST_BUILD_S = 60

CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site. A warning is an error."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return _build(tmp_path_factory.mktemp("site"))
    # Whichever process comes first builds it for all of them.
    folder = tmp_path_factory.getbasetemp().parent / f"site-{run}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return folder if (folder / PAGES[-1]).exists() else _build(folder)


def _build(folder: Path) -> Path:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    before = _computed_s()
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr.strip().splitlines()[-1]
    assert _computed_s() - before < MOST_BUILD_S
    return folder


def _computed_s() -> float:
    """How long the processes that this one started have computed. They take longer where others compute too."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing about requests."""


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """Where the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, or the one that `playwright install chromium` fetched.

    The one that can open no window needs half the time. It ends with each file: as long as Playwright runs it keeps an
    event loop on this thread, and tests elsewhere have loops of their own.
    """
    with sync_playwright() as playwright:
        found = shutil.which("chromium-headless-shell") or shutil.which("chromium")
        chromium = found or playwright.chromium.executable_path
        if not Path(chromium).exists():
            pytest.skip("there is no Chromium: apt install chromium-headless-shell, or playwright install chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser, address: str) -> Iterator[Open]:
    """Opens pages, by any of the browser's context options; fails if one complained or asked another host."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str, *, base: str = address, **options: object) -> Page:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"{request.url} failed"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((base, "data:", "blob:", "about:"))
                else complaints.append(f"asked {request.url}")
            ),
        )
        page.goto(f"{base}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


# Pages that hold one explorer each, without the site around them...


@pytest.fixture(scope="session")
def explorers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of these pages."""
    from tests.site.explorer import build

    return build(tmp_path_factory.mktemp("explorers"))


@pytest.fixture(scope="module")
def explorer_pages(browser: Browser, explorers: Path) -> Iterator["Pages"]:
    """The browser's windows, kept for all tests of a file."""
    from tests.site.explorer import Pages

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(explorers))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        pages = Pages(browser, f"http://127.0.0.1:{server.server_port}", explorers)
        yield pages
        pages.close()
        server.shutdown()
        thread.join()


@pytest.fixture
def open_explorer(explorer_pages: "Pages") -> Iterator["OpenExplorer"]:
    """Opens an explorer; fails if the page complained or asked another host."""
    explorer_pages.complaints.clear()
    yield explorer_pages.open
    assert explorer_pages.complaints == []
