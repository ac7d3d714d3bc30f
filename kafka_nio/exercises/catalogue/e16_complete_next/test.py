"""Which request an answer belongs to.

Java: no counterpart.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.broker import Delivery, Fault
from kafka_nio.client import Metadata, NetworkClient
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.clock import MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.demos import DEMOS, Scene
from kafka_nio.errors import ProtocolError
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network import NetworkReceive, NetworkSend, Selector
from kafka_nio.producer import RecordMetadata
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import encode_response
from kafka_nio.protocol.messages import MetadataRequest, MetadataResponse, ProduceRequest, ProduceResponse

NEWEST = "the request that was sent last is answered first"
LOOKED_UP = "the correlation id says which request is answered"
ENOUGH = "the order is enough"
EARLY = "an answer that has come is a request that is over"
ALWAYS = "an answer always has a request"


def produce(id: int, node: str = "1") -> InFlightRequest:
    """A produce request that waits for its answer."""
    header = RequestHeader(ApiKey.PRODUCE, 9, id, "learner")
    return InFlightRequest(header, ProduceRequest(), sent(node), node, 0, 0, True, False, 30_000, None)


def ask_for_metadata(id: int, node: str = "1") -> InFlightRequest:
    """A metadata request that waits for its answer."""
    header = RequestHeader(ApiKey.METADATA, 9, id, "learner")
    return InFlightRequest(header, MetadataRequest(), sent(node), node, 0, 0, True, True, 30_000, None)


def sent(node: str) -> NetworkSend:
    """A message of which every byte has left."""
    send = NetworkSend(node, [])
    send.write_to(Drain())  # type: ignore[arg-type]
    return send


class Drain:
    """A transport that takes all that is written."""

    has_pending_writes = False

    def write(self, parts: list[memoryview]) -> int:
        """Say that all of it has left."""
        return sum(map(len, parts))


class Wire:
    """A transport from which these bytes can be read."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, buffer: memoryview) -> int:
        """Fill the buffer, as far as there is something left."""
        piece, self._data = self._data[: len(buffer)], self._data[len(buffer) :]
        buffer[: len(piece)] = piece
        return len(piece)


def received(payload: bytes, node: str = "1") -> NetworkReceive:
    """A message that has come from this node."""
    receive = NetworkReceive(node)
    receive.read_from(Wire(len(payload).to_bytes(4, "big") + payload))  # type: ignore[arg-type]
    return receive


def answer_to(request: InFlightRequest) -> NetworkReceive:
    """The broker's answer to this request."""
    response = ProduceResponse() if request.header.api_key is ApiKey.PRODUCE else MetadataResponse()
    return received(b"".join(map(bytes, encode_response(request.header, response))), request.destination)


@contextmanager
def a_client(*in_flight: InFlightRequest) -> Iterator[NetworkClient]:
    """A client that has sent these requests, in this order."""
    clock = MockClock()
    config = ProducerConfig.parse(None, bootstrap_servers="localhost:9092")
    metadata = Metadata(100, 100, 300_000, 300_000, clock, Random(1))
    client = NetworkClient(config, Selector(clock=clock), metadata, client_id="learner", clock=clock, random=Random(1))
    for request in in_flight:
        client._in_flight_requests.add(request)
    with closing(client):
        yield client


def refusal(client: NetworkClient, receive: NetworkReceive) -> str:
    """What the ProtocolError says with which an answer is refused; empty if it is taken."""
    try:
        client.parse_response(receive)
    except ProtocolError as error:
        return str(error)
    return ""


# The queue...


@misconception(NEWEST, "A new request enters the deque on the left. Where does the oldest one stand?")
def test_the_oldest_is_the_one_that_was_sent_first() -> None:
    """Of three requests in flight to a node, the oldest is the one that was sent first, and it stays in flight."""
    in_flight = InFlightRequests(5)
    for id in (4, 5, 6):
        in_flight.add(produce(id))
    oldest = in_flight.oldest("1")
    assert oldest is not None, "there was none"
    assert oldest.header.correlation_id == 4, f"it was request {oldest.header.correlation_id}"
    assert in_flight.count("1") == 3, f"{in_flight.count('1')} of 3 were in flight afterwards"


@misconception(ALWAYS, "A node that was never sent anything is missing in `_requests`, or its deque is empty.")
def test_a_node_without_requests_has_no_oldest() -> None:
    """To a node to which nothing is in flight, there is no oldest request."""
    in_flight = InFlightRequests(5)
    assert in_flight.oldest("1") is None, f"it was {in_flight.oldest('1')}"
    in_flight.add(produce(4))
    in_flight.complete_next("1")
    assert in_flight.oldest("1") is None, f"after the only one was completed it was {in_flight.oldest('1')}"


@misconception(NEWEST, "Which end of the deque does a request leave by when it has been answered?")
def test_requests_complete_in_the_order_in_which_they_were_sent() -> None:
    """Three requests complete in the order in which they were sent."""
    in_flight = InFlightRequests(5)
    for id in (4, 5, 6):
        in_flight.add(produce(id))
    completed = [in_flight.complete_next("1").header.correlation_id for _ in range(3)]
    assert completed == [4, 5, 6], f"completed: {completed}"


# The answer...


@misconception(ENOUGH, "The bytes begin with an id. Is it the one that was sent?")
def test_an_answer_with_an_unknown_id_is_refused() -> None:
    """While only request 4 is in flight, an answer with id 17 is refused."""
    with a_client(produce(4)) as client:
        assert refusal(client, answer_to(produce(17))), "it was taken for the answer to 4"


@misconception(
    LOOKED_UP, "Where is the answer to 4? Client and broker are out of step. Are these bytes worth anything?"
)
def test_an_answer_that_is_not_the_next_one_is_refused() -> None:
    """While requests 4 and 5 are in flight, an answer with id 5 is refused, and both are still in flight."""
    four, five = produce(4), produce(5)
    with a_client(four, five) as client:
        says = refusal(client, answer_to(five))
        assert says, "it was taken for the answer to 5, and 4 has none"
        assert client._in_flight_requests.count("1") == 2, "not both were in flight afterwards"
        assert "5" in says, f"it was refused, but the message does not name the id that came: {says}"


@misconception(ALWAYS, "A broker may send what nobody has asked for. There is no oldest request then.")
def test_an_answer_that_nobody_asked_for_is_refused() -> None:
    """While nothing is in flight, any answer is refused."""
    with a_client() as client:
        assert refusal(client, answer_to(produce(4))), "it was taken"


@misconception(EARLY, "The connection is closed now, and everything that is in flight is sent again. Is this request?")
def test_a_request_whose_answer_cannot_be_read_stays_in_flight() -> None:
    """An answer that ends too early is refused, and its request is still in flight."""
    request = produce(4)
    with a_client(request) as client:
        whole = bytes(answer_to(request).payload)
        assert refusal(client, received(whole[:6])), "it was taken"
        assert client._in_flight_requests.count("1") == 1, "the request was not in flight any more"


@misconception(ENOUGH, "Of all nodes' requests, each answer meets the oldest of its own node.")
@given(
    sent=st.lists(st.tuples(st.sampled_from("12"), st.booleans()), max_size=8),
    answered=st.lists(st.sampled_from("12"), max_size=8),
)
def test_any_order_of_answers(sent: list[tuple[str, bool]], answered: list[str]) -> None:
    """However the answers of two nodes follow each other, each meets the request it answers, read as what it is."""
    requests = [(ask_for_metadata if of_metadata else produce)(id, node) for id, (node, of_metadata) in enumerate(sent)]
    waiting = {node: deque(one for one in requests if one.destination == node) for node in "12"}
    with a_client(*requests) as client:
        for node in [*answered, *(8 * "12")]:
            if waiting[node]:
                wanted = waiting[node].popleft()
                request, response = client.parse_response(answer_to(wanted))
                assert request is wanted, f"the answer to {wanted} was given to {request}"
                assert response.api_key is wanted.header.api_key, f"it was read as one to {response.api_key.title}"


def two_in_flight(scene: Scene) -> None:
    """Send two records in requests of their own, whose answers arrive in one piece. A lost request is not repeated."""
    with scene.producer(linger_ms=0, batch_size=0, retries=0) as producer:
        scene.warm_up(producer)
        scene.order(Fault(ApiKey.PRODUCE, delivery=Delivery.HELD))
        scene.begin()
        scene.wait_for(*[producer.send(scene.topic, value, partition=0) for value in (b"first", b"second")])
        scene.end(producer)


@costs
@misconception(NEWEST, "Each answer goes to the oldest request of its connection.")
def test_a_producer_with_two_requests_in_flight(play: Play) -> None:
    """Two answers that arrive in one piece meet their requests, and the records are written in their order."""
    outcome = play(replace(DEMOS["two-responses-one-read"], name="two-in-flight", run=two_in_flight))
    assert [type(result) for result in outcome.results] == 2 * [RecordMetadata], f"{outcome.results}"
    first, second = (result.offset for result in outcome.results if isinstance(result, RecordMetadata))
    assert first < second, f"the first record is at offset {first}, the second at {second}"
