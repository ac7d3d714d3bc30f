"""The requests in flight against one list a connection, oldest first."""

from dataclasses import dataclass

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import ClientRequest, InFlightRequest
from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.messages import ProduceRequest
from tests.models.settings import MODEL

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

NODES = ("0", "-1")
"""Two: of more, few would ever have as many requests as they may."""

MOST = 3

Nodes = st.sampled_from(NODES)
Timeouts = st.integers(1, 50)


class Taker:
    """A transport that takes everything."""

    has_pending_writes = False

    def write(self, parts: list[memoryview]) -> int:
        return sum(map(len, parts))


@dataclass
class Sent:
    """What the model knows of a request. Nothing of it is read from the request, which may be wrong."""

    request: InFlightRequest
    late_after_ms: int
    has_left: bool = False

    def leave(self) -> None:
        """The last byte is written."""
        self.request.send.write_to(Taker())  # type: ignore[arg-type]
        self.has_left = True


class InFlightRequestsModel(RuleBasedStateMachine):
    """`model` holds the same requests; a broker answers in order, so the first of a list is the next to end."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics = Metrics()
        self.in_flight = InFlightRequests(MOST, self.metrics)
        self.model: dict[str, list[Sent]] = {node: [] for node in NODES}
        self.now_ms = 1_000

    def may_send(self, node: str) -> bool:
        sent = self.model[node]
        return len(sent) < MOST and (not sent or sent[-1].has_left)

    def add(self, node: str, timeout_ms: int, age_ms: int) -> Sent:
        wanted = ClientRequest(node, ProduceRequest(), 0, "test", self.now_ms - age_ms, True, timeout_ms)
        send = NetworkSend(node, [b"bytes"])
        request = InFlightRequest.of(wanted, wanted.header(9), send, self.now_ms, is_internal=False)
        self.in_flight.add(request)
        self.model[node].append(Sent(request, self.now_ms + timeout_ms))
        return self.model[node][-1]

    @rule(node=Nodes, timeout_ms=Timeouts, age_ms=st.integers(0, 100))
    def send(self, node: str, timeout_ms: int, age_ms: int) -> None:
        """A request may have been made long before it is sent."""
        if self.may_send(node):
            self.add(node, timeout_ms, age_ms)

    @rule(node=Nodes, timeouts_ms=st.lists(Timeouts, min_size=MOST, max_size=MOST))
    def send_as_many_as_may_be(self, node: str, timeouts_ms: list[int]) -> None:
        for timeout_ms in timeouts_ms:
            assert self.in_flight.can_send_more(node) == self.may_send(node)
            if self.may_send(node):
                self.add(node, timeout_ms, 0).leave()

    @rule(node=Nodes)
    def the_newest_leaves(self, node: str) -> None:
        if self.model[node]:
            self.model[node][-1].leave()

    @rule(node=Nodes)
    def an_answer_comes(self, node: str) -> None:
        if self.model[node]:
            assert self.in_flight.complete_next(node) is self.model[node].pop(0).request
        else:
            with pytest.raises(IllegalStateError):
                self.in_flight.complete_next(node)

    @rule(node=Nodes)
    def the_newest_needs_no_answer(self, node: str) -> None:
        if self.model[node]:
            assert self.in_flight.complete_last_sent(node) is self.model[node].pop().request
        else:
            with pytest.raises(IllegalStateError):
                self.in_flight.complete_last_sent(node)

    @rule(node=Nodes)
    def the_connection_is_lost(self, node: str) -> None:
        lost, self.model[node] = self.model[node], []
        assert self.in_flight.clear_all(node) == [sent.request for sent in lost]

    @rule(duration_ms=st.integers(1, 30))
    def time_passes(self, duration_ms: int) -> None:
        self.now_ms += duration_ms

    @rule(node=Nodes, throttle_ms=st.integers(1, 30))
    def the_broker_wants_to_be_left_alone(self, node: str, throttle_ms: int) -> None:
        self.in_flight.add_throttle_time(node, throttle_ms)
        for sent in self.model[node]:
            sent.late_after_ms += throttle_ms

    @invariant()
    def of_each_connection_the_oldest_one_expires_first(self) -> None:
        """Now, and at the moments that make a difference."""
        oldest = [requests[0] for requests in self.model.values() if requests]
        limits_ms = [sent.late_after_ms for sent in oldest]
        for now_ms in (self.now_ms, *limits_ms, *(limit_ms + 1 for limit_ms in limits_ms)):
            late = {id(sent.request) for sent in oldest if now_ms > sent.late_after_ms}
            expired = self.in_flight.expired(now_ms)
            assert len(expired) == len(late)
            assert {id(request) for request in expired} == late

    @invariant()
    def both_ends_agree(self) -> None:
        for node, requests in self.model.items():
            if requests:
                assert self.in_flight.oldest(node) is requests[0].request
                assert self.in_flight.last_sent(node) is requests[-1].request
            else:
                assert self.in_flight.oldest(node) is None
                with pytest.raises(IllegalStateError):
                    self.in_flight.last_sent(node)

    @invariant()
    def counts_agree(self) -> None:
        together = sum(map(len, self.model.values()))
        assert self.in_flight.count() == together
        assert self.metrics.snapshot()["requests-in-flight"] == together
        for node, requests in self.model.items():
            assert self.in_flight.count(node) == len(requests)
            assert self.in_flight.can_send_more(node) == self.may_send(node)


InFlightRequestsModel.TestCase.settings = MODEL
TestInFlightRequests = InFlightRequestsModel.TestCase
