"""Looks the request up by the id of the answer.

Java: no counterpart.
"""

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.errors import ProtocolError
from kafka_nio.network import NetworkReceive
from kafka_nio.protocol.api import Message
from kafka_nio.protocol.codec import decode_response, read_correlation_id


def oldest(self: InFlightRequests, node: str) -> InFlightRequest | None:
    """The request of this connection that will be answered next, or None if there is none."""
    queue = self._requests.get(node)
    return queue[-1] if queue else None


def complete_next(self: InFlightRequests, node: str) -> InFlightRequest:
    """The oldest request of this connection has been answered."""
    return self._queue(node).pop()


def parse_response(self: NetworkClient, receive: NetworkReceive) -> tuple[InFlightRequest, Message]:
    """Find the request with this id, wherever it stands."""
    correlation_id = read_correlation_id(receive.payload)
    queue = self._in_flight_requests._requests.get(receive.source, ())
    for request in tuple(queue):
        if request.header.correlation_id == correlation_id:
            response = decode_response(request.header, receive.payload)
            self._in_flight_requests._requests[receive.source].remove(request)
            return request, response
    raise ProtocolError(f"an answer with correlation id {correlation_id} came, and no such request was in flight")
