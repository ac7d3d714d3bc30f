"""The two metrics of the conventions: how long operations took, and how many records were sent."""

import pytest

from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster, Fault
from kafka_nio.errors import NotLeaderOrFollowerError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing.live.client_metrics import DURATION, DURATION_BUCKETS, SENT
from tests.tracing.live.telemetry import Telemetry, attributes


def test_records_are_counted_where_they_were_sent(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        for number in range(5):
            producer.send("orders", b"coffee", partition=number % 2)
        producer.send("bills", b"3.50", partition=1)
    (host, port), *_ = cluster.addresses
    same = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "server.address": host,
        "server.port": port,
    }
    told = {}
    for point in telemetry.metric(SENT):
        place = (
            point.attributes["messaging.destination.name"],
            point.attributes["messaging.destination.partition.id"],
        )
        told[place] = point.value
        assert same.items() <= point.attributes.items()
        assert len(point.attributes) == len(same) + len(place)
    assert told == {("orders", "0"): 3, ("orders", "1"): 2, ("bills", "1"): 1}


def test_a_record_that_is_sent_again_counts_again_with_what_came_of_it(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError, times=2))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, retry_backoff_ms=1) as producer:
        producer.send("orders", b"coffee", partition=0).result(timeout=10)
    told = {point.attributes.get("error.type"): point.value for point in telemetry.metric(SENT)}
    assert told == {"NOT_LEADER_OR_FOLLOWER": 2, None: 1}
    assert {point.attributes.get("error.type"): point.count for point in telemetry.metric(DURATION)} == {
        "NOT_LEADER_OR_FOLLOWER": 2,
        None: 1,
    }


def test_a_record_that_was_never_sent_does_not_count_as_sent(telemetry: Telemetry) -> None:
    with (
        EmbeddedCluster(auto_create_topics=False) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=20) as producer,
    ):
        producer.send("orders", b"coffee")
    assert telemetry.metric(SENT) == []
    assert telemetry.metric(DURATION) == []


def test_a_duration_is_that_of_the_span_in_the_buckets_that_are_advised(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee").result(timeout=10)
    (point,) = telemetry.metric(DURATION)
    span = telemetry.span("send orders")
    assert span.start_time is not None
    assert span.end_time is not None
    assert point.count == 1
    assert point.sum == pytest.approx((span.end_time - span.start_time) / 1e9, abs=0.05)
    assert point.explicit_bounds == DURATION_BUCKETS
    assert attributes(span).keys() - point.attributes.keys() == {
        "messaging.client.id",
        "messaging.batch.message_count",
        "messaging.kafka.cluster.id",
    }
