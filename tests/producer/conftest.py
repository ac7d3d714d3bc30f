"""A cluster with real sockets, and a producer whose thread never runs."""

import socket
from collections.abc import Callable, Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer, ProducerRuntime
from tests.producer.still import StillClock, StillProducer


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """Two brokers; topics have three partitions."""
    with EmbeddedCluster(nodes=2, partitions_per_topic=3) as running:
        yield running


@pytest.fixture
def still() -> Iterator[Callable[..., StillProducer]]:
    """Makes producers whose thread never runs, on a clock that stands still."""
    made: list[KafkaProducer] = []

    def make(**options: object) -> StillProducer:
        clock = StillClock(now_ms=1_000_000)
        runtime = ProducerRuntime(clock=clock, resolve=resolve)
        options = {"bootstrap_servers": "broker-0:9092", "client_id": "still", "enable_idempotence": False} | options
        made.append(KafkaProducer(runtime=runtime, **options))
        return StillProducer(made[-1], clock)

    yield make
    for producer in made:
        producer._io_thread._ident = None  # a test may have said that it runs on this producer's thread
        producer.close()


def resolve(host: str, port: int) -> list[SocketAddress]:
    """Names that no name server knows."""
    return [SocketAddress(socket.AF_INET, ("127.0.0.1", port))]
