"""A broker asks to be left alone for a while, and is."""

from random import Random

import pytest

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.throttling import FIRST_VERSIONS, should_client_throttle
from kafka_nio.clock import NEVER
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersion, ProduceResponse
from tests.client.scripted_broker import EVERY_VERSION, Conversation
from tests.client.test_network_client import send_produce


def be_throttled(conversation: Conversation, throttle_time_ms: int) -> None:
    """Send a request; its answer asks to be left alone for so long."""
    send_produce(conversation)
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ProduceResponse(throttle_time_ms=throttle_time_ms))
    conversation.poll()


def delay_ms(conversation: Conversation) -> float:
    return conversation.client.poll_delay_ms(conversation.node, conversation.clock.now_ms())


def is_ready(conversation: Conversation) -> bool:
    return conversation.client.ready(conversation.node, conversation.clock.now_ms())


@pytest.mark.behaviour(57, 89)
def test_a_node_that_throttles_us_is_not_ready_until_the_time_is_over(conversation: Conversation) -> None:
    conversation.make_ready()
    be_throttled(conversation, 500)
    assert not is_ready(conversation)
    assert delay_ms(conversation) == 500
    conversation.clock.sleep(499)
    assert not is_ready(conversation)
    assert delay_ms(conversation) == 1
    conversation.clock.sleep(1)
    assert is_ready(conversation)


@pytest.mark.behaviour(89)
def test_a_shorter_wish_does_not_shorten_a_longer_one(conversation: Conversation) -> None:
    conversation.make_ready()
    first = send_produce(conversation)
    conversation.poll()
    second = send_produce(conversation)
    conversation.poll()
    for throttle_time_ms in (500, 100):
        header, _ = conversation.broker.read()
        conversation.broker.answer(header, ProduceResponse(throttle_time_ms=throttle_time_ms))
    conversation.poll()
    conversation.poll()
    assert first
    assert second
    assert delay_ms(conversation) == 500


@pytest.mark.behaviour(89)
def test_a_connection_that_is_lost_waits_for_its_backoff_and_not_for_the_throttle(conversation: Conversation) -> None:
    conversation.make_ready()
    be_throttled(conversation, 5_000)
    conversation.broker.hang_up()
    conversation.poll()
    assert delay_ms(conversation) == 50


@pytest.mark.behaviour(90)
def test_an_answer_in_an_old_version_was_held_back_by_the_broker_itself(conversation: Conversation) -> None:
    old = [ApiVersion(api_key=ApiKey.PRODUCE, min_version=3, max_version=5)]
    conversation.make_ready([*(api for api in EVERY_VERSION if api.api_key != ApiKey.PRODUCE), *old])
    be_throttled(conversation, 500)
    assert is_ready(conversation)


@pytest.mark.behaviour(90)
@pytest.mark.parametrize(
    ("api_key", "first"),
    [
        (ApiKey.PRODUCE, 6),
        (ApiKey.METADATA, 6),
        (ApiKey.API_VERSIONS, 2),
        (ApiKey.FIND_COORDINATOR, 2),
        (ApiKey.INIT_PRODUCER_ID, 1),
        (ApiKey.ADD_PARTITIONS_TO_TXN, 1),
        (ApiKey.ADD_OFFSETS_TO_TXN, 1),
        (ApiKey.END_TXN, 1),
        (ApiKey.TXN_OFFSET_COMMIT, 1),
    ],
)
def test_it_is_the_client_that_waits_from_this_version_on(api_key: ApiKey, first: int) -> None:
    assert should_client_throttle(api_key, first)
    assert not should_client_throttle(api_key, first - 1)


@pytest.mark.behaviour(90)
def test_an_api_without_throttling_never_makes_the_client_wait() -> None:
    for api_key in set(ApiKey) - set(FIRST_VERSIONS):
        assert not should_client_throttle(api_key, api_key.latest)


@pytest.mark.behaviour(79)
def test_requests_in_flight_do_not_pay_for_the_time_of_the_throttle(conversation: Conversation) -> None:
    conversation.make_ready()
    send_produce(conversation)
    conversation.poll()
    second = send_produce(conversation)
    conversation.poll()
    header, _ = conversation.broker.read()
    conversation.broker.answer(header, ProduceResponse(throttle_time_ms=5_000))
    conversation.poll()
    conversation.clock.sleep(35_000)
    conversation.poll()
    assert second == []
    conversation.clock.sleep(1)
    conversation.poll()
    assert second[0].timed_out
    assert "was not answered for 30001 ms" in second[0].failure


@pytest.mark.behaviour(94)
def test_a_node_that_throttles_us_is_not_the_least_loaded_one(conversation: Conversation) -> None:
    conversation.make_ready()
    be_throttled(conversation, 500)
    assert conversation.client.least_loaded_node(conversation.clock.now_ms()) is None
    conversation.clock.sleep(500)
    assert conversation.client.least_loaded_node(conversation.clock.now_ms()) == conversation.metadata.cluster.nodes[0]


def test_the_time_for_which_produce_answers_throttle_us_is_measured(conversation: Conversation) -> None:
    conversation.make_ready()
    be_throttled(conversation, 500)
    conversation.clock.sleep(500)
    be_throttled(conversation, 0)
    measured = conversation.metrics.snapshot()
    assert measured["produce-throttle-time-avg"] == 250
    assert measured["produce-throttle-time-max"] == 500


def test_a_node_that_was_never_connected_to_is_not_throttled() -> None:
    backoff = ExponentialBackoff(50, 50, Random(1))
    states = ClusterConnectionStates(backoff, backoff)
    states.throttle("0", 500)
    assert states.throttle_delay_ms("0", 0) == 0
    assert states.poll_delay_ms("0", 0) == 0


@pytest.mark.behaviour(89)
def test_a_ready_node_that_does_not_throttle_us_needs_no_look(conversation: Conversation) -> None:
    conversation.make_ready()
    assert delay_ms(conversation) == NEVER
