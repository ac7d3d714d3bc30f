"""When a connection takes another request.

Java: no counterpart.
"""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network import NetworkSend
from kafka_nio.producer import RecordMetadata
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import ProduceRequest

NUMBER = "the window is only a number"
MOST = "the most is one more"


class Kernel:
    """A transport that takes so many bytes and no more."""

    has_pending_writes = False

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, parts: Sequence[bytes | memoryview]) -> int:
        """Take what there is room for."""
        taken = min(self.room, sum(map(len, parts)))
        self.room -= taken
        return taken


def request(*, left: bool = True) -> InFlightRequest:
    """A request that has left to the last byte, or of which one byte has not."""
    send = NetworkSend("1", [b"a produce request"])
    send.write_to(Kernel(send.size if left else send.size - 1))  # type: ignore[arg-type]
    header = RequestHeader(ApiKey.PRODUCE, 9, 1, "learner")
    return InFlightRequest(header, ProduceRequest(), send, "1", 0, 0, True, False, 30_000, None)


@misconception(NUMBER, "Nothing in flight is no reason to say no: there is no newest request to wait for then.")
def test_a_connection_without_requests_takes_one() -> None:
    """A connection on which nothing is in flight takes a request."""
    assert InFlightRequests(1).can_send_more("1"), "it said no"


@misconception(MOST, "The question is asked before the request is added. How many will there be afterwards?")
@given(most=st.integers(1, 5))
def test_the_window_is_full_at_the_most(most: int) -> None:
    """Requests that have left count: at the most that the option allows, the connection takes no other."""
    in_flight = InFlightRequests(most)
    for number in range(most):
        assert in_flight.can_send_more("1"), f"it said no with {number} of {most} in flight"
        in_flight.add(request())
    assert not in_flight.can_send_more("1"), f"it said yes with {most} of {most} in flight"


@misconception(NUMBER, "A channel holds one send at a time. Has the newest one left to the last byte?")
def test_a_request_that_has_not_left_closes_the_window() -> None:
    """While one byte of the newest request has not left, the connection takes no other, however few are in flight."""
    in_flight = InFlightRequests(5)
    in_flight.add(request(left=False))
    assert not in_flight.can_send_more("1"), "it said yes while a byte of the newest request was still here"


@misconception(NUMBER, "Every connection has a window of its own.")
def test_one_node_does_not_stand_in_the_way_of_another() -> None:
    """What is in flight to one node says nothing about another."""
    in_flight = InFlightRequests(1)
    in_flight.add(request())
    assert in_flight.can_send_more("2"), "it said no to node 2 because of node 1"


@costs
@misconception(NUMBER, "A channel holds one send at a time. Has the newest one left to the last byte?")
def test_a_small_send_buffer(play: Play) -> None:
    """In a whole producer whose kernel takes little at a time, every record is written and none is refused."""
    outcome = play("small-send-buffer")
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"{outcome.results}"
