"""What `kafka-nio perf` says: lines in the words of Kafka's tool, and some more; or JSON.

Java: org.apache.kafka.tools.ProducerPerformance.Stats
"""

import json
import math
from collections import Counter
from collections.abc import Mapping

from rich.console import Console

from kafka_nio.cli.perf_figures import Figures, Latencies
from kafka_nio.cli.perf_load import Load
from kafka_nio.cli.perf_run import Run
from kafka_nio.cli.problem import Problem

PERCENTILES = {"50th": 0.5, "95th": 0.95, "99th": 0.99, "99.9th": 0.999}


class Report:
    """Says what is sent, and in the end what has come of it: to standard output, or all but the JSON beside it."""

    def __init__(self, load: Load, prints_metrics: bool, as_json: bool) -> None:
        self.load = load
        self.console = Console(stderr=as_json, highlight=False)
        self.metrics: dict[str, float] = {}
        """The producer's, at the end."""
        self._prints_metrics = prints_metrics
        self._as_json = as_json

    def say(self, line: str) -> None:
        """Print a line, however long it is."""
        self.console.print(line, soft_wrap=True, markup=False)

    def begin(self, where: str) -> None:
        """Say what will be sent."""
        load = self.load
        self.say(
            f"Sending {load.num_records} records of {load.described} to {load.topic} at {where}. Seed {load.seed}."
        )
        if load.warmup_records:
            self.say(f"The first {load.warmup_records} are to warm up. A second summary leaves them out.")

    def end(self, run: Run) -> None:
        """Say what has come of it.

        Raises:
            KeyboardInterrupt: the run was stopped.
            Problem: records failed.
        """
        if self._as_json:
            print(json.dumps(self._json(run), indent=2))
        else:
            for line in self._lines(run):
                self.say(line)
        if run.is_interrupted:
            raise KeyboardInterrupt
        if failed := run.failures.total():
            ((reason, _),) = run.failures.most_common(1)
            first = run.first_failures[reason]
            raise Problem(f"{failed} of {self.load.num_records} records failed, most of them by {reason}: {first}")

    def _lines(self, run: Run) -> list[str]:
        figures, steady = run.figures(), run.steady_figures()
        lines = [summary_line(figures)]
        if self.load.warmup_records:
            lines.append(summary_line(steady, "steady state"))
        lines.append(cpu_line(steady if self.load.warmup_records else figures))
        lines += failure_lines(run.failures, run.first_failures)
        return lines + (metric_lines(self.metrics) if self._prints_metrics else [])

    def _json(self, run: Run) -> dict[str, object]:
        load = self.load
        said: dict[str, object] = {
            "topic": load.topic,
            "num_records": load.num_records,
            "values": load.described,
            "throughput": load.throughput,
            "seed": load.seed,
            "is_interrupted": run.is_interrupted,
            "all": figures_json(run.figures()),
        }
        if load.warmup_records:
            said |= {"warmup_records": load.warmup_records, "steady_state": figures_json(run.steady_figures())}
        first = run.first_failures
        said["failed"] = {why: {"records": count, "first": first[why]} for why, count in run.failures.items()}
        return said | ({"metrics": metrics_json(self.metrics)} if self._prints_metrics else {})


# As lines...


def window_line(window: Figures) -> str:
    """What was acknowledged lately, in the words of Kafka's tool."""
    line = f"{window.records} records sent, {_rates(window, digits=1)}"
    if not window.records:
        return f"{line}."
    latencies = window.latencies
    return f"{line}, {latencies.average_ms:.1f} ms avg latency, {latencies.max_ms:.1f} ms max latency."


def live_line(sent: int, wanted: int, window: Figures) -> str:
    """The same for a terminal, where it stands in one place and says how far it has come."""
    rate, mebibytes = window.rates
    line = f"{sent:,} of {wanted:,} records, {rate:,.0f} records/sec, {mebibytes:.2f} MB/sec"
    if not window.records:
        return line
    return f"{line}, {window.latencies.average_ms:.1f} ms avg, {window.latencies.max_ms:.1f} ms max latency"


def summary_line(figures: Figures, name: str = "") -> str:
    """All of it, in the words of Kafka's tool; `name` is `steady state` if the warm-up is left out."""
    head = f"{figures.records} {name} records sent" if name else f"{figures.records} records sent"
    if not figures.records:
        return f"{head}."
    latencies = figures.latencies
    percentiles = ", ".join(f"{latencies.percentile_ms(part):.2f} ms {name}" for name, part in PERCENTILES.items())
    return (
        f"{head}, {_rates(figures, digits=6)}, {latencies.average_ms:.2f} ms avg latency, "
        f"{latencies.max_ms:.2f} ms max latency, {percentiles}."
    )


def _rates(figures: Figures, digits: int) -> str:
    rate, mebibytes = figures.rates
    return f"{rate:.{digits}f} records/sec ({mebibytes:.2f} MB/sec)"


def cpu_line(figures: Figures) -> str:
    """What a record cost this process."""
    per_million = figures.cpu_seconds_per_million
    if per_million is None:
        return f"{figures.cpu_seconds:.2f} s of CPU time."
    return f"{figures.cpu_seconds:.2f} s of CPU time, {per_million:.2f} s per million records."


def failure_lines(failures: Mapping[str, int], first: Mapping[str, str]) -> list[str]:
    """How many records failed, by reason, each with the message of the first one."""
    return [
        f"{count} failed by {reason}, the first: {first[reason]}" for reason, count in Counter(failures).most_common()
    ]


def metric_lines(metrics: Mapping[str, float]) -> list[str]:
    """One line for each metric of the producer."""
    width = max(map(len, metrics), default=0)
    return [f"{name:<{width}} : {value:.3f}" for name, value in metrics.items()]


# As JSON...


def figures_json(figures: Figures) -> dict[str, object]:
    """The figures under names that say their units; None for what no record tells."""
    rate, mebibytes = figures.rates
    return {
        "records": figures.records,
        "value_bytes": figures.value_bytes,
        "seconds": round(figures.seconds, 6),
        "records_per_second": round(rate, 3),
        "mebibytes_per_second": round(mebibytes, 6),
        "latency_ms": _latencies_json(figures.latencies) if figures.records else None,
        "cpu_seconds": round(figures.cpu_seconds, 6),
        "cpu_seconds_per_million_records": figures.cpu_seconds_per_million,
    }


def _latencies_json(latencies: Latencies) -> dict[str, float]:
    percentiles = {f"p{part * 100:g}": latencies.percentile_ms(part) for part in PERCENTILES.values()}
    return {"avg": round(latencies.average_ms, 3), "max": latencies.max_ms, **percentiles}


def metrics_json(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """The metrics; JSON has no number for the average of nothing."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}
