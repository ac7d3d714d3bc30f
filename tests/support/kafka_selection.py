"""Which tests are for the release of Apache Kafka that runs; the others are not selected, and pytest says why.

Nothing is taken out where the newest release runs.
"""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.kafka_versions import NEWEST, VARIABLE, has, kafka_version

MARK = "kafka_since"

TOO_EARLY = pytest.StashKey[Counter[str]]()
"""How many were taken out for which reason."""


def select_for_release(
    config: pytest.Config, items: list[pytest.Item], needs_apache_kafka: Callable[[pytest.Item], object]
) -> None:
    """Put the mark `apache_kafka` on the tests that need one, and take out those of what the release lacks."""
    version = release()
    reasons = config.stash.setdefault(TOO_EARLY, Counter())
    kept: list[pytest.Item] = []
    taken_out: list[pytest.Item] = []
    for item in items:
        if needs_apache_kafka(item):
            item.add_marker("apache_kafka")
        reason = next((mark for mark in item.iter_markers(MARK) if not has(version, since(item, mark))), None)
        (kept if reason is None else taken_out).append(item)
        if reason is not None:
            reasons[f"{reason.args[1]}, there since {reason.args[0]}"] += 1
    if taken_out:
        items[:] = kept
        config.hook.pytest_deselected(items=taken_out)


def since(item: pytest.Item, mark: pytest.Mark) -> str:
    """The release that the mark names; it may not lie ahead."""
    if len(mark.args) != 2 or not has(NEWEST, mark.args[0]):
        raise pytest.UsageError(f"{item.nodeid}: {MARK} wants a release, {NEWEST} at most, and what came with it")
    return str(mark.args[0])


def release() -> str:
    """The release that runs, as the command was told."""
    try:
        return kafka_version()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_report_header() -> str:
    """Name it at the top."""
    return f"Apache Kafka: {release()} ({VARIABLE})"


def pytest_report_collectionfinish(config: pytest.Config) -> list[str]:
    """Say what was taken out. (With several processes, each keeps that to itself.)"""
    reasons = config.stash.get(TOO_EARLY, Counter())
    return [f"not for Apache Kafka {release()}: {count} of {reason}" for reason, count in reasons.items()]
