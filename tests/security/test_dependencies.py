"""Other people's packages: which versions are taken is decided here, not on the day of an installation."""

import tomllib
from pathlib import Path

import nox.registry
import pytest
from packaging.requirements import Requirement

from tests import noxfile

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())

LOWER, UPPER = {">=", "==", "~=", ">"}, {"<", "<=", "==", "~="}

GROUPS: dict[str, list[str]] = {
    "build": PROJECT["build-system"]["requires"],
    "run": PROJECT["project"]["dependencies"],
    **PROJECT["project"]["optional-dependencies"],
}

EVERY = [
    (group, text)
    for group, texts in GROUPS.items()
    for text in texts
    if not text.startswith(PROJECT["project"]["name"])
]


def test_the_producer_itself_needs_nobody() -> None:
    assert GROUPS["run"] == []


@pytest.mark.parametrize(("group", "text"), EVERY, ids=lambda value: Requirement(value).name if "=" in value else value)
def test_each_has_a_lowest_and_a_highest_version(group: str, text: str) -> None:
    operators = {clause.operator for clause in Requirement(text).specifier}
    assert operators & LOWER, f"{group}: {text} may be as old as it likes"
    assert operators & UPPER, f"{group}: {text} may be as new as it likes"


def test_none_is_fetched_from_anywhere_but_the_index() -> None:
    assert not [text for _, text in EVERY if Requirement(text).url]


def test_all_are_looked_up_among_the_known_vulnerabilities() -> None:
    """By a job of its own: it needs the network, and may fail on a day on which nothing here has changed."""
    workflow = (ROOT / ".github" / "workflows" / "audit.yml").read_text()
    assert "- run: nox -f tests/noxfile.py -s audit\n" in workflow
    assert isinstance(noxfile.audit, nox.registry.Func)
    audited = {extra for extras in noxfile.AUDITED.values() for extra in extras.split(",")}
    assert with_those_within(audited) == set(GROUPS) - {"build", "run"}


def with_those_within(extras: set[str]) -> set[str]:
    """An extra may bring others: `kafka-nio[cli,tracing]`."""
    own = PROJECT["project"]["name"]
    within = {
        extra
        for group in extras
        for requirement in map(Requirement, GROUPS[group])
        if requirement.name == own
        for extra in requirement.extras
    }
    return extras if within <= extras else with_those_within(extras | within)
