"""Requests and responses between a client and a broker that does what the test says, over a real connection."""

import struct

import pytest

from kafka_nio.client.requests import ClientResponse
from kafka_nio.cluster import Node
from kafka_nio.errors import IllegalStateError, SerializationError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsRequest,
    ApiVersionsResponse,
    MetadataRequest,
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from tests.client.scripted_broker import EVERY_VERSION, Conversation, metadata_response

PRODUCE = ProduceRequest(acks=1, timeout_ms=1000, topics=[])


def send_produce(
    conversation: Conversation, request: ProduceRequest = PRODUCE, **options: bool
) -> list[ClientResponse]:
    """Queue a Produce request, an empty one if no other is given; the list will hold its end."""
    over: list[ClientResponse] = []
    now_ms = conversation.clock.now_ms()
    made = conversation.client.new_client_request("0", request, now_ms, callback=over.append, **options)
    conversation.client.send(made, now_ms)
    return over


# Becoming ready...


@pytest.mark.behaviour(55)
def test_ready_begins_to_connect_and_is_false_in_that_call(conversation: Conversation) -> None:
    assert not conversation.client.ready(conversation.node, conversation.clock.now_ms())
    conversation.broker.accept()


@pytest.mark.behaviour(57, 59, 74, 76)
def test_a_connected_node_is_not_ready_until_it_has_said_its_versions(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())
    header, request = conversation.broker.read()
    assert isinstance(request, ApiVersionsRequest)
    assert request.client_software_name == "kafka-nio"
    assert header.api_version == ApiKey.API_VERSIONS.latest
    conversation.broker.answer(header, ApiVersionsResponse(api_keys=EVERY_VERSION))
    conversation.poll()
    assert conversation.client.is_ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(76)
def test_a_broker_that_does_not_know_our_api_versions_is_asked_again_in_a_version_that_it_lists(
    conversation: Conversation,
) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    listed = [ApiVersion(api_key=ApiKey.API_VERSIONS, min_version=0, max_version=2)]
    conversation.broker.answer(header, ApiVersionsResponse(error_code=35, api_keys=listed))
    conversation.poll()
    conversation.poll()
    header, _ = conversation.broker.read()
    assert header.api_version == 2
    conversation.broker.answer(header, ApiVersionsResponse(api_keys=EVERY_VERSION))
    conversation.poll()
    assert conversation.client.is_ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(76)
def test_another_error_in_the_api_versions_answer_ends_the_connection(conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ApiVersionsResponse(error_code=42))
    conversation.poll()
    assert conversation.client.poll_delay_ms(conversation.node, conversation.clock.now_ms()) == 50
    assert "ApiVersions to localhost" in str(conversation.metadata.last_failure)


@pytest.mark.behaviour(56)
def test_no_node_is_ready_while_metadata_is_due(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(58)
def test_sending_to_a_node_that_is_not_ready_is_refused(conversation: Conversation) -> None:
    with pytest.raises(IllegalStateError, match="node 0 is not ready"):
        send_produce(conversation)


# Requests and answers...


@pytest.mark.behaviour(64)
def test_an_answer_completes_the_oldest_request(conversation: Conversation) -> None:
    conversation.make_ready()
    first = send_produce(conversation)
    conversation.poll()
    second = send_produce(conversation)
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ProduceResponse())
    conversation.poll()
    assert [response.header.correlation_id for response in first] == [header.correlation_id]
    assert isinstance(first[0].response, ProduceResponse)
    assert second == []


@pytest.mark.behaviour(57, 63)
def test_a_node_is_not_ready_while_as_many_requests_as_allowed_are_unanswered(conversation: Conversation) -> None:
    conversation.make_ready()
    send_produce(conversation)
    conversation.poll()
    assert conversation.client.is_ready(conversation.node, conversation.clock.now_ms())
    send_produce(conversation)
    conversation.poll()
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(57, 63)
def test_a_node_is_not_ready_until_the_last_request_has_left(conversation: Conversation) -> None:
    conversation.make_ready()
    send_produce(conversation)
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(65)
def test_a_request_without_an_answer_is_over_when_it_has_left(conversation: Conversation) -> None:
    conversation.make_ready()
    over = send_produce(conversation, expect_response=False)
    assert over == []
    conversation.poll()
    assert [(response.response, response.disconnected) for response in over] == [(None, False)]


@pytest.mark.behaviour(67)
def test_an_answer_with_another_correlation_id_costs_the_connection(conversation: Conversation) -> None:
    conversation.make_ready()
    over = send_produce(conversation)
    conversation.poll()
    header, _ = conversation.broker.read()
    header.correlation_id += 1
    conversation.broker.answer(header, ProduceResponse())
    conversation.poll()
    assert over[0].disconnected
    assert "correlation id" in over[0].failure


def test_an_answer_to_nothing_costs_the_connection_and_nothing_else(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.broker.send(b"\0\0\0\x07")
    assert conversation.poll() == []
    assert not conversation.client.can_send_request("0", conversation.clock.now_ms())
    assert "came where None was in flight" in str(conversation.metadata.last_failure)


def test_what_went_wrong_with_a_node_is_known(conversation: Conversation) -> None:
    conversation.make_ready()
    assert conversation.client.last_failure(conversation.node) is None
    conversation.broker.hang_up()
    conversation.poll()
    assert "the peer closed the connection" in str(conversation.client.last_failure(conversation.node))


def test_an_answer_that_nobody_wanted_is_not_believed(conversation: Conversation) -> None:
    """With acks=0: the offset in it would be the broker's invention."""
    conversation.make_ready()
    over = send_produce(conversation, expect_response=False)
    conversation.broker.send(struct.pack(">i", 1) + bytes(40))
    conversation.poll()
    conversation.poll()
    assert over[0].response is None
    assert "came where" in str(conversation.metadata.last_failure)


def test_an_answer_before_the_request_has_left_costs_the_connection(conversation: Conversation) -> None:
    """Were it believed, the next request would be handed to a channel that is still writing this one."""
    conversation.make_ready()
    records = PartitionProduceData(index=0, records=bytes(20_000_000))  # more than the kernel takes
    large = ProduceRequest(acks=1, timeout_ms=1000, topics=[TopicProduceData(name="orders", partitions=[records])])
    over = send_produce(conversation, large)
    conversation.poll()
    assert not conversation.client.can_send_request("0", conversation.clock.now_ms())
    conversation.broker.answer(RequestHeader(ApiKey.PRODUCE, 9, 1, "test"), ProduceResponse())
    conversation.poll()
    assert over[0].disconnected
    assert "came where" in over[0].failure


@pytest.mark.parametrize(
    ("versions", "told"),
    [
        pytest.param([], "Metadata: we speak versions", id="nothing at all"),
        pytest.param([ApiVersion(ApiKey.METADATA, 99, 100)], "the broker takes versions 99 to 100", id="too new"),
    ],
)
def test_a_node_that_cannot_be_asked_for_metadata_is_left(
    versions: list[ApiVersion], told: str, conversation: Conversation
) -> None:
    """It would be asked again and again, and no other node."""
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ApiVersionsResponse(api_keys=versions))
    conversation.poll()
    assert not conversation.client.is_ready(conversation.node, conversation.clock.now_ms())
    assert told in str(conversation.metadata.last_failure)


@pytest.mark.parametrize("newest", [-1, ApiKey.API_VERSIONS.latest, 99])
def test_who_refuses_api_versions_and_names_no_older_version_is_left(newest: int, conversation: Conversation) -> None:
    conversation.connect()
    conversation.poll()
    header, _ = conversation.broker.read()
    refusal = ApiVersionsResponse(error_code=35, api_keys=[ApiVersion(ApiKey.API_VERSIONS, 0, newest)])
    conversation.broker.answer(header, refusal)
    conversation.poll()
    assert "no version of this request in common" in str(conversation.metadata.last_failure)


def test_an_answer_that_cannot_be_read_costs_the_connection(conversation: Conversation) -> None:
    conversation.make_ready()
    over = send_produce(conversation)
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.send(header.correlation_id.to_bytes(4, "big") + b"\x00\xff\xff\xff\xff\x0f")
    conversation.poll()
    assert over[0].disconnected
    assert "malformed response to Produce" in over[0].failure


@pytest.mark.behaviour(61)
def test_a_request_for_which_no_version_fits_is_over_before_it_is_sent(conversation: Conversation) -> None:
    ancient = [ApiVersion(ApiKey.PRODUCE, 0, 2), ApiVersion(ApiKey.METADATA, 0, 13)]
    conversation.make_ready(ancient)
    over = send_produce(conversation)
    assert over == []
    conversation.poll(timeout_ms=10_000)
    assert conversation.clock.now_ms() == 1_000_000, "that poll has something to tell, so it does not wait"
    assert isinstance(over[0].version_mismatch, UnsupportedVersionError)
    assert "the broker takes versions 0 to 2" in over[0].failure


def test_a_request_that_cannot_be_written_is_over_before_it_is_sent(conversation: Conversation) -> None:
    conversation.make_ready()
    over: list[ClientResponse] = []
    now_ms = conversation.clock.now_ms()
    impossible = ProduceRequest(acks=2**20, timeout_ms=1000, topics=[])
    conversation.client.send(
        conversation.client.new_client_request("0", impossible, now_ms, callback=over.append), now_ms
    )
    conversation.poll(timeout_ms=10_000)
    assert isinstance(over[0].version_mismatch, SerializationError)
    assert "1048576 is no int16" in over[0].failure
    send_produce(conversation)
    conversation.poll()
    assert isinstance(conversation.broker.read()[1], ProduceRequest), "the connection is none the worse for it"


def test_a_question_for_metadata_that_cannot_be_written_has_failed_and_is_asked_again_later(
    conversation: Conversation,
) -> None:
    conversation.make_ready()
    conversation.metadata.add("\ud800", conversation.clock.now_ms())
    conversation.clock.sleep(1_000)
    conversation.poll()
    assert "no text that UTF-8 can carry" in str(conversation.metadata.last_failure)
    assert 0 < conversation.metadata.time_to_next_update(conversation.clock.now_ms()) <= 1_000


@pytest.mark.behaviour(73)
def test_a_callback_that_raises_does_not_keep_the_others_from_being_told(
    conversation: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    conversation.make_ready()
    now_ms = conversation.clock.now_ms()

    def fail(response: ClientResponse) -> None:
        raise ValueError("a callback's own fault")

    failing = conversation.client.new_client_request("0", PRODUCE, now_ms, callback=fail)
    conversation.client.send(failing, now_ms)
    conversation.poll()
    over = send_produce(conversation)
    conversation.poll()
    conversation.broker.hang_up()
    conversation.poll()
    assert over[0].disconnected
    assert "a callback's own fault" in caplog.text


# The end of a connection...


@pytest.mark.behaviour(80)
def test_a_lost_connection_ends_its_requests_in_the_order_in_which_they_were_sent(conversation: Conversation) -> None:
    conversation.make_ready()
    ended: list[int] = []
    for _ in range(2):
        now_ms = conversation.clock.now_ms()
        request = conversation.client.new_client_request(
            "0", PRODUCE, now_ms, callback=lambda response: ended.append(response.header.correlation_id)
        )
        conversation.client.send(request, now_ms)
        conversation.poll()
        conversation.broker.read()
    conversation.broker.hang_up()
    responses = conversation.poll()
    assert ended == sorted(ended)
    assert len(ended) == 2
    assert all(response.disconnected and not response.timed_out for response in responses)
    assert "the peer closed the connection" in responses[0].failure


@pytest.mark.behaviour(78, 79)
def test_one_request_that_times_out_ends_all_of_its_connection(conversation: Conversation) -> None:
    conversation.make_ready()
    first = send_produce(conversation)
    conversation.poll()
    conversation.clock.sleep(30_000)
    second = send_produce(conversation)
    conversation.poll()
    assert first == second == [], "exactly the timeout is not too long yet"
    conversation.clock.sleep(1)
    conversation.poll()
    assert first[0].timed_out
    assert second[0].timed_out
    assert "was not answered for 30001 ms" in first[0].failure


@pytest.mark.behaviour(83)
def test_a_lost_connection_asks_for_new_metadata(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    assert conversation.metadata.time_to_next_update(conversation.clock.now_ms()) > 0
    conversation.broker.hang_up()
    conversation.poll()
    assert conversation.metadata.time_to_next_update(conversation.clock.now_ms()) == 0


@pytest.mark.behaviour(86)
def test_after_a_failure_the_next_attempt_waits_for_the_backoff(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.broker.hang_up()
    conversation.poll()
    assert conversation.client.poll_delay_ms(conversation.node, conversation.clock.now_ms()) == 50
    conversation.clock.sleep(50)
    assert conversation.client.poll_delay_ms(conversation.node, conversation.clock.now_ms()) == 0


@pytest.mark.behaviour(30)
def test_a_refused_connection_is_a_failure_with_address_and_reason(conversation: Conversation) -> None:
    conversation.broker.close()
    conversation.client.ready(conversation.node, conversation.clock.now_ms())
    conversation.poll()
    assert conversation.metadata.last_failure == (
        f"connect to localhost:{conversation.broker.port} failed: Connection refused"
    )


@pytest.mark.behaviour(93)
def test_a_name_that_cannot_be_resolved_is_a_failed_attempt(conversation: Conversation) -> None:
    def unknown(host: str, port: int) -> list[object]:
        raise OSError(-2, "Name or service not known")

    conversation.client._resolve = unknown  # type: ignore[assignment]
    node = Node(7, "nowhere.invalid", 9092)
    assert not conversation.client.ready(node, conversation.clock.now_ms())
    assert conversation.metadata.last_failure == "connect to nowhere.invalid:9092 failed: Name or service not known"
    assert conversation.client.poll_delay_ms(node, conversation.clock.now_ms()) == 50


def test_a_connection_that_is_not_established_in_time_is_given_up(conversation: Conversation) -> None:
    conversation.client.ready(conversation.node, conversation.clock.now_ms())
    conversation.client.handle_timed_out_connections([], conversation.clock.now_ms() + 13_000)
    assert "no answer for" in str(conversation.metadata.last_failure)


# Metadata...


def test_metadata_that_is_due_is_asked_for_by_poll_and_wakes_who_waits(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    conversation.metadata.add("orders", conversation.clock.now_ms())
    version = conversation.metadata.update_version
    conversation.poll()
    conversation.poll()
    header, request = conversation.broker.read()
    assert isinstance(request, MetadataRequest)
    assert request.topics is not None
    assert [topic.name for topic in request.topics] == ["orders"]
    conversation.broker.answer(header, metadata_response("orders", port=conversation.broker.port))
    assert conversation.poll() == [], "the client's own answers are used up inside"
    assert conversation.metadata.update_version == version + 1
    assert conversation.metadata.cluster.partition_counts["orders"] == 1


@pytest.mark.behaviour(97)
def test_a_metadata_answer_without_brokers_changes_nothing(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    known = conversation.metadata.cluster
    conversation.metadata.request_update()
    conversation.poll()
    conversation.poll()
    header, _ = conversation.broker.read()
    empty = metadata_response(port=1)
    empty.brokers = []
    conversation.broker.answer(header, empty)
    conversation.poll()
    assert conversation.metadata.cluster is known
    assert conversation.metadata.time_to_next_update(conversation.clock.now_ms()) > 0


@pytest.mark.behaviour(95)
def test_only_one_metadata_request_is_under_way(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    conversation.poll()
    conversation.poll()
    conversation.broker.read()
    in_flight_before = repr(conversation.client._in_flight_requests)
    conversation.poll()
    assert repr(conversation.client._in_flight_requests) == in_flight_before


def test_a_closed_client_refuses_to_work(conversation: Conversation) -> None:
    conversation.client.close()
    with pytest.raises(IllegalStateError, match="closed"):
        conversation.poll()
