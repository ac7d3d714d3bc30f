"""The pages that are tables say what the tables in the code say."""

import re
from pathlib import Path

import pytest

from kafka_nio.book.error_page import TO_DO, errors_page
from kafka_nio.book.project import Project
from kafka_nio.book.reference import PAGES, metrics_page, options_page
from kafka_nio.book.span_page import ATTRIBUTES, STAGES, spans_page
from kafka_nio.config import INSTEAD, OPTIONS
from kafka_nio.errors import BY_CODE
from kafka_nio.metric_names import METRICS
from kafka_nio.spans import Stage

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    written = (DOCS / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), f"docs/{name} is out of date; run: python -m kafka_nio.book"


def test_every_option_is_there_in_both_spellings() -> None:
    page = options_page()
    for option in OPTIONS:
        assert f"| `{option.name}`<br>`{option.attribute}` |" in page
        assert option.doc in page


def test_every_option_that_is_refused_is_there() -> None:
    page = options_page()
    for name in INSTEAD:
        assert f"| `{name}` |" in page


def test_every_metric_is_there() -> None:
    page = metrics_page()
    for metric in METRICS:
        name = f"{metric.name}{{{metric.tag}=…}}" if metric.tag else metric.name
        assert f"| `{name}` | {metric.doc} |" in page


def test_every_error_with_a_code_is_there_once() -> None:
    page = errors_page()
    for number, error in BY_CODE.items():
        assert page.count(f"`{error.__name__}` | {number} | ") == 1


def test_what_to_do_is_said_of_errors_that_exist() -> None:
    page = errors_page()
    for name, what in TO_DO.items():
        assert page.count(f'<span id="{name}"></span>') == 1
        assert f" {what} |\n" in page


def test_every_marked_step_is_there_once() -> None:
    page = spans_page()
    marked = [function for function in Project.here().library.functions if function.is_step]
    assert page.count("<span id=") == len(marked) > 100
    for step in marked:
        assert f'<span id="{step.name}"></span>`{step.name}`<br><small>{step.file.partition("/")[2]}</small>' in page
        assert step.sentence.replace("|", "\\|") in page


def test_every_stage_is_told() -> None:
    assert list(STAGES) == list(Stage)


def test_every_attribute_that_a_recording_has_is_told() -> None:
    text = (DOCS.parent / "traces" / "one-record.otlp.jsonl").read_text(encoding="utf-8")
    names = set(re.findall(r'"key":"((?:code|thread|error|kafka_nio)\.[^"]+)"', text))
    names -= {"kafka_nio.recording", "kafka_nio.schema"}  # of the whole
    known = {re.sub(r"^kafka_nio\.(show|frame)\..*", r"kafka_nio.\1.NAME", name) for name in names}
    assert known <= set(ATTRIBUTES)


@pytest.mark.parametrize("name", PAGES)
def test_each_row_of_a_table_has_as_many_cells_as_its_head(name: str) -> None:
    expected = 0
    for line in PAGES[name]().splitlines():
        cells = line.replace("\\|", "").count("|") - 1
        if not line.startswith("|"):
            expected = 0
        elif not expected:
            expected = cells
        else:
            assert cells == expected, line
