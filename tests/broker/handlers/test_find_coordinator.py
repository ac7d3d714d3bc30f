"""FindCoordinator: it is always the first broker."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.protocol.messages import FindCoordinatorRequest, FindCoordinatorResponse
from tests.broker.wire import Wire


@pytest.mark.parametrize("version", range(4))
def test_a_group_finds_its_coordinator(cluster: EmbeddedCluster, wire: Wire, version: int) -> None:
    response = wire.ask(FindCoordinatorRequest(key="group"), version, FindCoordinatorResponse)
    assert (response.error_code, (response.host, response.port)) == (0, cluster.addresses[0])


def test_several_groups_find_theirs_at_once(cluster: EmbeddedCluster, wire: Wire) -> None:
    response = wire.ask(FindCoordinatorRequest(coordinator_keys=["a", "b"]), 4, FindCoordinatorResponse)
    assert [(found.key, (found.host, found.port)) for found in response.coordinators] == [
        ("a", cluster.addresses[0]),
        ("b", cluster.addresses[0]),
    ]
