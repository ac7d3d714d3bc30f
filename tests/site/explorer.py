"""Pages that hold one explorer each, and the explorer in the reader's words.

They are made without building the site, so what they test is the explorer alone, and soon.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import material
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from kafka_nio.book.fence import figure
from kafka_nio.book.project import Project
from tests.site.test_trace import Figure

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "traces"
NAMES = ("one-record", "window-full", "small-send-buffer", "bug-write-interest-stuck", "linger-5")
BESIDE = {"linger-5": "linger-0"}
"""Explorers that offer a second recording to compare with."""

DESK = {"width": 1300, "height": 900}
PHONE = {"width": 390, "height": 844}
STYLES = Path(material.__file__).parent / "templates" / "assets" / "stylesheets"


def build(folder: Path) -> Path:
    """A page for each recording, in both palettes."""
    for source in (*STYLES.glob("*.css"), *(ROOT / "docs" / "assets").glob("*.*")):
        shutil.copy(source, folder / source.name)
    styles = sorted(path.name for path in folder.glob("*.css"))
    project = Project.here()
    for name in NAMES:
        beside = f"\nbeside: {BESIDE[name]}" if name in BESIDE else ""
        html = figure(f"recording: {name}\ncode: all\nid: explorer{beside}", project).html()
        for scheme in "default", "slate":
            (folder / f"{name}-{scheme}.html").write_text(_page(name, scheme, styles, html), encoding="utf-8")
    return folder


def _page(name: str, scheme: str, styles: Iterable[str], figure: str) -> str:
    links = "".join(f'<link rel="stylesheet" href="{style}">' for style in styles)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{links}'
        f'<script defer src="kafka-trace.js"></script></head><body data-md-color-scheme="{scheme}">'
        f'<main class="md-content md-typeset" style="padding: 1rem"><h1>{name}</h1>{figure}</main></body></html>'
    )


RESET = """() => {
    const figure = document.querySelector("kafka-trace");
    figure.open(figure.page.recording);
    if (!figure.keys.hidden) figure.toggleKeys();
    for (const panel of figure.querySelectorAll("details")) panel.open = true;
    document.activeElement.blur();
    history.pushState(null, "", location.pathname);
    figure.goToAddress();
    figure.show(0);
    scrollTo(0, 0);
}"""
"""Loading a page takes longer than most tests."""


class Explorer(Figure):
    """The explorer of a page."""

    def __init__(self, page: Page) -> None:
        super().__init__(page, "explorer")

    def choice(self, label: str) -> Locator:
        return self.node.get_by_label(label, exact=True)

    def panel(self, name: str) -> Locator:
        return self.node.locator(f".kt-panel-{name}")

    def marked(self, kind: str) -> list[int]:
        """The listed steps that a class marks."""
        items = self.node.locator(f".kt-steps > li.{kind}")
        return [int(seq) for seq in items.evaluate_all("all => all.map(item => item.dataset.seq)")]

    def bars(self, kind: str) -> list[int]:
        """The bars that a class marks, in the lanes that are to be seen."""
        bars = self.node.locator(f".kt-lanes:not([hidden]) .kt-lane g.{kind}")
        return [int(seq) for seq in bars.evaluate_all("all => all.map(bar => bar.dataset.seq)")]

    def go_to(self, seq: int) -> None:
        self.node.evaluate("(node, seq) => node.jump(node.bySeq.get(String(seq)))", seq)

    def choose_file(self, *, name: str, text: str) -> None:
        """Choose a recording's file as a reader does, and wait until something has come of it."""
        before = self.status
        file = {"name": name, "mimeType": "application/json", "buffer": text.encode()}
        self.node.locator("input[type=file]").set_input_files([file])  # type: ignore[list-item]
        self.page.wait_for_function(
            "before => document.querySelector('.kt-status').textContent !== before", arg=before, timeout=5000
        )


class Pages:
    """Opens pages of one browser, each kind of window once, and hears every complaint."""

    def __init__(self, browser: Browser, http: str, disk: str) -> None:
        self._browser = browser
        self._bases = {"http": http, "file": disk}
        self._contexts: dict[str, BrowserContext] = {}
        self.complaints: list[str] = []

    def open(
        self, name: str, *, at: str = "", window: str = "desk", scheme: str = "default", by: str = "http"
    ) -> Explorer:
        """The explorer of a recording, fresh; `at` is what stands behind # in the address."""
        context = self._contexts.get(window) or self._window(window)
        page = context.pages[0]
        address = f"{self._bases[by]}/{name}-{scheme}.html"
        if page.url.partition("#")[0] == address and not at:
            page.evaluate(RESET)
        else:
            page.goto("about:blank")
            page.goto(address + at)
            page.locator(".kt-bar").wait_for(state="attached")
        return Explorer(page)

    def _window(self, window: str) -> BrowserContext:
        options: dict[str, object] = {
            "desk": {"viewport": DESK},
            "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
            "narrow": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
            "still": {"viewport": DESK, "reduced_motion": "reduce"},
        }[window]
        context = self._contexts[window] = self._browser.new_context(**options)  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: self._hear(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._hear(str(error)))
        page.on("requestfailed", lambda request: self._hear(f"{request.url} failed"))
        page.on("request", lambda request: self._allow(request.url))
        return context

    def _hear(self, complaint: str) -> None:
        if "favicon" not in complaint and "404" not in complaint:
            self.complaints.append(complaint)

    def _allow(self, url: str) -> None:
        if not url.startswith((*self._bases.values(), "data:", "blob:", "about:")):
            self._hear(f"asked {url}")

    def close(self) -> None:
        for context in self._contexts.values():
            context.close()


OpenExplorer = Callable[..., Explorer]
