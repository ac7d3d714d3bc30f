"""Whom to ask when any node will do.

In this order: a ready node with nothing in flight, at once; the ready node with the fewest requests in flight; one that
is being connected to; one that could be connected to, the longest untried first. The search begins at a random node, so
that a thousand clients do not all ask the first. A node that throttles us is ready for nothing.

Java: org.apache.kafka.clients.NetworkClient.leastLoadedNode
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
    """The node that has least to do, or None if not one of them can be used now."""
    if not nodes:
        return None
    offset = random.randrange(len(nodes))
    rotated = [*nodes[offset:], *nodes[:offset]]
    ready = [node for node in rotated if can_send_request(node.id_string, now_ms)]
    if ready:
        return min(ready, key=lambda node: in_flight_requests.count(node.id_string))
    for node in rotated:
        if connection_states.is_preparing(node.id_string):
            return node
    connectable = [node for node in rotated if connection_states.can_connect(node.id_string, now_ms)]
    return min(connectable, key=lambda node: connection_states.last_connect_attempt_ms(node.id_string), default=None)
