"""The requests that have been sent and not been answered, per connection, in the order in which they were sent.

A broker answers the requests of one connection strictly in order. So nobody looks a request up by its correlation id:
the next answer belongs to the oldest request, and the id only confirms it.

New requests enter on the left of a deque, the oldest one leaves on the right.

Java: org.apache.kafka.clients.InFlightRequests
"""

from collections import deque

from kafka_nio.client.requests import InFlightRequest
from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.spans import decision


class InFlightRequests:
    """Requests in flight by node id.

    Args:
        max_per_connection: how many may be unanswered on one connection (`max_in_flight_requests_per_connection`).
        metrics: where it shows how many there are.
    """

    def __init__(self, max_per_connection: int, metrics: Metrics | None = None) -> None:
        self._max_per_connection = max_per_connection
        if metrics is not None:
            metrics.gauge("requests-in-flight", self.count)
        self._requests: dict[str, deque[InFlightRequest]] = {}

    def add(self, request: InFlightRequest) -> None:
        """A request is about to be handed to the selector."""
        self._requests.setdefault(request.destination, deque()).appendleft(request)

    def oldest(self, node: str) -> InFlightRequest | None:
        """The request of this connection that will be answered next, or None if there is none."""
        queue = self._requests.get(node)
        return queue[-1] if queue else None

    def complete_next(self, node: str) -> InFlightRequest:
        """The oldest request of this connection has been answered."""
        return self._queue(node).pop()

    def last_sent(self, node: str) -> InFlightRequest:
        """The newest request of this connection."""
        return self._queue(node)[0]

    def complete_last_sent(self, node: str) -> InFlightRequest:
        """The newest request of this connection has left and needs no answer."""
        return self._queue(node).popleft()

    def _queue(self, node: str) -> deque[InFlightRequest]:
        queue = self._requests.get(node)
        if not queue:
            raise IllegalStateError(f"no request is in flight to node {node}")
        return queue

    @decision("return", "node in_flight self._max_per_connection has_left")
    def can_send_more(self, node: str) -> bool:
        """Whether this connection takes another request.

        The number is not the whole rule. The newest request must have left to the last byte too, because a channel
        holds one send at a time. While it leaves, records gather in batches: batching without any linger.
        """
        queue = self._requests.get(node)
        in_flight = len(queue) if queue else 0
        has_left = not queue or queue[0].send.is_completed
        return has_left and in_flight < self._max_per_connection

    def count(self, node: str | None = None) -> int:
        """How many requests are in flight, to one node or to all."""
        if node is not None:
            return len(self._requests.get(node, ()))
        return sum(map(len, tuple(self._requests.values())))  # a copy: metrics ask from other threads

    def clear_all(self, node: str) -> list[InFlightRequest]:
        """Forget all requests to a node and return them in the order in which they were sent."""
        return list(reversed(self._requests.pop(node, deque())))

    def expired(self, now_ms: int) -> list[InFlightRequest]:
        """Of each connection, the oldest request that has waited longer than it may."""
        oldest = [queue[-1] for queue in self._requests.values() if queue]
        return [request for request in oldest if request.waited_ms(now_ms) > request.request_timeout_ms]

    def add_throttle_time(self, node: str, throttle_time_ms: int) -> None:
        """A broker does nothing for so long, and the requests in flight to it must not pay for that."""
        for request in self._requests.get(node, ()):
            request.throttle_time_ms += throttle_time_ms

    def __repr__(self) -> str:
        return f"<InFlightRequests { ({node: list(queue) for node, queue in self._requests.items() if queue}) }>"
