"""What live tracing costs: records a second without, at the level "messages", and at the level "steps".

    python tests/benchmarks/live_cost.py [--rounds N]

The broker is a process of its own, the spans go to OpenTelemetry's BatchSpanProcessor and from there to an exporter
that drops them. The rounds of all ways alternate, so that a machine that becomes slower becomes slower for all of
them, and the fastest round of each counts.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, TraceIdRatioBased

from kafka_nio import KafkaProducer
from kafka_nio.tracing import instrument, uninstrument
from kafka_nio.tracing.live import Level

RECORDS = 3000
VALUE = b"x" * 100

WAYS: dict[str, tuple[Level, float] | None] = {
    "nobody watches": None,
    "messages": ("messages", 1),
    "messages, 1 in 100 sampled": ("messages", 0.01),
    "steps": ("steps", 1),
}

BROKER = """
import sys
from kafka_nio.broker import EmbeddedCluster
with EmbeddedCluster() as cluster:
    print(cluster.bootstrap_servers, flush=True)
    sys.stdin.read()
"""


class Dropping(SpanExporter):
    """Takes spans and does nothing with them."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return SpanExportResult.SUCCESS


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    fastest_s = dict.fromkeys(WAYS, float("inf"))
    with broker() as bootstrap_servers:
        for _ in range(rounds):
            for name, way in WAYS.items():
                fastest_s[name] = min(fastest_s[name], one_round(bootstrap_servers, way))
    plain_s = fastest_s["nobody watches"]
    for name, seconds in fastest_s.items():
        more_us = (seconds - plain_s) / RECORDS * 1e6
        print(
            f"{name:28} {RECORDS / seconds:9,.0f} records/s   {seconds / plain_s:5.2f} times as long"
            f"   {more_us:6.1f} µs more a record"
        )


@contextmanager
def broker() -> Iterator[str]:
    """A broker in a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", BROKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.communicate("")


def one_round(bootstrap_servers: str, way: tuple[Level, float] | None) -> float:
    """How long the records take from the first `send` until all are acknowledged, in seconds."""
    if way is None:
        return send_all(bootstrap_servers)
    level, share = way
    tracer_provider = TracerProvider(sampler=ALWAYS_ON if share == 1 else TraceIdRatioBased(share))
    tracer_provider.add_span_processor(BatchSpanProcessor(Dropping()))
    meter_provider = MeterProvider([InMemoryMetricReader()])
    instrument(tracer_provider, meter_provider, level)
    try:
        return send_all(bootstrap_servers)
    finally:
        uninstrument()
        tracer_provider.shutdown()
        meter_provider.shutdown()


def send_all(bootstrap_servers: str) -> float:
    """The same work for all ways."""
    with KafkaProducer(bootstrap_servers=bootstrap_servers, linger_ms=5) as producer:
        producer.send("orders", VALUE).result(timeout=30)
        began_s = time.thread_time()
        for _ in range(RECORDS):
            producer.send("orders", VALUE)
        producer.flush()
        return time.thread_time() - began_s


if __name__ == "__main__":
    main()
