"""Requests in flight: first sent, first answered."""

import pytest

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.errors import IllegalStateError
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import ProduceRequest


class Taker:
    """A transport that takes everything."""

    has_pending_writes = False

    def write(self, parts: list[memoryview]) -> int:
        return sum(map(len, parts))


def request(correlation_id: int, *, sent: bool = True, sent_ms: int = 0, timeout_ms: float = 100) -> InFlightRequest:
    send = NetworkSend("0", [b"bytes"])
    if sent:
        send.write_to(Taker())  # type: ignore[arg-type]
    header = RequestHeader(ApiKey.PRODUCE, 9, correlation_id, "test")
    return InFlightRequest(header, ProduceRequest(), send, "0", sent_ms, sent_ms, True, False, timeout_ms, None)


@pytest.mark.behaviour(64)
def test_an_answer_belongs_to_the_oldest_request() -> None:
    in_flight = InFlightRequests(5)
    oldest, newest = request(1), request(2)
    in_flight.add(oldest)
    in_flight.add(newest)
    assert in_flight.last_sent("0") is newest
    assert in_flight.complete_next("0") is oldest
    assert in_flight.complete_next("0") is newest


@pytest.mark.behaviour(65)
def test_a_request_without_answer_is_the_newest() -> None:
    in_flight = InFlightRequests(5)
    in_flight.add(request(1))
    newest = request(2)
    in_flight.add(newest)
    assert in_flight.complete_last_sent("0") is newest


def test_an_answer_without_a_request_is_refused() -> None:
    with pytest.raises(IllegalStateError, match="no request is in flight to node 0"):
        InFlightRequests(5).complete_next("0")


@pytest.mark.behaviour(63)
def test_a_connection_takes_a_request_while_there_are_fewer_than_allowed() -> None:
    in_flight = InFlightRequests(2)
    assert in_flight.can_send_more("0")
    in_flight.add(request(1))
    assert in_flight.can_send_more("0")
    in_flight.add(request(2))
    assert not in_flight.can_send_more("0")
    assert in_flight.can_send_more("1"), "each connection counts for itself"


@pytest.mark.behaviour(63)
def test_a_connection_takes_no_request_until_the_last_one_has_left() -> None:
    in_flight = InFlightRequests(5)
    in_flight.add(request(1, sent=False))
    assert not in_flight.can_send_more("0")


@pytest.mark.behaviour(80)
def test_all_requests_of_a_connection_come_back_in_the_order_in_which_they_were_sent() -> None:
    in_flight = InFlightRequests(5)
    requests = [request(number) for number in range(3)]
    for each in requests:
        in_flight.add(each)
    assert in_flight.clear_all("0") == requests
    assert in_flight.count() == 0
    assert in_flight.clear_all("0") == []


@pytest.mark.behaviour(79)
def test_a_request_expires_only_after_more_than_its_timeout() -> None:
    in_flight = InFlightRequests(5)
    slow = request(1, sent_ms=1_000, timeout_ms=100)
    in_flight.add(slow)
    assert in_flight.expired(1_100) == []
    assert in_flight.expired(1_101) == [slow]
