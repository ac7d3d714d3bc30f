"""A client and a broker for each test that asks for them."""

import socket
from collections.abc import Iterator
from random import Random

import pytest

from kafka_nio.client import Metadata, NetworkClient
from kafka_nio.clock import MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.nio import SocketAddress
from tests.client.scripted_broker import Conversation, ScriptedBroker, metadata_response


@pytest.fixture
def conversation() -> Iterator[Conversation]:
    """Connected to nothing yet; the metadata is fresh, so that nothing is asked unless the test makes it so."""
    clock = MockClock(now_ms=1_000_000)
    broker = ScriptedBroker()
    config = ProducerConfig.parse(
        None,
        bootstrap_servers=f"localhost:{broker.port}",
        max_in_flight_requests_per_connection=2,
        request_timeout_ms=30_000,
        reconnect_backoff_ms=50,
        reconnect_backoff_max_ms=50,
    )
    metadata = Metadata(100, 100, 300_000, 300_000, clock, Random(1))
    metadata.bootstrap([("localhost", broker.port)])
    metadata.update(0, metadata_response(port=broker.port), False, clock.now_ms(), 13)
    metrics = Metrics(clock.now_ms)
    client = NetworkClient(
        config,
        Selector(clock=clock),
        metadata,
        client_id="test",
        clock=clock,
        random=Random(1),
        resolve=ipv4_only,
        metrics=metrics,
    )
    yield Conversation(client, metadata, broker, clock, metrics)
    client.close()
    broker.close()


def ipv4_only(host: str, port: int) -> list[SocketAddress]:
    """Localhost without its IPv6 address, at which the scripted broker does not listen."""
    return [SocketAddress(socket.AF_INET, ("127.0.0.1", port))]
