"""The table at the end of a run, and the rows kept for the page if `KAFKA_NIO_KEEP_OUTCOMES` is set.

    pytest -m faults                                            # prints the table
    KAFKA_NIO_KEEP_OUTCOMES=all pytest -m faults    # and keeps its rows for `python -m tests.faults.page`
    KAFKA_NIO_KEEP_OUTCOMES=these pytest -m faults -k frozen    # a part of them, each in place of the older one

A row that is kept says with what it was measured.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.endurance.results import where
from tests.faults.table import PROPERTY, Outcome, as_terminal_lines, from_dict, from_json, to_json
from tests.support.kafka_versions import kafka_version

RESULTS = Path(__file__).with_name("results.json")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests noted, in the order in which they ran."""
    outcomes = list(_noted(terminalreporter))
    if not outcomes:
        return
    terminalreporter.section("faults")
    for line in as_terminal_lines(outcomes):
        terminalreporter.write_line(line)
    if which := os.environ.get("KAFKA_NIO_KEEP_OUTCOMES"):
        measured = measured_with()
        keep((replace(outcome, measured=measured) for outcome in outcomes), anew=which == "all")
        terminalreporter.write_line(f"Kept for the page: python -m tests.faults.page writes it from {RESULTS.name}.")


def _noted(terminalreporter: pytest.TerminalReporter) -> Iterable[Outcome]:
    """Of a test that got a second chance, the second one's."""
    for category in ("passed", "failed"):
        for report in terminalreporter.stats.get(category, ()):
            if report.when == "call":
                yield from (from_dict(row) for name, row in report.user_properties if name == PROPERTY)


def measured_with() -> str:
    """The versions, and the machine."""
    at = {"Apache Kafka": kafka_version(), **where()}
    machine = at.pop("machine")
    return f"{', '.join(f'{name} {version}' for name, version in at.items())}, on {machine}"


def keep(outcomes: Iterable[Outcome], path: Path = RESULTS, *, anew: bool = False) -> None:
    """Put the rows into the file, each in the place of the older one of its fault; or these alone, if `anew`."""
    older = from_json(path.read_text("utf-8")) if path.exists() and not anew else ()
    kept = {(row.setting, row.fault): row for row in older}
    kept |= {(row.setting, row.fault): row for row in outcomes}
    path.write_text(to_json(list(kept.values())), encoding="utf-8")
