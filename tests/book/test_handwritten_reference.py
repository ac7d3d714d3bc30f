"""The pages of the reference that are written by hand name what is there."""

import importlib
import re
import tomllib
from pathlib import Path

import kafka_nio
from kafka_nio import tracing
from kafka_nio.book.fence import COMPARE, MORE_PARTS, OPTIONS, PARTS
from kafka_nio.exercises.exercise import Exercise

ROOT = Path(__file__).parents[2]


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_the_glossary_has_sixty_terms_with_their_chinese_and_each_once() -> None:
    entry = r'^<dfn id="([a-z0-9-]+)">[^<]+</dfn> · <span lang="zh">(\S.*)</span>$'
    terms = re.findall(entry, page("glossary.md"), re.MULTILINE)
    names = [name for name, _ in terms]
    assert len(names) == len(set(names)) == page("glossary.md").count("<dfn") >= 60
    same_in_chinese = {"epoll"}
    assert {name for name, chinese in terms if not re.search(r"[\u4e00-\u9fff]", chinese)} == same_in_chinese


def test_the_glossary_leads_to_what_is_there() -> None:
    for name, file in re.findall(r"`(\w+)`\s+in\s+`(kafka_nio/[\w/]+\.py)`", page("glossary.md")):
        assert re.search(rf"^(class|def) {name}\b", (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE), name
    targets = re.findall(r"\]\(#([^)]+)\)", page("glossary.md"))
    assert [target for target in targets if f'<dfn id="{target}"' not in page("glossary.md")] == []


def test_there_are_eleven_corrections_in_order() -> None:
    anchors = re.findall(r"^## (\d+)\. .*\{ #correction-(\d+) \}$", page("corrections.md"), re.MULTILINE)
    assert anchors == [(str(number), str(number)) for number in range(1, 12)]


def test_then_and_now_says_four_things_of_each_method() -> None:
    methods = re.split(
        r"^### ", page("then-and-now.md").partition("## What 0.10.2 did not have")[0], flags=re.MULTILINE
    )
    for method in methods[1:]:
        said = re.findall(r"^(Then|Changed|Today|Here)$", method, re.MULTILINE)
        assert said == ["Then", "Changed", "Today", "Here"], method


def test_the_api_reference_has_every_public_name() -> None:
    shown = re.findall(r"^::: ([\w.]+)$", page("api.md"), re.MULTILINE)
    wanted = {*kafka_nio.__all__, *tracing.__all__, "EmbeddedCluster"}
    assert wanted <= {name.rpartition(".")[2] for name in shown}
    for name in shown:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_contributing_has_every_line_of_a_figure_and_every_part() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page("contributing.md"), re.MULTILINE))
    assert rows.keys() == OPTIONS
    parts = {word for code in re.findall(r"`([^`]+)`", rows["show"].partition(";")[0]) for word in code.split()}
    assert parts == PARTS | MORE_PARTS | {COMPARE}


def test_contributing_names_what_an_exercise_is_made_of() -> None:
    files = re.findall(r"^\| ((?:`[\w*]+\.py`(?:, )?)+) \|", page("contributing.md"), re.MULTILINE)
    assert "`planted.py`" in files
    for name in re.findall(r"^ *- `([\w*]+\.py)`:", str(Exercise.__doc__), re.MULTILINE):
        assert any(f"`{name}`" in row for row in files), name


def test_the_library_guide_has_every_extra_of_a_user() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = re.findall(r"^\| `(\w+)` \| ", page("library.md").partition("## A first program")[0], re.MULTILINE)
    assert set(named) == extras.keys() - {"fuzz", "site", "test"}
