"""Counts, and does not look whether the newest request has left.

Java: no counterpart.
"""

from kafka_nio.client.in_flight_requests import InFlightRequests


def can_send_more(self: InFlightRequests, node: str) -> bool:
    """Whether fewer than the most are in flight."""
    return len(self._requests.get(node) or ()) < self._max_per_connection
