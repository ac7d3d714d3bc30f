"""What is counted, and under which names it shows."""

import math
import re
import threading
from pathlib import Path

import pytest

import kafka_nio
from kafka_nio.clock import MockClock
from kafka_nio.metric_names import METRICS, SENSORS, Stat
from kafka_nio.metrics import Metrics


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000_000)


@pytest.fixture
def metrics(clock: MockClock) -> Metrics:
    return Metrics(clock.now_ms, window_ms=30_000, samples=2)


def test_a_count_only_grows(metrics: Metrics) -> None:
    metrics.count("record-send", 3)
    metrics.count("record-send")
    assert metrics.snapshot()["record-send-total"] == 4


def test_what_has_not_happened_counts_as_0_and_has_no_average(metrics: Metrics) -> None:
    snapshot = metrics.snapshot()
    assert snapshot["record-send-total"] == 0
    assert snapshot["record-send-rate"] == 0
    assert math.isnan(snapshot["batch-size-avg"])
    assert math.isnan(snapshot["batch-size-max"])


def test_a_figure_has_an_average_and_a_maximum(metrics: Metrics) -> None:
    for size in (100, 400, 100):
        metrics.record("batch-size", size)
    assert metrics.snapshot()["batch-size-avg"] == 200
    assert metrics.snapshot()["batch-size-max"] == 400


def test_values_that_come_together_count_as_if_they_came_one_by_one(metrics: Metrics) -> None:
    metrics.record_all("batch-size", [100, 400], "orders")
    metrics.record("batch-size", 100, "orders")
    snapshot = metrics.snapshot()
    assert (snapshot["batch-size-avg"], snapshot["batch-size-max"]) == (200, 400)
    assert snapshot["byte-total{topic=orders}"] == 600


def test_one_sensor_is_shown_in_several_ways(metrics: Metrics) -> None:
    metrics.record("request-size", 100)
    metrics.record("request-size", 500)
    snapshot = metrics.snapshot()
    assert snapshot["request-total"] == 2
    assert snapshot["outgoing-byte-total"] == 600
    assert snapshot["request-size-avg"] == 300


def test_a_rate_is_taken_over_the_time_that_the_samples_cover(metrics: Metrics, clock: MockClock) -> None:
    metrics.count("record-send", 600)
    clock.sleep(30_000)
    metrics.count("record-send", 300)
    clock.sleep(15_000)
    assert metrics.snapshot()["record-send-rate"] == 900 / 45


def test_a_rate_is_taken_over_at_least_one_sample(metrics: Metrics, clock: MockClock) -> None:
    metrics.count("record-send", 600)
    clock.sleep(10_000)
    assert metrics.snapshot()["record-send-rate"] == 600 / 40


def test_samples_that_are_too_old_are_forgotten_and_totals_are_not(metrics: Metrics, clock: MockClock) -> None:
    metrics.record("batch-size", 400)
    metrics.count("record-send", 600)
    clock.sleep(59_999)
    assert metrics.snapshot()["batch-size-max"] == 400
    clock.sleep(1)
    snapshot = metrics.snapshot()
    assert math.isnan(snapshot["batch-size-max"])
    assert snapshot["record-send-rate"] == 0
    assert snapshot["record-send-total"] == 600


def test_the_options_say_how_long_a_figure_looks_back(clock: MockClock) -> None:
    metrics = Metrics(clock.now_ms, window_ms=1_000, samples=3)
    metrics.record("batch-size", 400)
    clock.sleep(2_999)
    assert metrics.snapshot()["batch-size-max"] == 400
    clock.sleep(1)
    assert math.isnan(metrics.snapshot()["batch-size-max"])


def test_a_sample_of_no_length_keeps_nothing(clock: MockClock) -> None:
    metrics = Metrics(clock.now_ms, window_ms=0, samples=1)
    for size in range(100):
        metrics.record("batch-size", size)
    assert math.isnan(metrics.snapshot()["batch-size-max"])


def test_a_ratio_is_the_part_of_the_time(metrics: Metrics, clock: MockClock) -> None:
    metrics.record("io-wait-time-ns", 6_000_000_000)
    clock.sleep(30_000)
    assert metrics.snapshot()["io-wait-ratio"] == 0.2


def test_what_each_topic_has_shows_with_the_topic_in_its_name(metrics: Metrics) -> None:
    metrics.count("record-send", 2, "orders")
    metrics.count("record-send", 3, "bills")
    snapshot = metrics.snapshot()
    assert snapshot["record-send-total"] == 5, "the producer's own is the sum"
    assert snapshot["record-send-total{topic=orders}"] == 2
    assert snapshot["record-send-total{topic=bills}"] == 3


def test_the_sum_over_all_topics_looks_back_as_each_of_them_does(metrics: Metrics, clock: MockClock) -> None:
    metrics.record("batch-size", 900, "bills")
    clock.sleep(30_000)
    metrics.record("batch-size", 100, "orders")
    clock.sleep(20_000)
    metrics.record("batch-size", 200, "bills")
    snapshot = metrics.snapshot()
    assert (snapshot["batch-size-avg"], snapshot["batch-size-max"]) == (400, 900)
    assert snapshot["byte-rate{topic=bills}"] == 1100 / 50
    clock.sleep(10_000)
    snapshot = metrics.snapshot()
    assert (snapshot["batch-size-avg"], snapshot["batch-size-max"]) == (150, 200), "the first sample is too old"
    assert snapshot["byte-total{topic=bills}"] == 1100, "a total forgets nothing"


def test_what_one_topic_has_forgotten_is_not_in_the_sum(metrics: Metrics, clock: MockClock) -> None:
    """Although the sample of another topic began before it, and is still remembered."""
    metrics.record("batch-size", 100, "orders")
    clock.sleep(10)
    metrics.record("batch-size", 900, "bills")
    clock.sleep(20_000)
    metrics.record("batch-size", 100, "orders")
    clock.sleep(40_000)
    assert metrics.snapshot()["batch-size-max"] == 100


def test_a_gauge_is_read_at_the_moment_of_the_snapshot(metrics: Metrics) -> None:
    connections = ["0"]
    metrics.gauge("connection-count", lambda: len(connections))
    connections.append("1")
    assert metrics.snapshot()["connection-count"] == 2


def test_a_snapshot_is_in_order_of_names_and_does_not_change_any_more(metrics: Metrics) -> None:
    snapshot = metrics.snapshot()
    metrics.count("record-send")
    assert list(snapshot) == sorted(snapshot)
    assert snapshot["record-send-total"] == 0


def test_threads_that_count_at_once_lose_nothing(metrics: Metrics) -> None:
    def send() -> None:
        for _ in range(1_000):
            metrics.count("record-send")

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.snapshot()["record-send-total"] == 4_000


# The table...

SOURCE = "\n".join(path.read_text() for path in sorted(Path(kafka_nio.__file__).parent.rglob("*.py")))


def test_no_name_is_in_the_table_twice() -> None:
    names = [(metric.name, metric.tag) for metric in METRICS]
    assert len(names) == len(set(names))


def test_each_sensor_in_the_table_is_told_something_and_each_that_is_told_something_is_in_the_table() -> None:
    told = r'(?:metrics\.(?:count|record|record_all)|self\._(?:record|timed))\("([a-z-]+)"'
    assert set(re.findall(told, SOURCE)) == SENSORS


def test_each_gauge_in_the_table_is_made_and_each_that_is_made_is_in_the_table() -> None:
    assert set(re.findall(r'metrics\.gauge\("([a-z-]+)"', SOURCE)) == {
        metric.name for metric in METRICS if metric.stat is Stat.NOW
    }


def test_each_row_says_in_one_sentence_what_it_means() -> None:
    assert not [metric.name for metric in METRICS if not re.fullmatch(r"[^\n]+\.", metric.doc)]
