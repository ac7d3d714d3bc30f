"""Takes the request out before its answer has been read.

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
    """Take the oldest request, then see what came."""
    oldest = self._in_flight_requests.oldest(receive.source)
    correlation_id = read_correlation_id(receive.payload)
    if oldest is None or oldest.header.correlation_id != correlation_id:
        raise ProtocolError(f"an answer with correlation id {correlation_id} came where {oldest} was in flight")
    request = self._in_flight_requests.complete_next(receive.source)
    return request, decode_response(request.header, receive.payload)
