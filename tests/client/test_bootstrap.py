"""Looking the bootstrap servers up in the background, until somebody knows them or the time is over."""

import threading
from random import Random

import pytest

from kafka_nio.client import Metadata
from kafka_nio.client.bootstrap import BootstrapResolution
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import BootstrapResolutionError, ConfigError, KafkaTimeoutError

FOUND = [("broker", 9092)]
UNKNOWN = ConfigError("bootstrap_servers: broker:9092 cannot be resolved: Name or service not known")


class LookupClock(MockClock):
    """Runs the lookups when a test says so, on the test's own thread."""

    def __init__(self) -> None:
        super().__init__(now_ms=1_000)
        self.begun: list[threading.Thread] = []

    def start(self, thread: threading.Thread) -> None:
        assert thread.daemon
        self.begun.append(thread)

    def end_lookup(self) -> None:
        self.begun.pop().run()


class Search:
    """A search of 10 s with pauses of 100 ms, whose lookups a test ends."""

    def __init__(self) -> None:
        self.clock = LookupClock()
        self.answers: list[list[tuple[str, int]] | ConfigError] = []
        self.wakeups = 0
        config = ProducerConfig.parse(
            bootstrap_servers="broker:9092", bootstrap_resolve_timeout_ms=10_000, retry_backoff_ms=100
        )
        self.resolution = BootstrapResolution(config, self._look_up, self.clock, self._wakeup)

    def _look_up(self) -> list[tuple[str, int]]:
        answer = self.answers.pop(0)
        if isinstance(answer, ConfigError):
            raise answer
        return answer

    def _wakeup(self) -> None:
        self.wakeups += 1

    def proceed(self) -> list[tuple[str, int]] | None:
        return self.resolution.proceed(self.clock.now_ms())

    def wait_ms(self) -> float:
        return self.resolution.time_to_next_step(self.clock.now_ms())


@pytest.fixture
def search() -> Search:
    return Search()


def test_what_a_lookup_finds_ends_the_search(search: Search) -> None:
    assert search.proceed() is None
    search.answers = [FOUND]
    search.clock.end_lookup()
    assert search.wakeups == 1
    assert search.proceed() == FOUND


def test_while_a_lookup_is_under_way_none_is_begun(search: Search) -> None:
    for _ in range(3):
        assert search.proceed() is None
        search.clock.sleep(1_000)
    assert len(search.clock.begun) == 1


def test_a_lookup_that_finds_nobody_is_repeated_after_a_pause(search: Search) -> None:
    search.answers = [UNKNOWN, FOUND]
    search.proceed()
    search.clock.end_lookup()
    assert search.proceed() is None
    assert search.clock.begun == []
    assert search.wait_ms() == 100
    search.clock.sleep(100)
    search.proceed()
    search.clock.end_lookup()
    assert search.proceed() == FOUND


def test_when_the_time_is_over_the_last_problem_is_told_once(search: Search) -> None:
    search.answers = [UNKNOWN]
    search.proceed()
    search.clock.end_lookup()
    search.proceed()
    search.clock.sleep(10_000)
    with pytest.raises(BootstrapResolutionError, match=r"within 10000 ms: .*broker:9092 cannot be resolved"):
        search.proceed()
    assert search.proceed() is None
    assert search.wait_ms() == NEVER
    assert search.clock.begun == []


def test_a_lookup_that_hangs_does_not_stretch_the_time(search: Search) -> None:
    search.proceed()
    assert search.wait_ms() == 10_000
    search.clock.sleep(10_000)
    with pytest.raises(BootstrapResolutionError, match="has not come to an end"):
        search.proceed()


# Who waits meanwhile...


def metadata(clock: MockClock) -> Metadata:
    return Metadata(100, 100, 300_000, 300_000, clock, Random(1))


@pytest.mark.behaviour(108)
def test_a_failed_search_is_raised_to_everybody_who_waits_for_metadata_and_stays() -> None:
    clock = MockClock()
    waited = metadata(clock)
    clock.while_waiting = [lambda: waited.bootstrap_failed(BootstrapResolutionError("nobody knows broker:9092"))]
    for _ in range(3):
        with pytest.raises(BootstrapResolutionError, match="nobody knows broker:9092"):
            waited.await_update(waited.update_version, 1_000)
    assert clock.now_ms() == 0, "nobody waits in vain"


def test_while_the_search_goes_on_who_waits_is_told_only_that_the_time_is_over() -> None:
    clock = MockClock()
    waited = metadata(clock)
    with pytest.raises(KafkaTimeoutError):
        waited.await_update(waited.update_version, 1_000)
