"""What is counted, and under which names it shows."""

import threading

from kafka_nio.metrics import Metrics


def test_a_count_only_grows() -> None:
    metrics = Metrics()
    metrics.count("record-send", 3)
    metrics.count("record-send")
    assert metrics.snapshot() == {"record-send-total": 4}


def test_a_figure_keeps_its_average_and_its_maximum() -> None:
    metrics = Metrics()
    for size in (100, 400, 100):
        metrics.record("batch-size", size)
    assert metrics.snapshot() == {"batch-size-avg": 200, "batch-size-max": 400}


def test_the_maximum_of_negative_figures_is_negative() -> None:
    metrics = Metrics()
    metrics.record("clock-skew", -5)
    metrics.record("clock-skew", -3)
    assert metrics.snapshot()["clock-skew-max"] == -3


def test_a_snapshot_is_in_order_of_names_and_does_not_change_any_more() -> None:
    metrics = Metrics()
    metrics.count("b")
    metrics.count("a")
    snapshot = metrics.snapshot()
    metrics.count("b")
    assert list(snapshot.items()) == [("a-total", 1), ("b-total", 1)]


def test_threads_that_count_at_once_lose_nothing() -> None:
    metrics = Metrics()
    threads = [threading.Thread(target=lambda: [metrics.count("sent") for _ in range(1000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert metrics.snapshot() == {"sent-total": 4000}
