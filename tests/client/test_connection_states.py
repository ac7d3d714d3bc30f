"""What is remembered of connections: their states, the pauses between attempts, the limits of attempts."""

import socket
from random import Random

import pytest

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.connection_states import TRANSITIONS, ClusterConnectionStates, ConnectionState, Event
from kafka_nio.clock import NEVER
from kafka_nio.errors import IllegalStateError
from kafka_nio.nio import SocketAddress


@pytest.fixture
def states() -> ClusterConnectionStates:
    random = Random(1)
    return ClusterConnectionStates(ExponentialBackoff(50, 1_000, random), ExponentialBackoff(10_000, 30_000, random))


def fail_once(states: ClusterConnectionStates, now_ms: int) -> float:
    """One attempt that never connects; the pause after it."""
    states.connecting("0", "host", 9092, now_ms)
    states.disconnected("0", now_ms)
    return states.connection_delay("0", now_ms)


def become_ready(states: ClusterConnectionStates, now_ms: int) -> None:
    states.connecting("0", "host", 9092, now_ms)
    states.checking_api_versions("0")
    states.ready("0")


def test_what_went_wrong_is_known_until_the_node_takes_requests_again(states: ClusterConnectionStates) -> None:
    assert states.last_failure("0") is None
    states.connecting("0", "host", 9092, 0).last_failure = "refused"
    states.disconnected("0", 0)
    assert states.last_failure("0") == "refused"
    become_ready(states, 1_000)
    assert states.last_failure("0") is None


def test_every_state_can_end() -> None:
    assert all(TRANSITIONS[state, Event.END] is ConnectionState.DISCONNECTED for state in ConnectionState)


def test_an_unknown_node_can_be_connected_at_once(states: ClusterConnectionStates) -> None:
    assert states.can_connect("0", 0)
    assert states.connection_delay("0", 0) == 0


def test_an_event_that_cannot_happen_now_names_the_state(states: ClusterConnectionStates) -> None:
    states.connecting("0", "host", 9092, 0)
    with pytest.raises(IllegalStateError, match="connection 0 is connecting"):
        states.ready("0")


@pytest.mark.behaviour(85)
def test_the_pause_grows_from_failure_to_failure_up_to_its_limit(states: ClusterConnectionStates) -> None:
    pauses = [fail_once(states, 0) for _ in range(12)]
    for failures, pause_ms in enumerate(pauses):
        expected = min(50 * 2**failures, 1_000)
        assert 0.8 * expected - 1 <= pause_ms <= min(1.2 * expected, 1_000), f"after {failures + 1} failures"


@pytest.mark.behaviour(86)
def test_the_pause_counts_from_the_moment_of_disconnection(states: ClusterConnectionStates) -> None:
    states.connecting("0", "host", 9092, 0)
    states.disconnected("0", 500)
    assert not states.can_connect("0", 501)
    assert states.can_connect("0", 500 + 60)


@pytest.mark.behaviour(82)
def test_what_has_ended_does_not_end_again(states: ClusterConnectionStates) -> None:
    pause_ms = fail_once(states, 0)
    states.disconnected("0", 30)
    assert states.connection_delay("0", 30) == pause_ms - 30


@pytest.mark.behaviour(87)
def test_a_connection_that_was_never_ready_does_not_shorten_the_pause(states: ClusterConnectionStates) -> None:
    fail_once(states, 0)
    states.connecting("0", "host", 9092, 0)
    states.checking_api_versions("0")
    states.disconnected("0", 0)
    assert states.connection_delay("0", 0) >= 0.8 * 100


@pytest.mark.behaviour(87)
def test_a_connection_that_was_ready_does(states: ClusterConnectionStates) -> None:
    for _ in range(4):
        fail_once(states, 0)
    become_ready(states, 0)
    states.disconnected("0", 0)
    assert states.connection_delay("0", 0) <= 1.2 * 50


@pytest.mark.behaviour(88)
def test_the_setup_timeout_grows_only_after_attempts_that_never_connected(states: ClusterConnectionStates) -> None:
    fail_once(states, 0)
    fail_once(states, 0)
    grown = states.connecting("0", "host", 9092, 0).setup_timeout_ms
    assert grown >= 0.8 * 30_000
    states.checking_api_versions("0")
    states.disconnected("0", 0)
    assert states.connecting("0", "host", 9092, 0).setup_timeout_ms <= 1.2 * 10_000


def test_an_attempt_that_takes_too_long_is_found(states: ClusterConnectionStates) -> None:
    node = states.connecting("0", "host", 9092, 0)
    assert states.nodes_with_setup_timeout(int(node.setup_timeout_ms)) == []
    assert states.nodes_with_setup_timeout(int(node.setup_timeout_ms) + 1) == [node]


def test_nothing_has_to_be_waited_for_once_connected(states: ClusterConnectionStates) -> None:
    become_ready(states, 0)
    assert states.connection_delay("0", 0) == NEVER


def test_a_node_that_has_moved_to_another_address_starts_afresh(states: ClusterConnectionStates) -> None:
    fail_once(states, 0)
    fail_once(states, 0)
    assert states.connecting("0", "other", 9092, 0).failed_attempts == 0


@pytest.mark.behaviour(92)
def test_the_addresses_of_a_name_are_tried_in_turn_and_then_looked_up_again(states: ClusterConnectionStates) -> None:
    addresses = [SocketAddress(socket.AF_INET, (f"10.0.0.{number}", 9092), "host") for number in (1, 2)]
    node = states.connecting("0", "host", 9092, 0)
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[SocketAddress]:
        looked_up.append(host)
        return addresses

    tried = [node.next_address(resolve) for _ in range(4)]
    assert tried == [addresses[0], addresses[1], addresses[0], addresses[1]]
    assert looked_up == ["host", "host"]


@pytest.mark.behaviour(92)
def test_an_address_that_was_just_lost_is_tried_last(states: ClusterConnectionStates) -> None:
    addresses = [SocketAddress(socket.AF_INET, (f"10.0.0.{number}", 9092), "host") for number in (1, 2)]
    node = states.connecting("0", "host", 9092, 0)
    assert node.next_address(lambda host, port: addresses) == addresses[0]
    states.checking_api_versions("0")
    states.ready("0")
    states.disconnected("0", 0)
    assert states.connecting("0", "host", 9092, 0).next_address(lambda host, port: addresses) == addresses[1]


@pytest.mark.behaviour(92)
def test_a_name_is_looked_up_again_when_an_established_connection_was_lost(states: ClusterConnectionStates) -> None:
    """The cluster may have moved, so the addresses that were not tried yet are worth nothing."""
    old, unused, new = (SocketAddress(socket.AF_INET, (f"10.0.0.{number}", 9092)) for number in (1, 2, 3))
    node = states.connecting("0", "host", 9092, 0)
    assert node.next_address(lambda host, port: [old, unused]).address == old.address
    states.checking_api_versions("0")
    states.ready("0")
    states.disconnected("0", 0)
    next_address = states.connecting("0", "host", 9092, 0).next_address(lambda host, port: [new])
    assert next_address.address == new.address
