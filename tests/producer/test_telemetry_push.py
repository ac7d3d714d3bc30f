"""A broker that wants the producer's metrics gets them (KIP-714)."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, MetricsData

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.client_metrics import PushedMetrics
from kafka_nio.broker.faults import Fault
from kafka_nio.errors import IllegalStateError
from kafka_nio.producer import AsyncKafkaProducer, KafkaProducer
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.compression import CompressionType

PREFIX = "org.apache.kafka.producer."
SENT = f"{PREFIX}record.send.total"
PATIENCE_S = 10


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as running:
        yield running


def until(holds: Callable[[], object]) -> None:
    """Wait for the other threads to make it so."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.005)


def producer_of(cluster: EmbeddedCluster, **options: object) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options)


def metrics_in(pushed: PushedMetrics) -> dict[str, Metric]:
    data = MetricsData()
    data.ParseFromString(pushed.payload)
    (resource,) = data.resource_metrics
    (scope,) = resource.scope_metrics
    return {metric.name: metric for metric in scope.metrics}


def sum_in(pushed: PushedMetrics, name: str) -> float:
    return metrics_in(pushed)[name].sum.data_points[0].as_double


def test_the_last_push_tells_of_every_record(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=60_000)
    with producer_of(cluster) as producer:
        for _ in range(5):
            producer.send("orders", b"one coffee").result(PATIENCE_S)
        assert producer.client_instance_id(PATIENCE_S) is not None
    (last,) = cluster.client_metrics.pushed
    assert last.is_last
    assert sum_in(last, SENT) == 5
    topic = metrics_in(last)[f"{PREFIX}topic.record.send.total"].sum.data_points[0]
    assert [(one.key, one.value.string_value) for one in topic.attributes] == [("topic", "orders")]
    assert {f"{PREFIX}buffer.total.bytes", f"{PREFIX}node.request.latency.avg"} <= metrics_in(last).keys()


def test_it_pushes_at_the_interval_that_the_broker_wants(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=10)
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        until(lambda: len(cluster.client_metrics.pushed) >= 3)
        assert not any(pushed.is_last for pushed in cluster.client_metrics.pushed)
    pushed = cluster.client_metrics.pushed
    assert pushed[-1].is_last
    assert len({one.client_instance_id for one in pushed}) == 1


def test_only_metrics_whose_names_begin_as_wanted_are_pushed(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe(f"{PREFIX}record.send.", f"{PREFIX}batch.size.max", push_interval_ms=60_000)
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        producer.client_instance_id(PATIENCE_S)
    assert metrics_in(cluster.client_metrics.pushed[-1]).keys() == {
        f"{PREFIX}record.send.rate",
        SENT,
        f"{PREFIX}batch.size.max",
    }


@pytest.mark.parametrize("wants_deltas", [False, True])
def test_sums_are_counted_as_the_broker_wants(cluster: EmbeddedCluster, wants_deltas: bool) -> None:
    cluster.client_metrics.subscribe(SENT, push_interval_ms=20, wants_deltas=wants_deltas)
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        until(lambda: any(sum_in(pushed, SENT) for pushed in cluster.client_metrics.pushed))
        producer.send("orders", b"another").result(PATIENCE_S)
    counts = [sum_in(pushed, SENT) for pushed in cluster.client_metrics.pushed]
    assert (sum(counts) if wants_deltas else counts[-1]) == 2
    last = metrics_in(cluster.client_metrics.pushed[-1])[SENT].sum
    wanted = "DELTA" if wants_deltas else "CUMULATIVE"
    assert AggregationTemporality.Name(last.aggregation_temporality) == f"AGGREGATION_TEMPORALITY_{wanted}"
    points = [metrics_in(pushed)[SENT].sum.data_points[0] for pushed in cluster.client_metrics.pushed]
    if wants_deltas:
        assert [point.start_time_unix_nano for point in points[1:]] == [point.time_unix_nano for point in points[:-1]]
    else:
        assert len({point.start_time_unix_nano for point in points}) == 1


@pytest.mark.parametrize("compression_type", CompressionType, ids=lambda kind: kind.title)
def test_pushes_are_compressed_as_the_broker_likes_best(
    cluster: EmbeddedCluster, compression_type: CompressionType
) -> None:
    kinds = (compression_type, CompressionType.GZIP)
    cluster.client_metrics.subscribe("*", push_interval_ms=60_000, compression_types=kinds)
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        producer.client_instance_id(PATIENCE_S)
    (last,) = cluster.client_metrics.pushed
    assert last.compression_type is compression_type
    assert sum_in(last, SENT) == 1


def test_the_resource_says_what_the_broker_does_not_know(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=60_000)
    with producer_of(cluster, client_rack="Vienna", transactional_id="till 3") as producer:
        producer.init_transactions()
        producer.client_instance_id(PATIENCE_S)
    data = MetricsData()
    data.ParseFromString(cluster.client_metrics.pushed[-1].payload)
    attributes = data.resource_metrics[0].resource.attributes
    assert {one.key: one.value.string_value for one in attributes} == {
        "client_rack": "Vienna",
        "transactional_id": "till 3",
    }


def test_a_broker_that_wants_something_else_by_now_gets_that(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe(SENT, push_interval_ms=10)
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        until(lambda: cluster.client_metrics.pushed)
        cluster.client_metrics.subscribe(f"{PREFIX}request.total", push_interval_ms=10)
        until(lambda: f"{PREFIX}request.total" in metrics_in(cluster.client_metrics.pushed[-1]))
    assert len({one.client_instance_id for one in cluster.client_metrics.pushed}) == 1


def test_a_broker_that_takes_no_metrics_is_not_asked(cluster: EmbeddedCluster) -> None:
    with producer_of(cluster) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        assert producer.client_instance_id(PATIENCE_S) is None
    assert not cluster.client_metrics.pushed
    assert not cluster.client_metrics._clients


def test_with_metrics_push_off_a_broker_gets_none(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=10)
    with producer_of(cluster, enable_metrics_push=False) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        with pytest.raises(IllegalStateError, match=r"enable\.metrics\.push"):
            producer.client_instance_id()
    assert not cluster.client_metrics.pushed


def test_a_broker_that_keeps_silent_about_metrics_does_not_hold_records_up(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=10)
    cluster.faults.add(Fault(ApiKey.GET_TELEMETRY_SUBSCRIPTIONS, delay_ms=100))
    with producer_of(cluster) as producer:
        for _ in range(3):
            producer.send("orders", b"one coffee").result(PATIENCE_S)
    assert len(cluster.log("orders").records()) == 3


def test_closed_by_force_it_pushes_nothing(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=60_000)
    producer = producer_of(cluster)
    producer.send("orders", b"one coffee").result(PATIENCE_S)
    producer.client_instance_id(PATIENCE_S)
    producer.close(timeout=0)
    assert not cluster.client_metrics.pushed


def test_an_event_loops_producer_has_an_id_too(cluster: EmbeddedCluster) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=60_000)

    async def send() -> object:
        async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
            await producer.send("orders", b"one coffee")
            return await producer.client_instance_id(PATIENCE_S)

    assert asyncio.run(send()) is not None
    assert cluster.client_metrics.pushed[-1].is_last
