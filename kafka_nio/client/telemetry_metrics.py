"""The producer's metrics as telemetry: under which names, and since when they are counted.

    record-send-total                   org.apache.kafka.producer.record.send.total
    record-send-total{topic=orders}     org.apache.kafka.producer.topic.record.send.total, topic=orders

What only grows is a sum, everything else a gauge. A broker may want sums as *deltas*, what was added since the last
push; so the values of the last push are remembered.

Java: org.apache.kafka.common.telemetry.internals.KafkaMetricsCollector, TelemetryMetricNamingConvention
"""

from collections.abc import Callable, Iterator

from kafka_nio.clock import Clock
from kafka_nio.metric_names import Metric, Stat
from kafka_nio.metrics import NS_PER_MS, Metrics
from kafka_nio.protocol.otlp_metrics import MetricPoint, Temporality

DOMAIN = "org.apache.kafka"

GROUPS = {"": "producer", "topic": "producer.topic", "node-id": "producer.node"}
"""The part of the name that says what a metric is about, by what it is told by. Kafka: producer-topic-metrics, …"""

SUMS = frozenset({Stat.TOTAL, Stat.COUNT})


class MetricsCollector:
    """Reads metrics for one push after the other."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._counted_since_ns = self._now_ns()
        self._pushed: dict[tuple[str, str], tuple[float, int]] = {}
        """Of each sum, what it was at the last push, and when that was."""

    def reset(self) -> None:
        """Forget what was pushed: the next deltas are counted from now on."""
        self._pushed.clear()
        self._counted_since_ns = self._now_ns()

    def collect(self, wants: Callable[[str], bool], wants_deltas: bool) -> Iterator[MetricPoint]:
        """Every metric that is wanted, by its name, with its value now."""
        now_ns = self._now_ns()
        for metric, tag, value in self._metrics.measurements():
            name = telemetry_name(metric)
            if not wants(name):
                continue
            attributes = {metric.tag.replace("-", "_"): tag} if metric.tag else {}
            if metric.stat not in SUMS:
                yield MetricPoint(name, value, now_ns, attributes)
            elif wants_deltas:
                before, start_ns = self._pushed.get((name, tag), (0.0, self._counted_since_ns))
                self._pushed[name, tag] = (value, now_ns)
                yield MetricPoint(name, value - before, now_ns, attributes, Temporality.DELTA, start_ns)
            else:
                start_ns = self._counted_since_ns
                yield MetricPoint(name, value, now_ns, attributes, Temporality.CUMULATIVE, start_ns)

    def _now_ns(self) -> int:
        return self._clock.time_ms() * NS_PER_MS


def telemetry_name(metric: Metric) -> str:
    """The name under which brokers know this metric (KIP-714)."""
    return f"{DOMAIN}.{GROUPS[metric.tag]}.{metric.name.replace('-', '.')}"
