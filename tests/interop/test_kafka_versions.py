"""Which tests of Apache Kafka are for which of its releases, and that the same releases are named everywhere."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.support.kafka_selection import release
from tests.support.kafka_versions import NEWEST, VARIABLE, VERSIONS, has, kafka_version

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
NOXFILE = ROOT / "tests" / "noxfile.py"

FILES = [f"tests/interop/test_{name}.py" for name in ("compression", "murmur2", "options", "transaction_versions")]


def collected(version: str) -> str:
    """What pytest says once it has collected the tests of Apache Kafka that are for a release."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-m", "apache_kafka", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--collect-only", *FILES],
        cwd=ROOT,
        env={**os.environ, VARIABLE: version},
        capture_output=True,
        text=True,
        timeout=100,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def for_the_newest() -> str:
    return collected(NEWEST)


def test_where_the_newest_release_runs_every_test_is_selected(for_the_newest: str) -> None:
    assert f"Apache Kafka: {NEWEST}" in for_the_newest
    assert "test_the_cluster_says_which_protocol_it_is[apache_kafka-True]" in for_the_newest
    assert "test_the_broker_notices_that_somebody_else_was_meant" in for_the_newest
    assert "not for Apache Kafka" not in for_the_newest


def test_only_tests_that_need_apache_kafka_have_its_mark(for_the_newest: str) -> None:
    assert "test_librdkafka_reads_what_we_compressed[apache_kafka-zstd]" in for_the_newest
    assert "mock_cluster" not in for_the_newest
    assert "test_murmur2" not in for_the_newest


def test_what_an_older_release_does_not_have_is_not_selected_and_said() -> None:
    said = collected("4.0.0")
    assert "test_the_cluster_says_which_protocol_it_is[apache_kafka-True]" in said
    assert "test_the_broker_notices_that_somebody_else_was_meant" not in said
    assert "not for Apache Kafka 4.0.0: 1 of the check of who is meant, there since 4.4" in said


def test_a_variable_that_names_no_release_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "newest")
    with pytest.raises(pytest.UsageError, match=f"{VARIABLE}=newest is no release of Apache Kafka; one is {NEWEST}"):
        release()


def test_without_the_variable_the_newest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert kafka_version() == NEWEST
    assert sorted(VERSIONS, key=lambda version: [int(number) for number in version.split(".")])[-1] == NEWEST


@pytest.mark.parametrize(
    ("version", "since", "there"),
    [("4.4.0", "4.4", True), ("3.9.2", "4.0", False), ("3.10.0", "3.9", True), ("2.8.2", "2.8.2", True)],
)
def test_releases_are_compared_number_by_number(version: str, since: str, there: bool) -> None:
    assert has(version, since) is there


def test_the_workflow_runs_the_same_releases_and_pythons_as_nox() -> None:
    releases, pythons = (
        re.findall(r'"([^"]+)"', line)
        for name in ("kafka", "python")
        for line in re.findall(rf"^ +{name}: (\[.+\])$", WORKFLOW.read_text(), re.MULTILINE)
    )
    assert tuple(releases) == VERSIONS
    tried = re.search(r"^PYTHONS = \((.+)\)$", NOXFILE.read_text(), re.MULTILINE)
    assert tried is not None
    assert re.findall(r'"([^"]+)"', tried[1]) == pythons
    promised = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    assert [line.rpartition(" ")[2] for line in promised if "Python :: 3." in line] == pythons


def test_the_library_guide_says_of_each_release_what_was_seen() -> None:
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|", (ROOT / "docs" / "library.md").read_text(), re.MULTILINE)
    assert tuple(rows) == VERSIONS
