"""Runs with made-up figures, for the tests of what is made of them."""

from typing import Any

from tests.benchmarks.contest.cells import BY_NAME as CELLS
from tests.benchmarks.contest.contestants import BY_NAME as CONTESTANTS
from tests.benchmarks.contest.results import Results, Run

A_SECOND = {
    "kafka-nio": 800_000.0,
    "kafka-python": 20_000.0,
    "aiokafka": 100_000.0,
    "confluent-kafka": 1_000_000.0,
    "confluent-kafka, callbacks": 400_000.0,
}


def sample_run(contestant: str = "kafka-nio", round: int = 1, cell: str = "base", **figures: Any) -> Run:
    """A run of 100,000 records, all received."""
    a_second = figures.pop("a_second", A_SECOND[contestant])
    usual: dict[str, Any] = {"broker": "mock", "sent": 100_000, "cpu_s": 0.1, "peak_bytes": 2**25}
    figures = usual | figures
    return Run(
        round=round,
        cell=cell,
        contestant=contestant,
        received=figures["sent"],
        seconds=figures["sent"] / a_second,
        **figures,
    )


def sample_results(*runs: Run) -> Results:
    """These runs, on a machine of its own."""
    return Results("2 cores of a loom", {"Python": "3.11", "kafka-nio": "0.1.0 (sources 00000000)"}, runs=list(runs))


def sample_contest() -> Results:
    """Two rounds of five cells against both brokers, and a run that failed."""
    runs = [
        sample_run(name, number, cell, broker=broker, broker_cpu_s=0.01, **more)
        for broker in ("mock", "apache")
        for number in (1, 2)
        for cell, more in (
            ("base", {}),
            ("latency-linger-0", {"p50_ms": 0.2, "p99_ms": 0.5}),
            ("start-up", {"import_s": 0.05, "first_ack_s": 0.1}),
            ("traced", {}),
            ("marks", {"left_by_marks": 0.995}),
        )
        for name in A_SECOND
        if CONTESTANTS[name].takes_part_in(CELLS[cell])
    ]
    failed = Run(
        round=3, broker="mock", cell="base", contestant="aiokafka", failure="sent 10 records, the broker has 9"
    )
    return sample_results(*runs, failed)
