"""A running cluster for each test that wants one, and a connection to it."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
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
