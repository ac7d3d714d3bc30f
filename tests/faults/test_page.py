"""The page says with what its rows were measured, and how to measure them again."""

import dataclasses
import json
from pathlib import Path

import pytest

from tests.faults import summary
from tests.faults.page import measured
from tests.faults.summary import RESULTS, keep, measured_with
from tests.faults.table import Outcome, as_markdown, from_json

KILLED = Outcome(setting="Three nodes", fault="a leader killed", acknowledged=12, measured="Python 3.11")
FROZEN = dataclasses.replace(KILLED, fault="a leader frozen")


def test_rows_of_one_run_are_said_to_be() -> None:
    assert measured([KILLED, FROZEN]) == "All 2 rows are of one run, with Python 3.11. None was left out."


def test_rows_of_several_runs_are_counted() -> None:
    newer = dataclasses.replace(FROZEN, measured="Python 3.13")
    assert measured([KILLED, KILLED, newer]).splitlines()[2:] == ["- 2: Python 3.11", "- 1: Python 3.13"]


def test_what_was_not_compared_is_not_said_to_be_none() -> None:
    at_rest = dataclasses.replace(KILLED, lost=None, duplicated=None, reordered=None)
    assert as_markdown([at_rest]).splitlines()[-1] == "| a leader killed | 12 | 0 | no pause |"
    assert "| 12 | 0 | 0 | 0 | 0 | no pause |" in as_markdown([at_rest, FROZEN])
    assert "| 12 | 0 |  |  |  | no pause |" in as_markdown([at_rest, FROZEN])


def test_a_whole_run_leaves_no_row_of_a_test_that_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep([KILLED, FROZEN], path)
    keep([FROZEN], path, anew=True)
    assert from_json(path.read_text()) == [FROZEN]


def test_a_row_is_kept_with_what_it_was_measured_with(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "where", lambda: {"machine": "a large one", "Python": "3.11.7"})
    monkeypatch.setenv("KAFKA_NIO_KAFKA_VERSION", "3.9.2")
    assert measured_with() == "Apache Kafka 3.9.2, Python 3.11.7, on a large one"


def test_every_row_of_the_page_says_it() -> None:
    assert all(row["measured"] for row in json.loads(RESULTS.read_text()))
