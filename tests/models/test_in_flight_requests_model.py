"""The requests in flight against one list a connection, oldest first."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.errors import IllegalStateError
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import ProduceRequest
from tests.models.settings import MODEL

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

NODES = ("0", "1", "-1")
MOST = 3

Nodes = st.sampled_from(NODES)


class Taker:
    """A transport that takes everything."""

    has_pending_writes = False

    def write(self, parts: list[memoryview]) -> int:
        return sum(map(len, parts))


class InFlightRequestsModel(RuleBasedStateMachine):
    """`model` holds the same requests; a broker answers in order, so the first of a list is the next to end."""

    def __init__(self) -> None:
        super().__init__()
        self.in_flight = InFlightRequests(MOST)
        self.model: dict[str, list[InFlightRequest]] = {node: [] for node in NODES}
        self.now_ms = 0

    def may_send(self, node: str) -> bool:
        requests = self.model[node]
        return len(requests) < MOST and (not requests or requests[-1].send.is_completed)

    @rule(node=Nodes, timeout_ms=st.integers(1, 50), expects=st.booleans())
    def send(self, node: str, timeout_ms: int, expects: bool) -> None:
        if not self.may_send(node):
            return
        send = NetworkSend(node, [b"bytes"])
        header = RequestHeader(ApiKey.PRODUCE, 9, len(self.model[node]), "test")
        request = InFlightRequest(
            header, ProduceRequest(), send, node, self.now_ms, self.now_ms, expects, False, timeout_ms, None
        )
        self.in_flight.add(request)
        self.model[node].append(request)

    @rule(node=Nodes)
    def the_newest_leaves(self, node: str) -> None:
        if self.model[node]:
            self.model[node][-1].send.write_to(Taker())  # type: ignore[arg-type]

    @rule(node=Nodes)
    def an_answer_comes(self, node: str) -> None:
        if self.model[node]:
            assert self.in_flight.oldest(node) is self.model[node][0]
            assert self.in_flight.complete_next(node) is self.model[node].pop(0)
        else:
            assert self.in_flight.oldest(node) is None
            with pytest.raises(IllegalStateError):
                self.in_flight.complete_next(node)

    @rule(node=Nodes)
    def the_newest_needs_no_answer(self, node: str) -> None:
        if self.model[node]:
            assert self.in_flight.last_sent(node) is self.model[node][-1]
            assert self.in_flight.complete_last_sent(node) is self.model[node].pop()
        else:
            with pytest.raises(IllegalStateError):
                self.in_flight.last_sent(node)

    @rule(node=Nodes)
    def the_connection_is_lost(self, node: str) -> None:
        lost, self.model[node] = self.model[node], []
        assert self.in_flight.clear_all(node) == lost

    @rule(duration_ms=st.integers(1, 30))
    def time_passes(self, duration_ms: int) -> None:
        self.now_ms += duration_ms

    @rule(node=Nodes, throttle_ms=st.integers(1, 30))
    def the_broker_wants_to_be_left_alone(self, node: str, throttle_ms: int) -> None:
        before = [request.throttle_time_ms for request in self.model[node]]
        self.in_flight.add_throttle_time(node, throttle_ms)
        assert [request.throttle_time_ms - throttle_ms for request in self.model[node]] == before

    @precondition(lambda self: any(self.model.values()))
    @invariant()
    def of_each_connection_the_oldest_one_expires_first(self) -> None:
        late = [
            requests[0]
            for requests in self.model.values()
            if requests
            and self.now_ms - requests[0].sent_ms - requests[0].throttle_time_ms > requests[0].request_timeout_ms
        ]
        expired = self.in_flight.expired(self.now_ms)
        assert len(expired) == len(late)
        assert all(any(one is other for other in late) for one in expired)

    @invariant()
    def counts_agree(self) -> None:
        assert self.in_flight.count() == sum(map(len, self.model.values()))
        for node in NODES:
            assert self.in_flight.count(node) == len(self.model[node])
            assert self.in_flight.can_send_more(node) == self.may_send(node)


InFlightRequestsModel.TestCase.settings = MODEL
TestInFlightRequests = InFlightRequestsModel.TestCase
