"""Takes one request more than the option allows.

Java: no counterpart.
"""

from kafka_nio.client.in_flight_requests import InFlightRequests


def can_send_more(self: InFlightRequests, node: str) -> bool:
    """Whether at most the most are in flight."""
    queue = self._requests.get(node)
    return not queue or (queue[0].send.is_completed and len(queue) <= self._max_per_connection)
