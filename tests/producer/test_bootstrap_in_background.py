"""A producer that is made before anybody knows its bootstrap servers (KIP-909)."""

import socket
import threading
from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import BootstrapResolutionError, ConfigError, KafkaTimeoutError
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer, ProducerRuntime

PATIENCE_S = 10


class NameService:
    """Knows nobody until a test says so."""

    def __init__(self) -> None:
        self.knows = threading.Event()
        self.was_asked = threading.Event()

    def __call__(self, host: str, port: int) -> list[SocketAddress]:
        if host != "broker":
            return [SocketAddress(socket.AF_INET, (host, port))]
        self.was_asked.set()
        if not self.knows.is_set():
            raise OSError(-2, "Name or service not known")
        return [SocketAddress(socket.AF_INET, ("127.0.0.1", port))]


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as running:
        yield running


@pytest.fixture
def names() -> NameService:
    return NameService()


def producer_of(cluster: EmbeddedCluster, names: NameService, **options: object) -> KafkaProducer:
    (_, port) = cluster.addresses[0]
    return KafkaProducer(
        bootstrap_servers=f"broker:{port}", retry_backoff_ms=10, runtime=ProducerRuntime(resolve=names), **options
    )


def test_it_sends_as_soon_as_somebody_knows_them(cluster: EmbeddedCluster, names: NameService) -> None:
    with producer_of(cluster, names, bootstrap_resolve_timeout_ms=60_000) as producer:
        assert names.was_asked.wait(PATIENCE_S)
        threading.Timer(0.05, names.knows.set).start()
        producer.send("orders", b"one coffee").result(PATIENCE_S)
    assert len(cluster.log("orders").records()) == 1


def test_without_a_timeout_they_must_be_known_at_once(cluster: EmbeddedCluster, names: NameService) -> None:
    with pytest.raises(ConfigError, match=r"broker:.* cannot be resolved"):
        producer_of(cluster, names)


@pytest.mark.behaviour(108)
def test_when_the_time_is_over_every_call_that_needs_them_says_so(cluster: EmbeddedCluster, names: NameService) -> None:
    with producer_of(cluster, names, bootstrap_resolve_timeout_ms=30) as producer:
        for _ in range(2):
            with pytest.raises(BootstrapResolutionError, match=r"within 30 ms: .*cannot be resolved") as raised:
                producer.send("orders", b"one coffee")
            assert raised.value.fatal
        with pytest.raises(BootstrapResolutionError):
            producer.partitions_for("orders")


def test_meanwhile_send_waits_no_longer_than_it_may_and_says_for_what(
    cluster: EmbeddedCluster, names: NameService
) -> None:
    with producer_of(cluster, names, bootstrap_resolve_timeout_ms=60_000, max_block_ms=50) as producer:
        assert names.was_asked.wait(PATIENCE_S)
        error = producer.send("orders", b"one coffee").exception(PATIENCE_S)
    assert isinstance(error, KafkaTimeoutError)
    assert "bootstrap" in str(error)


def test_a_producer_can_be_closed_meanwhile(cluster: EmbeddedCluster, names: NameService) -> None:
    producer = producer_of(cluster, names, bootstrap_resolve_timeout_ms=60_000)
    producer.close()
    assert "closed" in repr(producer)
