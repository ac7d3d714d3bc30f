"""Brokers for all tests, and what holds for all of them: they leave no trace, and in CI none may be skipped."""

import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

import pytest
from confluent_kafka import KafkaException
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from kafka_nio.tracing.recorder import SENDER
from tests.faults.summary import pytest_terminal_summary as pytest_terminal_summary  # one of pytest's hooks
from tests.support.apache_kafka import ApacheKafka, RunningKafka
from tests.support.kafka_cluster import KafkaCluster
from tests.support.kafka_selection import pytest_report_collectionfinish as pytest_report_collectionfinish
from tests.support.kafka_selection import pytest_report_header as pytest_report_header
from tests.support.kafka_selection import select_for_release
from tests.support.mock_cluster import MockCluster
from tests.support.secure_kafka import SecureKafka
from tests.support.unavailable import Unavailable

T = TypeVar("T")
AnyReport = TypeVar("AnyReport", pytest.TestReport, pytest.CollectReport)

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")

BY_NATURE = ("this machine", "Python 3.")
"""Words in a reason to skip that nothing can be done about here, so that it is accepted in CI too."""

APACHE_KAFKAS = {"apache_kafka", "strict_apache_kafka", "first_protocol_kafka", "secure_kafka", "kafka_cluster"}
APACHE_KAFKAS_HOMES = ("tests/interop/", "tests/faults/")

LONGEST_FIRST = (*APACHE_KAFKAS_HOMES, "tests/site/", "tests/exercises/", "tests/cli/", "tests/simulation/")
"""So that at the end no process waits long for the others."""

HISTORIES = "tests/simulation/test_histories"
"""They come last of all, and need not stay together."""

ENDS = pytest.StashKey[dict[str, Callable[[], None]]]()
"""How to end each of them that runs."""

WAITING = pytest.StashKey[Counter[str]]()
"""How many tests are still to come that need it."""

FETCHING_TAKES_S = 600
"""The first test that needs Apache Kafka may have to wait until Maven has fetched it."""


# Brokers...


@pytest.fixture(scope="session")
def apache_kafka(request: pytest.FixtureRequest) -> Iterator[RunningKafka]:
    """Apache Kafka, which creates a topic when it is first asked about; `KAFKA_NIO_BOOTSTRAP` names a running one."""
    running = os.environ.get("KAFKA_NIO_BOOTSTRAP")
    if running:
        yield answering(RunningKafka(running))
    else:
        with until_its_last_test(request, ApacheKafka) as kafka:
            yield kafka


@pytest.fixture(scope="session")
def strict_apache_kafka(request: pytest.FixtureRequest) -> Iterator[RunningKafka]:
    """Apache Kafka with auto.create.topics.enable=false."""
    with until_its_last_test(request, lambda: ApacheKafka(auto_create_topics=False)) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def first_protocol_kafka(request: pytest.FixtureRequest) -> Iterator[RunningKafka]:
    """Apache Kafka with the first protocol of transactions, and with what its releases have of two-phase commit."""
    settings = {"unstable.api.versions.enable": "true", "transaction.two.phase.commit.enable": "true"}
    first_protocol = {"transaction.version": 1}
    with until_its_last_test(request, lambda: ApacheKafka(settings=settings, features=first_protocol)) as kafka:
        yield kafka


@pytest.fixture(scope="session")
def secure_kafka(request: pytest.FixtureRequest) -> Iterator[SecureKafka]:
    """Apache Kafka with TLS and logins."""
    node = SecureKafka()
    with until_its_last_test(request, lambda: node):
        yield node


@pytest.fixture(scope="session")
def kafka_cluster(request: pytest.FixtureRequest) -> Iterator[KafkaCluster]:
    """Three nodes of Apache Kafka; whoever takes one down brings it up again."""
    with until_its_last_test(request, KafkaCluster) as cluster:
        yield cluster


@pytest.fixture
def mock_cluster() -> Iterator[MockCluster]:
    """Three of librdkafka's mock brokers."""
    with or_skip(lambda: MockCluster(brokers=3)) as cluster:
        yield cluster


def answering(kafka: RunningKafka, patience_s: float = 10) -> RunningKafka:
    """Whoever names a cluster wants it tested, so that one which is not there is a failure."""
    try:
        kafka.wait_until_ready(time.monotonic() + patience_s)
    except KafkaException as error:
        pytest.fail(f"KAFKA_NIO_BOOTSTRAP={kafka.bootstrap_servers} does not answer: {error.args[0].str()}")
    return kafka


@contextmanager
def or_skip(start: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """Enter the context, or skip the test with the reason why it cannot be had."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(start())
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield started


@contextmanager
def until_its_last_test(request: pytest.FixtureRequest, start: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
    """The same, but whoever sees the last test may end it. An idle node takes a twentieth of a core."""
    with ExitStack() as stack:
        started = stack.enter_context(or_skip(start))
        request.config.stash.setdefault(ENDS, {})[str(request.fixturename)] = stack.close
        yield started


def apache_kafkas_of(item: pytest.Item) -> set[str]:
    """Which of them a test needs, by a fixture's name or by a parameter that is one."""
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return APACHE_KAFKAS & {*getattr(item, "fixturenames", ()), *(name for name in parameters if isinstance(name, str))}


@pytest.hookimpl(tryfirst=True)  # before pytest looks for the marks of `-m`
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the tests of Apache Kafka the time that fetching it may take; begin with what takes longest.

    Of the tests of Apache Kafka, those of one node come one after the other.
    """
    items.sort(key=lambda item: (_place(item.nodeid), sorted(apache_kafkas_of(item), reverse=True)))
    for item in items:
        if apache_kafkas_of(item):
            item.add_marker(pytest.mark.timeout(FETCHING_TAKES_S))
    select_for_release(config, items, apache_kafkas_of)


def _place(nodeid: str) -> int:
    if nodeid.startswith(HISTORIES):
        return len(LONGEST_FIRST) + 1
    folders = enumerate(LONGEST_FIRST)
    return next((place for place, folder in folders if nodeid.startswith(folder)), len(LONGEST_FIRST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """The suite runs in three processes (`-n 0` for one): on two cores, because many a test waits for a broker."""
    return Together(config, log)


class Together(LoadScopeScheduling):
    """A file's tests stay in one process, because they share what is costly: a browser, a built site.

    So do all that are for the nodes of Apache Kafka, and all that measure how long a fault is felt. (The mark
    `xdist_group` would say so, but no longer works since pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(HISTORIES):
            return nodeid
        homes = (home for home in APACHE_KAFKAS_HOMES if nodeid.startswith(home))
        return next(homes, nodeid.partition("::")[0])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Count who needs which node."""
    session.config.stash[WAITING] = Counter(name for item in session.items for name in apache_kafkas_of(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """End each node after the last test that needs it, and after that test's second chance."""
    result = yield
    for name in apache_kafkas_of(item):
        item.config.stash[WAITING][name] -= 1
        if not item.config.stash[WAITING][name]:
            item.config.stash.get(ENDS, {}).pop(name, lambda: None)()
    return result


# What no test may leave behind...

PATIENCE_S = 10


@pytest.fixture(autouse=True)
def no_producer_left() -> Iterator[None]:
    """A producer that goes on after its test would be watched, recorded and counted by the next one."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith(SENDER)]
    for thread in left:
        thread.join(PATIENCE_S)
    assert not [thread.name for thread in left if thread.is_alive()], "a producer that nobody closed"


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Undo what the command does to logging, for the program that it takes itself to be."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)


# In CI a skip is a failure, unless it has to be...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Judge a test that was skipped, in itself or by a fixture."""
    return _not_in_ci((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Judge a file that was skipped as a whole."""
    return _not_in_ci((yield))


def _not_in_ci(report: AnyReport) -> AnyReport:
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(words in reason for words in BY_NATURE):
            report.outcome = "failed"
            report.longrepr = f"{report.nodeid} may not be skipped where CI=true. {reason}"
    return report
