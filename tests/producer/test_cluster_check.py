"""Behind an address that the producer knows, somebody else listens by now (KIP-1242)."""

import socket
from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import CLUSTER_ID
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer, ProducerRuntime

PATIENCE_S = 10


class Name:
    """`broker-0:9092`, which means one port today and another tomorrow."""

    def __init__(self) -> None:
        self.port = 0

    def of(self, node_id: int, address: tuple[str, int]) -> tuple[str, int]:
        """What a broker tells of itself; from then on the name means it."""
        _, self.port = address
        return f"broker-{node_id}", 9092

    def resolve(self, host: str, port: int) -> list[SocketAddress]:
        """Where whoever asks for the name is sent."""
        return [SocketAddress(socket.AF_INET, ("127.0.0.1", self.port))]


@pytest.fixture
def name() -> Name:
    return Name()


@pytest.fixture
def cluster(name: Name) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(advertised=name.of) as running:
        yield running


def producer_of(cluster: EmbeddedCluster, name: Name, **options: object) -> KafkaProducer:
    runtime = ProducerRuntime(resolve=name.resolve)
    return KafkaProducer(runtime=runtime, bootstrap_servers=cluster.bootstrap_servers, **options)


def begun_again(caplog: pytest.LogCaptureFixture) -> bool:
    return "Beginning again from the bootstrap servers" in caplog.text


def replace_the_broker(cluster: EmbeddedCluster, producer: KafkaProducer, name: Name) -> EmbeddedCluster:
    """Send one record; then have the name mean another cluster, which listens before the first one goes."""
    producer.send("orders", b"one coffee").result(PATIENCE_S)
    other = EmbeddedCluster(cluster_id="another", advertised=name.of)
    cluster.close()
    return other


def test_a_broker_of_another_cluster_sends_the_producer_back_to_its_beginning(
    cluster: EmbeddedCluster, name: Name, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with (
        producer_of(cluster, name, enable_idempotence=False) as producer,
        replace_the_broker(cluster, producer, name) as other,
    ):
        producer.send("orders", b"another").result(PATIENCE_S)
        assert producer._metadata.cluster.cluster_id == "another"
        assert len(other.log("orders").records()) == 1
        assert "demands that the client begins again" in caplog.text


@pytest.mark.parametrize("option", [{"metadata_cluster_check_enable": False}, {"metadata_recovery_strategy": "none"}])
def test_without_the_check_it_does_not_notice(
    cluster: EmbeddedCluster, name: Name, caplog: pytest.LogCaptureFixture, option: dict[str, object]
) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with (
        producer_of(cluster, name, enable_idempotence=False, **option) as producer,
        replace_the_broker(cluster, producer, name) as other,
    ):
        producer.send("orders", b"another").result(PATIENCE_S)
        assert len(other.log("orders").records()) == 1
        assert "demands that the client begins again" not in caplog.text


def test_the_right_broker_has_nothing_to_say(
    cluster: EmbeddedCluster, name: Name, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "kafka_nio.client")
    with producer_of(cluster, name) as producer:
        producer.send("orders", b"one coffee").result(PATIENCE_S)
        assert producer._metadata.cluster.cluster_id == CLUSTER_ID
    assert not begun_again(caplog)
