"""Opens a new connection rather than wait for one that is being opened.

Java: no counterpart.
"""

from collections.abc import Callable, Sequence
from random import Random

from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.cluster import Node


def least_loaded_node(
    nodes: Sequence[Node],
    can_send_request: Callable[[str, int], bool],
    connection_states: ClusterConnectionStates,
    in_flight_requests: InFlightRequests,
    random: Random,
    now_ms: int,
) -> Node | None:
    """Whoever takes a request, else whoever can be connected to, else whoever is being connected to."""
    shuffled = random.sample(nodes, len(nodes))
    ready = [node for node in shuffled if can_send_request(node.id_string, now_ms)]
    if ready:
        return min(ready, key=lambda node: in_flight_requests.count(node.id_string))
    connectable = [node for node in shuffled if connection_states.can_connect(node.id_string, now_ms)]
    if connectable:
        return min(connectable, key=lambda node: connection_states.last_connect_attempt_ms(node.id_string))
    return next((node for node in shuffled if connection_states.is_preparing(node.id_string)), None)
