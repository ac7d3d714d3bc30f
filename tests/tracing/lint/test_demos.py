"""The lints over what was really recorded: silent on every scenario, and on each bug its own speaks alone."""

import pytest

from kafka_nio.demos import BUGS, DEMOS
from kafka_nio.tracing.lint import LINTS, lint
from tests.demos.story import recording

SCENARIOS = [name for name, demo in DEMOS.items() if demo.bug is None]


@pytest.mark.parametrize("name", SCENARIOS)
def test_nothing_is_found_where_nothing_is_wrong(name: str) -> None:
    assert lint(recording(name)) == []


@pytest.mark.parametrize("name", BUGS)
def test_each_bug_is_caught_by_its_lint_and_by_no_other(name: str) -> None:
    findings = lint(recording(f"bug-{name}"))
    assert {finding.lint for finding in findings} == {BUGS[name].lint}
    assert BUGS[name].lint in LINTS


def test_each_bug_has_a_lint_of_its_own() -> None:
    assert len({bug.lint for bug in BUGS.values()}) == len(BUGS) == 7
