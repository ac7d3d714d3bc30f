"""e16: which request an answer belongs to.

Java: org.apache.kafka.clients.InFlightRequests.completeNext, org.apache.kafka.clients.NetworkClient.parseResponse
"""

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e16",
    name="complete_next",
    kind=Kind.BUILD,
    title="Find the request that an answer belongs to, and refuse an answer that belongs to none",
    chapter="chapters/responses.md",
    story="""
        An answer carries no name of what was asked. It begins with a correlation id, a number that the client has made
        up for the request, and the rest can only be read by somebody who knows which kind of request it answers and
        in which version.

        A broker answers the requests of one connection strictly in their order. So the oldest request in flight on the
        connection is the one that is answered, and the id only confirms it. If it does not, client and broker have
        lost step with each other, and nothing that comes over this connection can be trusted any more. Then
        `parse_response` raises a `ProtocolError`; whoever called it closes the connection, and its requests are sent
        again over a new one. Therefore they must still be in flight then, all of them.

        What there is:

        - `self._requests` of `InFlightRequests`: a dict from a node's name to a deque of its requests; new requests
          enter on the left. A node without requests may be missing, or have an empty deque.
        - `self._queue(node)`: that deque; raises an IllegalStateError if it is missing or empty
        - `self._in_flight_requests` of `NetworkClient`: the `InFlightRequests`
        - `receive.source`: the node's name; `receive.payload`: the bytes of the answer
        - `read_correlation_id(payload)`: the number with which it begins
        - `decode_response(header, payload)`: the answer to the request with this header; raises a ProtocolError if
          the bytes do not fit
        - `request.header.correlation_id`: the number that was sent
        - `request.may_be_answered`: whether all of it has left, and an answer is wanted; if not, what came is no answer

        The message of the error should name the id that came and the request that was in flight.
    """,
    hints=(
        "Requests 4 and 5 are in flight and an answer with id 5 comes. What has become of the answer to 4?",
        "New requests enter on the left of the deque, so the oldest stands on the right. `oldest` looks at it, "
        "`complete_next` takes it away. Which of the two comes before the bytes are decoded, and which after?",
        "`parse_response`: look at the oldest request of the source; if there is none, or it may not be answered yet, "
        "or its id is not the one that came, raise; decode with its header; then complete the next one and return it "
        "with the response.",
    ),
    targets=(
        Target(InFlightRequests, "oldest", stage=Stage.COMPLETE, show="node return"),
        Target(InFlightRequests, "complete_next", stage=Stage.COMPLETE, show="node return"),
        Target(NetworkClient, "parse_response"),
    ),
    wrong=(
        Wrong(
            "looks_it_up",
            "the correlation id says which request is answered",
            what="Looks for the request with the id of the answer, wherever it stands.",
            instead=(
                (
                    "request = self._in_flight_requests.oldest(receive.source)",
                    "sent = self._in_flight_requests._requests.get(receive.source, ())",
                ),
                (
                    "if request is None",
                    "request = next((one for one in sent if one.header.correlation_id == correlation_id), None)\n"
                    "    if request is None",
                ),
                (
                    "return self._in_flight_requests.complete_next(receive.source), response",
                    "sent.remove(request)\n    return request, response",
                ),
            ),
        ),
        Wrong(
            "newest_first",
            "the request that was sent last is answered first",
            what="Takes the requests from the wrong end.",
            instead=(("queue[-1]", "queue[0]"), (".pop()", ".popleft()")),
        ),
        Wrong(
            "trusts_the_order",
            "the order is enough",
            what="Relies on the order, and does not look at the id.",
            instead=((" or correlation_id != request.header.correlation_id", ""),),
        ),
        Wrong(
            "completes_too_early",
            "an answer that has come is a request that is over",
            what="Takes the request out before its answer has been read.",
            instead=(
                ("    response = decode_response(request.header, receive.payload)\n", ""),
                ("(receive.source), response", "(receive.source), decode_response(request.header, receive.payload)"),
            ),
        ),
    ),
)
