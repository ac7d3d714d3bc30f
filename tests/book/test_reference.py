"""The pages that are tables say what the tables in the code say."""

from pathlib import Path

import pytest

from kafka_nio.book.reference import PAGES, metrics_page, options_page
from kafka_nio.config import INSTEAD, OPTIONS
from kafka_nio.metric_names import METRICS

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
