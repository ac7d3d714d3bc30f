"""Pages that hold one explorer each, and the explorer in the reader's words.

They are made without building the site, so what they test is the explorer alone, and soon.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import material
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from kafka_nio.book import fence
from kafka_nio.book.project import Project
from tests.site.test_trace import Figure

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "traces"
BESIDE = {"linger-5": "linger-0"}
"""Explorers that offer a second recording to compare with."""

STILL = (
    "recording: linger-5\nid: still\nshow: lanes strip code steps wire state",
    "recording: linger-0, linger-5\nshow: compare",
)
"""Figures that show without script what the explorer's panels show."""

DESK: dict[str, object] = {"viewport": {"width": 1300, "height": 900}}
PHONE: dict[str, object] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WINDOWS = {
    "desk": DESK,
    "phone": PHONE,
    "narrow": {**PHONE, "viewport": {"width": 360, "height": 740}},
    "still": {**DESK, "reduced_motion": "reduce"},
    "desk without script": {**DESK, "java_script_enabled": False},
    "phone without script": {**PHONE, "java_script_enabled": False},
}
STYLES = Path(material.__file__).parent / "templates" / "assets" / "stylesheets"


def build(folder: Path) -> Path:
    """What every page loads. The pages are added as they are opened."""
    for source in (*STYLES.glob("*.css"), *(ROOT / "docs" / "assets").glob("*.*")):
        shutil.copy(source, folder / source.name)
    return folder


def add(name: str, folder: Path) -> None:
    """The page of a recording, in both palettes."""
    project = Project.here()
    blocks = STILL if name == "still" else (f"recording: {name}\ncode: all\nid: explorer{_beside(name)}",)
    html = "".join(fence.html(block, project) for block in blocks)
    styles = sorted(path.name for path in folder.glob("*.css"))
    for scheme in "default", "slate":
        (folder / f"{name}-{scheme}.html").write_text(_page(name, scheme, styles, html), encoding="utf-8")


def _beside(name: str) -> str:
    return f"\nbeside: {BESIDE[name]}" if name in BESIDE else ""


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

    def __init__(self, page: Page, *, has_touch: bool = False) -> None:
        super().__init__(page, "explorer")
        self.has_touch = has_touch

    def hit(self, node: Locator) -> None:
        """With what the reader has: a finger or a mouse."""
        if self.has_touch:
            node.tap()
        else:
            node.click()

    def status_middle(self) -> tuple[float, float]:
        status = self.node.get_by_role("status")
        status.scroll_into_view_if_needed()
        box = status.bounding_box()
        assert box is not None
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def drag(self, x: int, y: int) -> None:
        """With the mouse, from the middle of the status, so many pixels to the right and down."""
        begin = self.status_middle()
        self.page.mouse.move(*begin)
        self.page.mouse.down()
        self.page.mouse.move(begin[0] + x, begin[1] + y, steps=6)
        self.page.mouse.up()

    def swipe(self, x: int, y: int) -> None:
        """The same with a finger, as the browser sees it: it may find that this scrolls the page."""
        begin = self.status_middle()
        session = self.page.context.new_cdp_session(self.page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            session.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]}
            )

        touch("touchStart", begin)
        for part in range(1, 7):
            touch("touchMove", (begin[0] + x * part / 6, begin[1] + y * part / 6))
        touch("touchEnd")
        session.detach()

    def drop(self, path: Path) -> None:
        """A file is dragged here from elsewhere, and let go."""
        x, y = self.status_middle()
        where = {"x": x, "y": y, "data": {"items": [], "files": [str(path)], "dragOperationsMask": 1}}
        session = self.page.context.new_cdp_session(self.page)
        for kind in "dragEnter", "dragOver", "drop":
            session.send("Input.dispatchDragEvent", {"type": kind, **where})
        session.detach()

    def colour(self, selector: str) -> str:
        """The background of the first such node."""
        node = self.node.locator(selector).first
        return str(node.evaluate("node => getComputedStyle(node).backgroundColor"))

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

    def __init__(self, browser: Browser, http: str, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._bases = {"http": http, "file": folder.as_uri()}
        self._contexts: dict[str, BrowserContext] = {}
        self.complaints: list[str] = []

    def open(
        self, name: str, *, at: str = "", window: str = "desk", scheme: str = "default", by: str = "http"
    ) -> Explorer:
        """The explorer of a recording, fresh; `at` is what stands behind # in the address."""
        page = self.page(window)
        address = self.address(name, scheme, by)
        if page.url.partition("#")[0] == address and not at:
            page.evaluate(RESET)
        else:
            page.goto("about:blank")
            page.goto(address + at)
            page.locator(".kt-bar").wait_for(state="attached")
        return Explorer(page, has_touch="has_touch" in WINDOWS[window])

    def open_without_script(self, name: str, *, at: str = "", window: str, scheme: str, by: str) -> Page:
        page = self.page(f"{window} without script")
        page.goto("about:blank")
        page.goto(self.address(name, scheme, by) + at)
        return page

    def address(self, name: str, scheme: str, by: str) -> str:
        if not (self._folder / f"{name}-{scheme}.html").exists():
            add(name, self._folder)
        return f"{self._bases[by]}/{name}-{scheme}.html"

    def page(self, window: str) -> Page:
        """The page of a window, the same each time."""
        if window not in self._contexts:
            self._contexts[window] = self._browser.new_context(**WINDOWS[window])  # type: ignore[arg-type]
            page = self._contexts[window].new_page()
            page.on("console", lambda message: self._hear(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: self._hear(str(error)))
            page.on("requestfailed", lambda request: self._hear(f"{request.url} failed"))
            page.on("request", lambda request: self._allow(request.url))
        return self._contexts[window].pages[0]

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


WALK = """async node => {
    node.jump(0);
    for (let step = 0; step < 100; step += 1) {
        await new Promise(requestAnimationFrame);
        node.move(1);
    }
    await new Promise(requestAnimationFrame);
}"""


def own_time_of_a_step(explorer: Explorer) -> tuple[float, float]:
    """How many milliseconds the page's own thread computes for a step, and how often it lays out the page.

    Painting included, waiting for the processor not; the best of three walks.
    """
    session = explorer.page.context.new_cdp_session(explorer.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def metrics() -> dict[str, float]:
        return {one["name"]: float(one["value"]) for one in session.send("Performance.getMetrics")["metrics"]}

    walks = []
    for _ in range(3):
        before = metrics()
        explorer.node.evaluate(WALK)
        after = metrics()
        walks.append([(after[name] - before[name]) / 100 for name in ("TaskDuration", "LayoutCount")])
    session.detach()
    seconds, layouts = min(walks)
    print(f"{seconds * 1000:.1f} ms a step, {layouts:.1f} layouts")
    return seconds * 1000, layouts
