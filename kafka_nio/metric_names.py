"""The names under which `KafkaProducer.metrics()` shows what was counted: Kafka's own, with Kafka's meaning.

A *sensor* is told values while the producer works: the size of a request when one has left, how long a poll slept. Each
row of `METRICS` shows one sensor in one way (`Stat`), so that one value told makes several figures: `request-size`
makes `request-size-avg`, `request-size-max`, `request-rate`, `outgoing-byte-rate`, …

Some are told per topic or per node. There the tag is part of the name: `record-send-total{topic=orders}`; without a tag
it is the sum of them all.

Java: org.apache.kafka.clients.producer.internals.SenderMetricsRegistry, Selector.SelectorMetrics, KafkaProducerMetrics
"""

from enum import Enum
from typing import NamedTuple


class Stat(Enum):
    """What is shown of the values that a sensor was told."""

    TOTAL = "their sum since the producer was made"
    RATE = "their sum per second"
    COUNT = "how many there were since the producer was made"
    COUNT_RATE = "how many there are per second"
    AVG = "their average"
    MAX = "the largest"
    RATIO = "their sum, as nanoseconds, by the time that has passed"
    NOW = "the value at this moment"


class Metric(NamedTuple):
    """One row: the name, the sensor (or several, with blanks between), what is shown of it, and what it means."""

    name: str
    sensor: str
    stat: Stat
    doc: str
    tag: str = ""
    """`topic` or `node-id`, if there is one of this for each of them."""


def _meter(name: str, what: str, tag: str = "", *, sensor: str = "", counted: bool = False) -> tuple[Metric, Metric]:
    """Two rows, `<name>-rate` and `<name>-total`."""
    rate, total = (Stat.COUNT_RATE, Stat.COUNT) if counted else (Stat.RATE, Stat.TOTAL)
    return (
        Metric(f"{name}-rate", sensor or name, rate, f"{what}, per second.", tag),
        Metric(f"{name}-total", sensor or name, total, f"{what}, all in all.", tag),
    )


def _figure(name: str, what: str, tag: str = "") -> tuple[Metric, Metric]:
    """Two rows, `<name>-avg` and `<name>-max`."""
    return (
        Metric(f"{name}-avg", name, Stat.AVG, f"{what}, on average.", tag),
        Metric(f"{name}-max", name, Stat.MAX, f"{what}, at most.", tag),
    )


def _now(name: str, doc: str) -> Metric:
    return Metric(name, name, Stat.NOW, doc)


def _waiting(name: str, doc: str) -> Metric:
    return Metric(f"{name}-total", name, Stat.TOTAL, doc)


METRICS: tuple[Metric, ...] = (
    # Records and batches:
    *_meter("record-send", "Records put into requests, retries included"),
    *_meter("record-retry", "Records sent again"),
    *_meter("record-error", "Records given up"),
    *_meter("batch-split", "Batches split because the broker found them too large"),
    *_figure("batch-size", "Bytes of a batch"),
    *_figure("record-size", "Bytes of the largest record of a batch, as a batch of its own"),
    *_figure("record-queue-time", "Milliseconds that a batch stood in its queue"),
    Metric(
        "compression-rate-avg", "compression-rate", Stat.AVG, "Size of a batch by its size uncompressed, on average."
    ),
    Metric("records-per-request-avg", "records-per-request", Stat.AVG, "Records in a Produce request, on average."),
    # Each topic's:
    *_meter("record-send", "The topic's records put into requests", "topic"),
    *_meter("record-retry", "The topic's records sent again", "topic"),
    *_meter("record-error", "The topic's records given up", "topic"),
    *_meter("byte", "Bytes of the topic's batches put into requests", "topic", sensor="batch-size"),
    Metric(
        "compression-rate", "compression-rate", Stat.AVG, "As compression-rate-avg, of the topic's batches.", "topic"
    ),
    # Requests:
    *_figure("request-latency", "Milliseconds from making a Produce request to its end"),
    *_figure("request-latency", "Milliseconds that a Produce request to this node took", "node-id"),
    *_figure("produce-throttle-time", "Milliseconds for which a Produce answer throttles us"),
    _now("requests-in-flight", "Requests without an answer."),
    *_figure("request-size", "Bytes of a request"),
    *_meter("request", "Requests sent", sensor="request-size", counted=True),
    *_meter("response", "Answers received", sensor="response-size", counted=True),
    *_meter("outgoing-byte", "Bytes of requests sent", sensor="request-size"),
    *_meter("incoming-byte", "Bytes of answers received", sensor="response-size"),
    *_figure("request-size", "Bytes of a request to this node", "node-id"),
    *_meter("request", "Requests sent to this node", "node-id", sensor="request-size", counted=True),
    *_meter("response", "Answers received from this node", "node-id", sensor="response-size", counted=True),
    *_meter("outgoing-byte", "Bytes of requests sent to this node", "node-id", sensor="request-size"),
    *_meter("incoming-byte", "Bytes of answers received from this node", "node-id", sensor="response-size"),
    *_meter("network-io", "Requests sent and answers received", sensor="request-size response-size", counted=True),
    # Connections, and what the producer's thread does with its time:
    _now("connection-count", "Connections, those that are still being made included."),
    *_meter("connection-creation", "Connections made"),
    *_meter("connection-close", "Connections closed"),
    *_meter("successful-authentication", "Connections on which the broker has let us in"),
    *_meter("failed-authentication", "Connections on which it has not"),
    *_meter("successful-reauthentication", "Logins renewed"),
    *_meter("failed-reauthentication", "Logins that could not be renewed"),
    Metric(
        "successful-authentication-no-reauth-total",
        "successful-authentication-no-reauth",
        Stat.TOTAL,
        "The same number, all in all: only a broker can tell who will not renew a login.",
    ),
    *_figure("reauthentication-latency", "Milliseconds that it took to renew a login"),
    *_meter("select", "Looks at what the network has brought", sensor="io-wait-time-ns", counted=True),
    Metric("io-wait-time-ns-avg", "io-wait-time-ns", Stat.AVG, "Nanoseconds slept in one look, on average."),
    _waiting("io-wait-time-ns", "Nanoseconds slept until the network had something to do, all in all."),
    Metric("io-wait-ratio", "io-wait-time-ns", Stat.RATIO, "The part of its time that the thread slept so."),
    Metric("io-time-ns-avg", "io-time-ns", Stat.AVG, "Nanoseconds of reading and writing after a look, on average."),
    _waiting("io-time-ns", "Nanoseconds of reading and writing, all in all."),
    Metric("io-ratio", "io-time-ns", Stat.RATIO, "The part of its time that the thread read and wrote."),
    # Metadata:
    _now("metadata-age", "Seconds since the cluster was last described in full; infinite before the first time."),
    _waiting("metadata-wait-time-ns", "Nanoseconds that calls waited for metadata, all in all."),
    # What calls of the producer took, those that failed aside:
    _waiting("flush-time-ns", "Nanoseconds spent in flush, all in all."),
    _waiting("txn-init-time-ns", "Nanoseconds spent in init_transactions, all in all."),
    _waiting("txn-begin-time-ns", "Nanoseconds spent in begin_transaction, all in all."),
    _waiting("txn-send-offsets-time-ns", "Nanoseconds spent in send_offsets_to_transaction, all in all."),
    _waiting("txn-prepare-time-ns", "Nanoseconds spent in prepare_transaction, all in all."),
    _waiting("txn-commit-time-ns", "Nanoseconds spent in commit_transaction, all in all."),
    _waiting("txn-abort-time-ns", "Nanoseconds spent in abort_transaction, all in all."),
    # Memory:
    _now("buffer-total-bytes", "Memory for batches: buffer_memory."),
    _now("buffer-available-bytes", "Memory that no batch holds."),
    _now("waiting-threads", "Threads that wait for memory."),
    Metric(
        "bufferpool-wait-ratio",
        "bufferpool-wait-time-ns",
        Stat.RATIO,
        "Time that calls waited for memory, by the time that passed.",
    ),
    _waiting("bufferpool-wait-time-ns", "Nanoseconds that calls waited for memory, all in all."),
    *_meter("buffer-exhausted", "Records given up because there was no memory in time", sensor="buffer-exhausted"),
)
"""Left out against Java: connections by cipher and by client."""

SENSORS = frozenset(sensor for metric in METRICS if metric.stat is not Stat.NOW for sensor in metric.sensor.split())
"""What can be told a value."""
