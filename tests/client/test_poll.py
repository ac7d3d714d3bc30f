"""One poll of the client: how long it sleeps, what comes after the sleep, and in which order."""

import selectors
from functools import partial

import pytest

from kafka_nio.client.connection_states import ConnectionState
from kafka_nio.client.requests import ClientResponse
from kafka_nio.clock import NEVER
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    MetadataRequest,
    MetadataResponse,
    ProduceRequest,
    ProduceResponse,
)
from tests.client.scripted_broker import Conversation, metadata_response
from tests.network.transports import HandshakingTransport, over

PRODUCE = ProduceRequest(acks=1, timeout_ms=1000, topics=[])


def send(
    conversation: Conversation, request: MetadataRequest | ProduceRequest, *, expect_response: bool = True
) -> list[ClientResponse]:
    """Queue a request; the list will hold its end."""
    over: list[ClientResponse] = []
    now_ms = conversation.clock.now_ms()
    made = conversation.client.new_client_request(
        "0", request, now_ms, expect_response=expect_response, callback=over.append
    )
    conversation.client.send(made, now_ms)
    return over


# How long it sleeps...


@pytest.mark.behaviour(69)
@pytest.mark.parametrize(("timeout_ms", "slept_ms"), [(70, 70), (29_999, 29_999), (40_000, 30_000), (NEVER, 30_000)])
def test_a_poll_sleeps_no_longer_than_it_was_told_nor_than_a_request_may_take(
    conversation: Conversation, timeout_ms: float, slept_ms: int
) -> None:
    conversation.make_ready()
    before_ms = conversation.clock.now_ms()
    conversation.poll(timeout_ms)
    assert conversation.clock.now_ms() - before_ms == slept_ms


@pytest.mark.behaviour(69)
def test_a_poll_sleeps_no_longer_than_until_metadata_is_due(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.metadata.update(0, metadata_response(port=conversation.broker.port), False, 1_000_000, 13)
    conversation.metadata.request_update()
    due_ms = conversation.metadata.time_to_next_update(conversation.clock.now_ms())
    conversation.poll(NEVER)
    assert conversation.clock.now_ms() == 1_000_000 + due_ms
    assert due_ms > 0


@pytest.mark.behaviour(71)
def test_an_answer_that_ends_the_sleep_has_the_time_of_its_arrival(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.make_ready()
    over = send(conversation, PRODUCE)
    conversation.poll()
    header, _ = conversation.broker.read()
    select = conversation.clock.select

    def answer_after_a_while(
        poller: selectors.BaseSelector, timeout_ms: float
    ) -> list[tuple[selectors.SelectorKey, int]]:
        conversation.clock.sleep(500)
        conversation.broker.answer(header, ProduceResponse())
        return select(poller, timeout_ms)

    monkeypatch.setattr(conversation.clock, "select", answer_after_a_while)
    conversation.poll(timeout_ms=1_000)
    assert over[0].latency_ms == 500


# What comes after it...


@pytest.mark.behaviour(72)
def test_what_has_happened_is_dealt_with_in_a_fixed_order(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = [
        "handle_completed_sends",
        "handle_completed_receives",
        "handle_disconnections",
        "handle_connections",
        "handle_initiate_api_version_requests",
        "handle_timed_out_connections",
        "handle_timed_out_requests",
        "complete_responses",
    ]
    seen: list[str] = []
    monkeypatch.setattr(conversation.client._selector, "poll", lambda timeout_ms: seen.append("select"))
    for step in order:
        monkeypatch.setattr(conversation.client, step, lambda *_, step=step: seen.append(step))
    conversation.poll()
    assert seen == ["select", *order]


@pytest.mark.behaviour(70)
def test_a_selector_that_fails_keeps_nothing_of_what_has_happened_from_being_dealt_with(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    conversation.make_ready()
    over = send(conversation, PRODUCE, expect_response=False)
    poll = conversation.client._selector.poll

    def poll_and_fail(timeout_ms: float) -> None:
        poll(timeout_ms)
        raise OSError("too many open files")

    monkeypatch.setattr(conversation.client._selector, "poll", poll_and_fail)
    conversation.poll()
    assert len(over) == 1
    assert "too many open files" in caplog.text


@pytest.mark.behaviour(60)
def test_a_request_is_in_flight_before_the_selector_gets_it(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.make_ready()
    in_flight: list[int] = []

    def fail(send: NetworkSend) -> None:
        in_flight.append(conversation.client._in_flight_requests.count("0"))

    monkeypatch.setattr(conversation.client._selector, "send", fail)
    send(conversation, PRODUCE)
    assert in_flight == [1]


# Becoming ready takes long, or fails...


@pytest.mark.behaviour(75)
def test_a_handshake_without_end_is_given_up_when_the_attempt_has_taken_too_long(conversation: Conversation) -> None:
    conversation.client._selector._channel_builder = over(partial(HandshakingTransport, steps=1_000_000))
    conversation.connect()
    for _ in range(3):
        conversation.poll()
    states = conversation.client._connection_states
    assert states.state("0") is ConnectionState.CONNECTING
    assert conversation.client._in_flight_requests.count() == 0, "the versions have not been asked for"
    conversation.clock.sleep(12_001)
    conversation.poll()
    assert states.state("0") is ConnectionState.DISCONNECTED


@pytest.mark.behaviour(76)
def test_a_broker_that_knows_not_even_the_oldest_api_versions_is_given_up(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ApiVersionsResponse(error_code=35))
    conversation.poll()
    conversation.poll()
    header, _ = conversation.broker.read()
    assert header.api_version == 0
    conversation.broker.answer(header, ApiVersionsResponse(error_code=35))
    conversation.poll()
    assert conversation.client._connection_states.state("0") is ConnectionState.DISCONNECTED


@pytest.mark.behaviour(77)
def test_a_connection_that_is_lost_before_it_was_ready_tells_nobody_but_the_metadata(
    conversation: Conversation,
) -> None:
    conversation.connect()
    conversation.poll()
    conversation.broker.read()
    conversation.broker.hang_up()
    assert conversation.poll() == []
    assert "ApiVersions to localhost" in str(conversation.metadata.last_failure)


@pytest.mark.behaviour(81)
def test_closing_the_client_ends_its_requests_without_a_word(conversation: Conversation) -> None:
    conversation.make_ready()
    over = send(conversation, PRODUCE)
    conversation.poll()
    conversation.client.close()
    assert over == []


# A caller's own questions...


@pytest.mark.behaviour(84)
def test_a_metadata_request_of_the_callers_own_is_answered_to_the_caller(conversation: Conversation) -> None:
    conversation.make_ready()
    version = conversation.metadata.update_version
    over = send(conversation, MetadataRequest(topics=[]))
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, metadata_response("orders", port=conversation.broker.port))
    conversation.poll()
    assert isinstance(over[0].response, MetadataResponse)
    assert conversation.metadata.update_version == version


@pytest.mark.behaviour(62)
def test_nothing_but_api_versions_is_sent_to_a_node_whose_versions_are_unknown(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ApiVersionsResponse(api_keys=[ApiVersion(18, 0, 3), ApiVersion(3, 0, 13)]))
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())
    conversation.poll()
    assert conversation.client.is_ready(conversation.node, conversation.clock.now_ms())
