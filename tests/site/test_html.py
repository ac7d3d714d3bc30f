"""Every page as it stands in its file: links, names, weight, teaching without a script. No browser needed."""

import gzip
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from kafka_nio.demos import DEMOS
from tests.site.conftest import PAGES, ROOT

MOST_BYTES = 400_000
"""Of a page with all that it asks for, compressed."""

LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


@dataclass
class Document(HTMLParser):
    """What the tests want to know of one page."""

    path: Path
    ids: Counter[str] = field(default_factory=Counter)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    headings: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    """How many steps each figure lists."""
    explorers: set[str] = field(default_factory=set)
    words: list[str] = field(default_factory=list)
    figure: str = ""
    silent: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.ids[values["id"]] += 1
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if tag == "link" and values.get("rel") in ("stylesheet", "icon", "preload"):
            self.loaded.append(values["href"])
        if tag in LOADS and values.get(LOADS[tag]):
            self.loaded.append(values[LOADS[tag]])
        self.headings += tag == "h1"
        self.silent += tag in ("script", "style")
        if tag == "kafka-trace":
            self.figure = values["id"]
            if "kt-explorer" in values["class"]:
                self.explorers.add(self.figure)
        elif tag == "li" and "data-seq" in values:
            self.steps[self.figure] += 1

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)


@pytest.fixture(scope="module")
def documents(site: Path) -> dict[str, Document]:
    """Every page, read."""
    return {page: Document(site / page) for page in PAGES}


def test_the_navigation_names_every_page(site: Path) -> None:
    found = {path.relative_to(site).as_posix() for path in site.rglob("*.html")} - {"404.html"}
    assert found == set(PAGES)


def test_every_recording_has_a_page() -> None:
    recordings = {path.name.removesuffix(".otlp.jsonl") for path in (ROOT / "traces").glob("*.otlp.jsonl")}
    pages = {page.removeprefix("recordings/").removesuffix(".html") for page in PAGES if page.startswith("recordings/")}
    assert pages == recordings == set(DEMOS)


def test_a_page_has_one_heading_that_names_it(documents: dict[str, Document]) -> None:
    assert {page for page, document in documents.items() if document.headings != 1} == set()


def test_no_name_is_given_twice_on_a_page(documents: dict[str, Document]) -> None:
    twice = {page: [id for id, times in document.ids.items() if times > 1] for page, document in documents.items()}
    assert {page: ids for page, ids in twice.items() if ids} == {}


def test_every_link_inside_the_site_leads_somewhere(documents: dict[str, Document], site: Path) -> None:
    broken = [
        f"{page}: {link}"
        for page in documents
        for link in documents[page].links
        if _is_broken(link, page, documents, site)
    ]
    assert broken == []


def _is_broken(link: str, page: str, documents: dict[str, Document], site: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = (site / page).parent / unquote(parts.path) if parts.path else site / page
    if not target.exists():
        return True
    name = target.resolve().relative_to(site.resolve()).as_posix()
    return bool(parts.fragment) and name in documents and unquote(parts.fragment) not in documents[name].ids


def test_nothing_is_loaded_from_another_host(documents: dict[str, Document]) -> None:
    foreign = [
        f"{page}: {url}" for page, document in documents.items() for url in document.loaded if urlsplit(url).netloc
    ]
    assert foreign == []


def test_a_page_is_light_with_all_that_it_loads(documents: dict[str, Document], site: Path) -> None:
    shared: dict[Path, int] = {}

    def weight(path: Path) -> int:
        if path not in shared:
            shared[path] = len(gzip.compress(path.read_bytes()))
        return shared[path]

    weights = {}
    for page, document in documents.items():
        loaded = {(site / page).parent / urlsplit(url).path for url in document.loaded}
        weights[page] = sum(map(weight, {site / page, *loaded}))
    assert {page: number for page, number in weights.items() if number > MOST_BYTES} == {}


def test_every_explorer_lists_its_steps_without_script(documents: dict[str, Document]) -> None:
    empty = [f"{page}#{id}" for page, one in documents.items() for id in one.explorers if not one.steps[id]]
    assert empty == []


def test_the_page_for_ones_own_recording_says_what_to_do_without_script(documents: dict[str, Document]) -> None:
    assert "kafka-nio lint mine.otlp.jsonl" in "".join(documents["explorer.html"].words)


def test_no_block_is_left_as_text(documents: dict[str, Document]) -> None:
    left = [page for page, one in documents.items() for words in one.words if "#!kafka-trace" in words]
    assert set(left) <= {"contributing.html"}
