"""Whom to ask when any node will do."""

from random import Random

import pytest

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.least_loaded_node import least_loaded_node
from kafka_nio.cluster import Node
from tests.client.test_in_flight_requests import request

NODES = [Node(number, "localhost", 9092 + number) for number in range(3)]


class Situation:
    """Three nodes, none of them connected, until a test says otherwise."""

    def __init__(self) -> None:
        backoff = ExponentialBackoff(50, 50, Random(1))
        self.states = ClusterConnectionStates(backoff, backoff)
        self.in_flight = InFlightRequests(5)
        self.sendable: set[str] = set()

    def can_send(self, node_id: str, now_ms: int) -> bool:
        return node_id in self.sendable

    def connecting(self, node: Node, now_ms: int = 0) -> None:
        self.states.connecting(node.id_string, node.host, node.port, now_ms)

    def failed(self, node: Node, now_ms: int) -> None:
        self.connecting(node, now_ms)
        self.states.disconnected(node.id_string, now_ms)

    def chosen(self, now_ms: int = 1_000) -> set[Node | None]:
        """The choices from every place at which the search may begin."""
        return {
            least_loaded_node(NODES, self.can_send, self.states, self.in_flight, Random(seed), now_ms)
            for seed in range(20)
        }


@pytest.mark.behaviour(94)
def test_the_ready_node_with_the_fewest_requests_in_flight_is_chosen() -> None:
    situation = Situation()
    situation.sendable = {"0", "1"}
    for number in range(2):
        busy = request(number)
        situation.in_flight.add(busy)
    assert situation.chosen() == {NODES[1]}


@pytest.mark.behaviour(94)
def test_a_node_that_is_being_connected_to_comes_before_one_that_is_not() -> None:
    situation = Situation()
    situation.connecting(NODES[2])
    assert situation.chosen() == {NODES[2]}


@pytest.mark.behaviour(94)
def test_of_those_not_connected_the_longest_untried_is_chosen() -> None:
    situation = Situation()
    situation.failed(NODES[0], now_ms=300)
    situation.failed(NODES[1], now_ms=100)
    situation.failed(NODES[2], now_ms=200)
    assert situation.chosen() == {NODES[1]}


def test_nobody_is_chosen_while_all_have_just_failed() -> None:
    situation = Situation()
    for node in NODES:
        situation.failed(node, now_ms=1_000)
    assert situation.chosen(now_ms=1_001) == {None}


@pytest.mark.behaviour(94)
def test_equal_nodes_are_chosen_by_lot() -> None:
    situation = Situation()
    assert situation.chosen() == set(NODES)


def test_without_nodes_there_is_nobody_to_choose() -> None:
    situation = Situation()
    assert least_loaded_node([], lambda _: True, situation.states, situation.in_flight, Random(1), 0) is None
