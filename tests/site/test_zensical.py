"""The same mkdocs.yml, built by Zensical: the pages hold what they hold when MkDocs builds them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.site.conftest import PAGES, ROOT

pytest.importorskip("zensical", reason="there is no Zensical: pip install zensical")

FIGURE = re.compile(r"<kafka-trace.*?</kafka-trace>", re.DOTALL)
OURS = re.compile(r'class="(k[bst]\b[^"]*)"')
"""The class of whatever our blocks write."""

NAMED = re.compile(r' id="(?!__)([^"]+)"')
"""Whatever a link can lead to, but for the parts of the theme."""


@pytest.fixture(scope="module")
def zensical_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site. A warning is an error, such as a link that leads nowhere."""
    # Zensical writes beside mkdocs.yml and nowhere else.
    project = tmp_path_factory.mktemp("zensical")
    shutil.copy(ROOT / "mkdocs.yml", project)
    shutil.copytree(ROOT / "docs", project / "docs")
    for read in "kafka_nio", "traces":
        (project / read).symlink_to(ROOT / read)
    command = [sys.executable, "-m", "zensical", "build", "--strict"]
    built = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert built.returncode == 0, f"{built.stdout}{built.stderr}"
    return project / "site"


def test_it_builds_every_page(zensical_site: Path) -> None:
    found = {path.relative_to(zensical_site).as_posix() for path in zensical_site.rglob("*.html")}
    assert found - {"404.html"} == set(PAGES)


@pytest.mark.parametrize("page", ["index.html", "chapters/selector-poll.html", "recordings/linger-0.html"])
def test_a_page_holds_its_figures_with_code_steps_and_lanes(zensical_site: Path, page: str) -> None:
    assert look(FIGURE, zensical_site, page)
    classes = set(look(OURS, zensical_site, page))
    assert {"kt-line", "kt-steps", "kt-lanes", "kt-strip"} <= classes


def test_the_figures_are_those_that_mkdocs_makes(zensical_site: Path, site: Path) -> None:
    pages = [page for page in PAGES if "<kafka-trace" in (site / page).read_text()]
    assert len(pages) > 40
    assert [page for page in pages if look(FIGURE, zensical_site, page) != look(FIGURE, site, page)] == []


def test_so_are_bugs_states_and_whatever_else_our_blocks_write(zensical_site: Path, site: Path) -> None:
    assert look(OURS, site, "bugs.html")
    assert look(OURS, site, "transactions.html")
    assert [page for page in PAGES if look(OURS, zensical_site, page) != look(OURS, site, page)] == []


def test_so_is_every_name_to_link_to_those_of_the_api_too(zensical_site: Path, site: Path) -> None:
    assert "kafka_nio.KafkaProducer" in look(NAMED, site, "api.html")
    assert [page for page in PAGES if set(look(NAMED, zensical_site, page)) != set(look(NAMED, site, page))] == []


def test_no_block_is_left_as_text(zensical_site: Path) -> None:
    left = [page for page in PAGES if re.search(r"```kafka|#!kafka-trace", (zensical_site / page).read_text())]
    assert set(left) <= {"contributing.html"}


def look(pattern: re.Pattern[str], site: Path, page: str) -> list[str]:
    return pattern.findall((site / page).read_text())
