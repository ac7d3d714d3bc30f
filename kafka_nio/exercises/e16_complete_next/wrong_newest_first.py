"""Takes the requests from the wrong end.

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
    return queue[0] if queue else None


def complete_next(self: InFlightRequests, node: str) -> InFlightRequest:
    """The oldest request of this connection has been answered."""
    return self._queue(node).popleft()


def parse_response(self: NetworkClient, receive: NetworkReceive) -> tuple[InFlightRequest, Message]:
    """Turn the bytes of an answer into a message."""
    request = self._in_flight_requests.oldest(receive.source)
    correlation_id = read_correlation_id(receive.payload)
    if request is None or correlation_id != request.header.correlation_id:
        raise ProtocolError(f"an answer with correlation id {correlation_id} came where {request} was in flight")
    response = decode_response(request.header, receive.payload)
    return self._in_flight_requests.complete_next(receive.source), response
