"""Faults strike the requests they were made for, as often as they were told to."""

import pytest

from kafka_nio.broker import EmbeddedCluster, Ending, Fault, Faults
from kafka_nio.broker.faults import FOR_EVER
from kafka_nio.clock import SystemClock
from kafka_nio.errors import LeaderNotAvailableError, NotLeaderOrFollowerError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    InitProducerIdRequest,
    InitProducerIdResponse,
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    ProduceResponse,
)
from tests.broker.wire import Wire, batch, produce_request

METADATA = MetadataRequest(topics=[MetadataRequestTopic(name="orders")])


def test_nothing_strikes_when_nothing_was_ordered() -> None:
    assert Faults().next_for(0, ApiKey.PRODUCE) is None


def test_a_fault_strikes_as_often_as_it_was_told_to() -> None:
    faults = Faults()
    faults.add(Fault(ApiKey.PRODUCE, times=2))
    struck = [faults.next_for(0, ApiKey.PRODUCE) is not None for _ in range(4)]
    assert struck == [True, True, False, False]


def test_a_fault_strikes_only_its_own_kind_of_request_on_its_own_broker() -> None:
    faults = Faults()
    faults.add(Fault(ApiKey.PRODUCE, node_id=1))
    assert faults.next_for(1, ApiKey.FETCH) is None
    assert faults.next_for(0, ApiKey.PRODUCE) is None
    assert faults.next_for(1, ApiKey.PRODUCE) is not None


def test_of_two_faults_the_first_strikes_first() -> None:
    faults = Faults()
    first, second = Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError), Fault(ApiKey.PRODUCE, delay_ms=5)
    faults.add(first)
    faults.add(second)
    assert [faults.next_for(0, ApiKey.PRODUCE) for _ in range(3)] == [first, second, None]


def test_a_fault_added_twice_strikes_twice() -> None:
    faults = Faults()
    faults.add(Fault(ApiKey.PRODUCE))
    faults.add(Fault(ApiKey.PRODUCE))
    assert [faults.next_for(0, ApiKey.PRODUCE) is None for _ in range(3)] == [False, False, True]


def test_a_fault_for_ever_ends_when_faults_are_cleared() -> None:
    faults = Faults()
    faults.add(Fault(ApiKey.PRODUCE, times=FOR_EVER))
    assert all(faults.next_for(0, ApiKey.PRODUCE) for _ in range(1000))
    faults.clear()
    assert faults.next_for(0, ApiKey.PRODUCE) is None
    assert repr(faults) == "<Faults: none>"


# What a fault does to a request...


def test_an_error_is_answered_instead_of_the_truth(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.faults.add(Fault(ApiKey.METADATA, error=LeaderNotAvailableError))
    refused = wire.ask(METADATA, 12, MetadataResponse)
    answered = wire.ask(METADATA, 12, MetadataResponse)
    assert [topic.error_code for topic in (*refused.topics, *answered.topics)] == [LeaderNotAvailableError.code, 0]


def test_an_error_leaves_the_log_as_it_was(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError))
    response = wire.ask(produce_request("orders", batch(b"a")), 9, ProduceResponse)
    assert response.topics[0].partitions[0].error_code == NotLeaderOrFollowerError.code
    assert len(cluster.log("orders")) == 0


def test_a_lost_request_is_not_handled(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.REQUEST_LOST))
    wire.say(produce_request("orders", batch(b"a")), 9)
    assert wire.is_closed_by_broker()
    assert len(cluster.log("orders")) == 0


def test_a_lost_response_belongs_to_a_request_that_was_handled(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.RESPONSE_LOST))
    wire.say(produce_request("orders", batch(b"a")), 9)
    assert wire.is_closed_by_broker()
    assert len(cluster.log("orders")) == 1


def test_silence_on_one_connection_leaves_the_others_alone(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.faults.add(Fault(ApiKey.INIT_PRODUCER_ID, ending=Ending.SILENCE))
    wire.say(InitProducerIdRequest(), 4)
    with Wire(cluster.addresses[0]) as another:
        assert another.ask(METADATA, 12, MetadataResponse).topics[0].name == "orders"


@pytest.mark.parametrize("version", [0, 5])
def test_a_delayed_answer_is_the_same_answer(cluster: EmbeddedCluster, wire: Wire, version: int) -> None:
    cluster.faults.add(Fault(ApiKey.INIT_PRODUCER_ID, delay_ms=5))
    assert wire.ask(InitProducerIdRequest(), version, InitProducerIdResponse).producer_id >= 0


def test_a_fault_for_any_kind_of_request_strikes_the_next_one() -> None:
    faults = Faults()
    faults.add(Fault(None, times=2))
    assert [faults.next_for(0, api) is not None for api in (ApiKey.FETCH, ApiKey.END_TXN, ApiKey.PRODUCE)] == [
        True,
        True,
        False,
    ]


# Throttling...


def test_a_throttled_client_is_answered_at_once_and_not_read_until_its_time_is_over(
    cluster: EmbeddedCluster, wire: Wire
) -> None:
    clock = SystemClock()
    cluster.faults.add(Fault(ApiKey.METADATA, throttle_ms=100))
    began_ms = clock.now_ms()
    throttled = wire.ask(METADATA, 12, MetadataResponse)
    assert (throttled.throttle_time_ms, throttled.topics[0].name) == (100, "orders")
    with Wire(cluster.addresses[0]) as another:
        assert another.ask(METADATA, 12, MetadataResponse).throttle_time_ms == 0, "only that client is throttled"
    assert wire.ask(METADATA, 12, MetadataResponse).throttle_time_ms == 0
    assert clock.now_ms() - began_ms >= 100


def test_a_request_without_an_answer_is_throttled_all_the_same(cluster: EmbeddedCluster, wire: Wire) -> None:
    clock = SystemClock()
    cluster.create_topic("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, throttle_ms=50))
    began_ms = clock.now_ms()
    wire.say(produce_request("orders", batch(b"a"), acks=0), 9)
    wire.ask(METADATA, 12, MetadataResponse)
    assert clock.now_ms() - began_ms >= 50


def test_a_throttled_client_that_leaves_is_forgotten(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.METADATA, throttle_ms=60_000))
    with Wire(cluster.addresses[0]) as leaving:
        leaving.ask(METADATA, 12, MetadataResponse)
    with Wire(cluster.addresses[0]) as wire:
        assert wire.ask(METADATA, 12, MetadataResponse).throttle_time_ms == 0
