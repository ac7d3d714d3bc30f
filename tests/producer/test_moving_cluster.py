"""A cluster that changes under a producer: leaders move, brokers throttle, all brokers are replaced.

Over real connections, with the embedded broker.
"""

import socket
import time
from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import Fault
from kafka_nio.errors import KafkaTimeoutError
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.assembly import ProducerRuntime
from kafka_nio.protocol.api import ApiKey

WAIT_S = 20


@pytest.fixture
def two_nodes() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(nodes=2) as cluster:
        cluster.create_topic("orders", 1)
        yield cluster


@pytest.mark.behaviour(111, 130)
def test_a_moved_leader_is_found_by_the_answer_of_the_old_one(two_nodes: EmbeddedCluster) -> None:
    patience_ms = 60_000
    with KafkaProducer(
        bootstrap_servers=two_nodes.bootstrap_servers,
        linger_ms=0,
        # Whoever waits for a backoff, or for the metadata that waits for one, is too late:
        retry_backoff_ms=patience_ms,
        retry_backoff_max_ms=patience_ms,
        delivery_timeout_ms=patience_ms,
        request_timeout_ms=patience_ms // 2,
    ) as producer:
        producer.send("orders", b"before").result(WAIT_S)
        two_nodes.move_leader("orders", 0, 1 - producer.partitions_for("orders")[0].leader.id)
        assert producer.send("orders", b"after").result(WAIT_S).offset == 1
        assert producer.metrics()["record-retry-total"] == 1


@pytest.mark.behaviour(89)
def test_a_broker_that_throttles_is_left_alone(two_nodes: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=two_nodes.bootstrap_servers, linger_ms=0) as producer:
        producer.send("orders", b"warm up").result(WAIT_S)
        two_nodes.faults.add(Fault(ApiKey.PRODUCE, throttle_ms=300))
        began_s = time.monotonic()
        producer.send("orders", b"told to wait").result(WAIT_S)
        producer.send("orders", b"has waited").result(WAIT_S)
        assert time.monotonic() - began_s >= 0.3
        assert producer.metrics()["produce-throttle-time-max"] == 300


class Replacement:
    """A cluster behind a name, and a later one behind the same name, at which the first one's brokers are unknown."""

    def __init__(self, *clusters: EmbeddedCluster) -> None:
        self.clusters = clusters
        self.behind_the_name = clusters[0]

    def resolve(self, host: str, port: int) -> list[SocketAddress]:
        if host == "bootstrap":
            return [SocketAddress(socket.AF_INET, self.behind_the_name.addresses[0])]
        return [SocketAddress(socket.AF_INET, ("127.0.0.1", port))]

    def replace(self) -> None:
        self.clusters[0].close()
        self.behind_the_name = self.clusters[1]


@pytest.fixture
def replacement() -> Iterator[Replacement]:
    with EmbeddedCluster() as old, EmbeddedCluster() as new:
        yield Replacement(old, new)


def producer_of(replacement: Replacement, **options: object) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers="bootstrap:9092",
        linger_ms=0,
        reconnect_backoff_ms=20,
        enable_idempotence=False,
        runtime=ProducerRuntime(resolve=replacement.resolve),
        **options,
    )


@pytest.mark.behaviour(99)
def test_a_producer_survives_that_all_brokers_are_replaced(replacement: Replacement) -> None:
    with producer_of(replacement) as producer:
        producer.send("orders", b"to the old ones").result(WAIT_S)
        replacement.replace()
        producer.send("orders", b"to the new ones").result(WAIT_S)
    (record,) = replacement.clusters[1].log("orders").records()
    assert record.value == b"to the new ones"


def test_without_rebootstrap_it_does_not(replacement: Replacement) -> None:
    patience: dict[str, object] = {"delivery_timeout_ms": 600, "request_timeout_ms": 500}
    with producer_of(replacement, metadata_recovery_strategy="none", **patience) as producer:
        producer.send("orders", b"to the old ones").result(WAIT_S)
        replacement.replace()
        assert isinstance(producer.send("orders", b"to nobody").exception(WAIT_S), KafkaTimeoutError)
