"""Takes a node without a connection before one with a connection.

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
    """The node with the fewest connections, then the one with the fewest requests."""
    open_nodes = connection_states.open_nodes()
    usable = [
        node
        for node in random.sample(nodes, len(nodes))
        if can_send_request(node.id_string, now_ms) or connection_states.can_connect(node.id_string, now_ms)
    ]
    return min(
        usable,
        key=lambda node: (node.id_string in open_nodes, in_flight_requests.count(node.id_string)),
        default=None,
    )
