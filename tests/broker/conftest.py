"""A running cluster for each test that wants one, and a connection to it."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.group_coordinator import GroupCoordinator
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.clock import MockClock
from kafka_nio.cluster import Node
from tests.broker.wire import Wire


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """One broker; topics have two partitions."""
    with EmbeddedCluster(partitions_per_topic=2) as cluster:
        yield cluster


@pytest.fixture
def wire(cluster: EmbeddedCluster) -> Iterator[Wire]:
    """A connection to the broker."""
    with Wire(cluster.addresses[0]) as wire:
        yield wire


@pytest.fixture
def clock() -> MockClock:
    """A clock that stands still until a test moves it."""
    return MockClock()


@pytest.fixture
def coordinator(clock: MockClock) -> TransactionCoordinator:
    """A coordinator of transactions without brokers, of a cluster with the topic `orders`."""
    cluster = ClusterState()
    cluster.nodes = (Node(0, "localhost", 9092),)
    cluster.create_topic("orders")
    return TransactionCoordinator(cluster, GroupCoordinator(), BrokerConfig(), clock)
