"""e15: when a connection takes another request.

Java: org.apache.kafka.clients.InFlightRequests.canSendMore
"""

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e15",
    name="can_send_more",
    kind=Kind.BUILD,
    title="Say whether a connection takes another request",
    chapter="chapters/network-client-send.md",
    story="""
        The client may have a few requests unanswered on each connection, `max.in.flight.requests.per.connection`.
        Before it drains batches for a node it asks `InFlightRequests.can_send_more`.

        `self._requests` is a dict with a deque for each node: new requests enter on the left, the oldest leaves on the
        right. A node to which nothing was ever sent is not in it, and a deque may be empty.
        `self._max_per_connection` is the number. Each request knows its `send`, the message on its way out.

        A `KafkaChannel` holds one send at a time. Whoever gives it a second one before the first has left gets an
        `IllegalStateError`. So the number is not the whole rule.
    """,
    hints=(
        "What happens to the newest request while the kernel has room for half of it only?",
        "`NetworkSend.is_completed` says whether the last byte has left. The newest request stands on the left.",
        "There is nothing in flight, or the newest has left to the last byte and fewer than the most are in flight.",
    ),
    targets=(Target(InFlightRequests, "can_send_more", stage=Stage.RUN, show="node return"),),
    wrong=(
        Wrong(
            "only_the_number",
            "the window is only a number",
            what="Counts, and does not look whether the newest request has left.",
            instead=(("has_left and in_flight", "in_flight"),),
        ),
        Wrong(
            "one_too_many",
            "the most is one more",
            what="Takes one request more than the option allows.",
            instead=(("in_flight < self", "in_flight <= self"),),
        ),
    ),
)
