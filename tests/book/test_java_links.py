"""Every link into Kafka's Java source leads to a line that has been looked up.

`java_lines.csv` says what stands at a line of a release: the method or class that begins there; with `in`, the one
that the line is a part of; nothing, if the whole file is meant. The lines of 0.10.2.0 were read off its tag, those of
4.4.0 off its branch and compared with the line numbers in the classes of the released library. Here only the pages are
compared with the table, so no network is needed. A new link needs a new row: look at the line first.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

DOCS = Path(__file__).parents[2] / "docs"
THEN, TODAY = "0.10.2.0", "4.4.0"
BLOB = "https://github.com/apache/kafka/blob/"
URL = re.compile(
    re.escape(BLOB) + r"(?P<tag>[^/\s]+)/clients/src/main/(?P<path>[\w/]+\.(?:java|json))(?:#L(?P<line>\d+))?"
)
DEFINITION = re.compile(rf"^\[(?P<name>[^\]\n]+)\]: (?P<url>{re.escape(BLOB)}\S+)$", re.MULTILINE)
LINK = re.compile(r"\[(?P<text>[^\[\]]+)\](?:\((?P<url>https://[^)\s]+)\)|\[(?P<name>[^\[\]]+)\])")
TODAYS_LINK = re.compile(r"(?:`(?P<renamed>\w+)`: )?\[`\w+\.java:\d+`\]\((?P<url>[^)]+)\)")


class Row(NamedTuple):
    tag: str
    path: str
    line: str


@dataclass(frozen=True, slots=True)
class JavaLink:
    page: str
    text: str
    row: Row

    @property
    def file(self) -> PurePosixPath:
        return PurePosixPath(self.row.path)


def row_of(url: str) -> Row:
    match = URL.fullmatch(url)
    assert match is not None, f"not a line of a file of Kafka's: {url}"
    return Row(match["tag"], match["path"], match["line"] or "")


def places() -> dict[Row, str]:
    with (Path(__file__).parent / "java_lines.csv").open(encoding="utf-8", newline="") as table:
        return {Row(row["tag"], row["path"], row["line"]): row["place"] for row in csv.DictReader(table)}


PLACES = places()
PAGES = {path.relative_to(DOCS).as_posix(): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}


def links() -> Iterator[JavaLink]:
    for page, text in PAGES.items():
        defined = {found["name"]: found["url"] for found in DEFINITION.finditer(text)}
        for found in LINK.finditer(text):
            url = found["url"] or defined.get(found["name"], "")
            if url.startswith(BLOB):
                yield JavaLink(page, " ".join(found["text"].split()), row_of(url))


LINKS = list(links())


def test_every_link_leads_to_a_line_that_was_looked_up() -> None:
    assert len(LINKS) > 150
    assert [link for link in LINKS if link.row not in PLACES] == []


def test_every_address_in_a_page_is_that_of_a_link() -> None:
    for page, text in PAGES.items():
        addresses = {row_of(url) for url in re.findall(re.escape(BLOB) + r"[^\s)\"]+", text)}
        assert addresses == {link.row for link in LINKS if link.page == page}, page


def test_every_line_that_was_looked_up_is_linked_to() -> None:
    assert PLACES.keys() - {link.row for link in LINKS} == set()


def test_links_lead_to_the_old_release_or_to_todays() -> None:
    assert {row.tag for row in PLACES} == {THEN, TODAY}
    assert {link.row.tag for link in LINKS if link.page == "corrections.md"} == {THEN}


def test_a_text_that_gives_a_line_gives_that_of_its_link() -> None:
    for link in LINKS:
        if match := re.fullmatch(r"`(?:(\w+\.java):)?(\d+)`", link.text):
            assert match[1] in (None, link.file.name), link
            assert match[2] == link.row.line, link


def test_a_text_that_names_a_method_leads_to_where_it_begins() -> None:
    named = [(link, re.search(r"`(?:(\w+)\.)?([A-Za-z]\w*)(?:\(\w*\))?`$", link.text)) for link in LINKS]
    checked = [(link, match) for link, match in named if match is not None and " in `" not in link.text]
    assert len(checked) > 80
    for link, match in checked:
        assert match[1] in (None, link.file.stem), link
        assert match[2] == PLACES[link.row], link


def test_then_and_now_leads_to_its_method_in_both_releases() -> None:
    flow = PAGES["then-and-now.md"].partition("## What 0.10.2 did not have")[0]
    for method in re.split(r"^### ", flow, flags=re.MULTILINE)[1:]:
        names = {name.rpartition(".")[2] for name in re.findall(r"`([\w.]+)`", method.partition("\n")[0])}
        _, then, changed = re.split(r"^(?:Then|Today)$", method, flags=re.MULTILINE)
        today = changed.partition("\nHere\n")[0]
        first = LINK.search(then)
        assert first is not None
        assert PLACES[row_of(first["url"])] in names, method
        assert row_of(first["url"]).tag == THEN, method
        for found in TODAYS_LINK.finditer(today):
            row = row_of(found["url"])
            assert row.tag == TODAY, method
            assert PLACES[row] in ({found["renamed"]} if found["renamed"] else names), method
