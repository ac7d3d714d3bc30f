"""FindCoordinator: the first broker, until the coordinator is moved."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import InvalidRequestError
from kafka_nio.protocol.messages import FindCoordinatorRequest, FindCoordinatorResponse
from kafka_nio.protocol.messages.find_coordinator import GROUP, TRANSACTION
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


@pytest.mark.parametrize("version", range(1, 4))
def test_groups_and_transactions_have_coordinators_of_their_own(version: int) -> None:
    with EmbeddedCluster(nodes=3) as cluster, Wire(cluster.addresses[0]) as wire:
        cluster.move_group_coordinator(1)
        cluster.move_transaction_coordinator(2)
        answers = [
            wire.ask(FindCoordinatorRequest(key="a", key_type=kind), version, FindCoordinatorResponse)
            for kind in (GROUP, TRANSACTION)
        ]
        assert [(answer.node_id, (answer.host, answer.port)) for answer in answers] == [
            (1, cluster.addresses[1]),
            (2, cluster.addresses[2]),
        ]


def test_nobody_coordinates_what_nobody_knows(wire: Wire) -> None:
    response = wire.ask(FindCoordinatorRequest(coordinator_keys=["a"], key_type=2), 4, FindCoordinatorResponse)
    assert response.coordinators[0].error_code == InvalidRequestError.code
