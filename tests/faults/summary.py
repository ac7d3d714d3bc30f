"""The table at the end of a run, and the rows kept for the page if `KAFKA_NIO_KEEP_OUTCOMES` is set.

    pytest -m faults                                # prints the table
    KAFKA_NIO_KEEP_OUTCOMES=1 pytest -m faults      # and keeps its rows for `python -m tests.faults.page`

A kept row takes the place of an older one of the same fault, so that a part of the tests may be run again.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.table import PROPERTY, Outcome, as_terminal_lines, from_dict, from_json, to_json

RESULTS = Path(__file__).with_name("results.json")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests noted, in the order in which they ran."""
    outcomes = list(_noted(terminalreporter))
    if not outcomes:
        return
    terminalreporter.section("faults")
    for line in as_terminal_lines(outcomes):
        terminalreporter.write_line(line)
    if os.environ.get("KAFKA_NIO_KEEP_OUTCOMES"):
        keep(outcomes)
        terminalreporter.write_line(f"Kept for the page: python -m tests.faults.page writes it from {RESULTS.name}.")


def _noted(terminalreporter: pytest.TerminalReporter) -> Iterable[Outcome]:
    """Of a test that got a second chance, the second one's."""
    for category in ("passed", "failed"):
        for report in terminalreporter.stats.get(category, ()):
            if report.when == "call":
                yield from (from_dict(row) for name, row in report.user_properties if name == PROPERTY)


def keep(outcomes: Iterable[Outcome], path: Path = RESULTS) -> None:
    """Put the rows into the file, each in the place of the older one of its fault."""
    kept = {(row.setting, row.fault): row for row in (from_json(path.read_text("utf-8")) if path.exists() else ())}
    kept |= {(row.setting, row.fault): row for row in outcomes}
    path.write_text(to_json(list(kept.values())), encoding="utf-8")
