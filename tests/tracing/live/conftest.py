"""An instrumented program and a cluster for it."""

from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.tracing import instrument, uninstrument
from tests.tracing.live.telemetry import Telemetry


@pytest.fixture
def unwatched() -> Iterator[Telemetry]:
    """Telemetry that nothing is connected to yet. Whatever the test connects is taken off after it."""
    telemetry = Telemetry()
    yield telemetry
    uninstrument()
    telemetry.shutdown()


@pytest.fixture
def telemetry(unwatched: Telemetry) -> Telemetry:
    """What an instrumented program's telemetry has seen."""
    instrument(unwatched.tracer_provider, unwatched.meter_provider)
    return unwatched


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    """One broker; topics have two partitions."""
    with EmbeddedCluster(partitions_per_topic=2) as running:
        yield running
