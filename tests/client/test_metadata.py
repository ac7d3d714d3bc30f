"""What is known of the cluster: when it is due, what an answer changes, who is woken."""

from random import Random
from uuid import UUID

import pytest

from kafka_nio.client.metadata import Metadata
from kafka_nio.clock import MockClock
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    IllegalStateError,
    KafkaTimeoutError,
    SslAuthenticationError,
    UnknownTopicOrPartitionError,
)
from kafka_nio.protocol.messages import MetadataResponse
from tests.client.scripted_broker import metadata_response

ORDERS_0 = TopicPartition("orders", 0)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000_000)


@pytest.fixture
def metadata(clock: MockClock) -> Metadata:
    metadata = Metadata(100, 100, 300_000, 5_000, clock, Random(1))
    metadata.bootstrap([("localhost", 9092)])
    return metadata


def answer(metadata: Metadata, response: MetadataResponse, clock: MockClock, api_version: int = 13) -> None:
    """Ask, and put this answer in."""
    _, request_version, is_partial = metadata.next_request()
    metadata.update(request_version, response, is_partial, clock.now_ms(), api_version)


def answer_with(metadata: Metadata, clock: MockClock, *topics: str, **options: int) -> None:
    answer(metadata, metadata_response(*topics, port=9092, **options), clock)


def test_a_host_that_would_clear_a_terminal_is_escaped(metadata: Metadata, clock: MockClock) -> None:
    response = metadata_response("orders", port=9092)
    response.brokers[0].host = "evil\x1b[2J\nhost"
    answer(metadata, response, clock)
    assert [node.host for node in metadata.cluster.nodes] == [r"evil\x1b[2J\nhost"]


def test_the_first_update_is_due_at_once(metadata: Metadata, clock: MockClock) -> None:
    assert metadata.time_to_next_update(clock.now_ms()) == 0


def test_an_answer_is_good_until_it_expires(metadata: Metadata, clock: MockClock) -> None:
    answer_with(metadata, clock)
    assert metadata.time_to_next_update(clock.now_ms()) == 300_000


def test_a_requested_update_waits_for_the_pause_after_the_last_one(metadata: Metadata, clock: MockClock) -> None:
    answer_with(metadata, clock)
    metadata.request_update()
    assert metadata.time_to_next_update(clock.now_ms()) == 100


@pytest.mark.behaviour(102)
def test_a_new_topic_does_not_wait_and_is_asked_for_alone(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("known", clock.now_ms())
    answer_with(metadata, clock, "known")
    metadata.add("orders", clock.now_ms())
    assert metadata.time_to_next_update(clock.now_ms()) == 0
    request, _, is_partial = metadata.next_request()
    assert is_partial
    assert [topic.name for topic in request.topics or ()] == ["orders"]


@pytest.mark.behaviour(102)
def test_adding_a_known_topic_again_asks_nothing(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders")
    metadata.add("orders", clock.now_ms())
    assert metadata.time_to_next_update(clock.now_ms()) == 300_000


def test_an_answer_about_new_topics_keeps_what_is_known_of_the_others(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("known", clock.now_ms())
    answer_with(metadata, clock, "known")
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders")
    assert metadata.cluster.topics == {"known", "orders"}


@pytest.mark.behaviour(101)
def test_a_topic_added_while_the_question_is_under_way_stays_due(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    _, request_version, is_partial = metadata.next_request()
    metadata.add("late", clock.now_ms())
    metadata.update(request_version, metadata_response("orders", port=9092), is_partial, clock.now_ms(), 13)
    assert metadata.time_to_next_update(clock.now_ms() + 100) == 0
    request, _, _ = metadata.next_request()
    assert "late" in [topic.name for topic in request.topics or ()]


@pytest.mark.behaviour(103)
def test_a_full_update_goes_before_the_one_about_new_topics(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("known", clock.now_ms())
    answer_with(metadata, clock, "known")
    metadata.add("orders", clock.now_ms())
    metadata.request_update()
    request, _, is_partial = metadata.next_request()
    assert not is_partial
    assert [topic.name for topic in request.topics or ()] == ["known", "orders"]


@pytest.mark.behaviour(103)
def test_an_answer_about_new_topics_does_not_do_for_a_full_update(metadata: Metadata, clock: MockClock) -> None:
    answer_with(metadata, clock)
    metadata.add("orders", clock.now_ms())
    _, request_version, is_partial = metadata.next_request()
    metadata.request_update()
    assert is_partial
    metadata.update(request_version, metadata_response("orders", port=9092), is_partial, clock.now_ms(), 13)
    assert metadata.time_to_next_update(clock.now_ms() + 1_000) == 0


@pytest.mark.behaviour(100)
def test_asking_for_an_update_asks_nobody_yet(metadata: Metadata, clock: MockClock) -> None:
    answer_with(metadata, clock)
    clock.sleep(1_000)
    version = metadata.request_update()
    assert version == metadata.update_version
    assert metadata.time_to_next_update(clock.now_ms()) == 0, "it is up to the sender's next poll"


def test_a_failed_update_is_due_again_after_a_pause(metadata: Metadata, clock: MockClock) -> None:
    metadata.failed_update(clock.now_ms())
    assert metadata.time_to_next_update(clock.now_ms()) == 100


@pytest.mark.behaviour(104)
def test_answers_that_bring_nothing_new_make_the_pauses_longer(clock: MockClock) -> None:
    metadata = Metadata(100, 1_000, 300_000, 300_000, clock, Random(1))
    metadata.bootstrap([("localhost", 9092)])
    pauses = []
    for _ in range(6):
        answer_with(metadata, clock)
        metadata.request_update()
        pauses.append(metadata.time_to_next_update(clock.now_ms()))
        clock.sleep(pauses[-1])
    assert pauses[-1] > 4 * pauses[0]


@pytest.mark.behaviour(100)
def test_who_waits_is_woken_by_the_next_answer(metadata: Metadata, clock: MockClock) -> None:
    version = metadata.request_update_for_topic("orders")
    clock.while_waiting.append(lambda: answer_with(metadata, clock, "orders"))
    metadata.await_update(version, 1_000)
    assert metadata.update_version > version


def test_who_waits_for_too_long_is_told(metadata: Metadata, clock: MockClock) -> None:
    with pytest.raises(KafkaTimeoutError, match="within 250 ms"):
        metadata.await_update(metadata.update_version, 250)
    assert clock.now_ms() == 1_000_250


@pytest.mark.behaviour(109)
def test_who_waits_while_the_producer_is_closed_is_told(metadata: Metadata, clock: MockClock) -> None:
    clock.while_waiting.append(metadata.close)
    with pytest.raises(IllegalStateError, match="closed while it waited for metadata"):
        metadata.await_update(metadata.update_version, 1_000)


@pytest.mark.behaviour(108)
def test_what_cannot_be_mended_is_told_to_one_who_waits_and_only_once(metadata: Metadata, clock: MockClock) -> None:
    refused = SslAuthenticationError("the certificate has expired")
    clock.while_waiting.append(lambda: metadata.fatal_error(refused))
    with pytest.raises(SslAuthenticationError):
        metadata.await_update(metadata.update_version, 1_000)
    with pytest.raises(KafkaTimeoutError):
        metadata.await_update(metadata.update_version, 1_000)


def test_a_topic_that_nobody_uses_is_forgotten(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders")
    clock.sleep(5_000)
    metadata.request_update()
    answer_with(metadata, clock, "orders")
    assert metadata.topics == frozenset()
    assert metadata.cluster.topics == frozenset()


@pytest.mark.behaviour(107)
def test_a_topic_is_not_forgotten_before_its_first_answer(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    clock.sleep(60_000)
    answer_with(metadata, clock, "orders")
    assert metadata.cluster.topics == {"orders"}


def test_an_error_of_a_topic_is_kept_and_asked_about_again(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders", error_code=3)
    assert isinstance(metadata.error_for_topic("orders"), UnknownTopicOrPartitionError)
    assert metadata.time_to_next_update(clock.now_ms()) == 100
    answer_with(metadata, clock, "orders")
    assert metadata.error_for_topic("orders") is None


@pytest.mark.behaviour(105)
def test_an_older_leader_is_not_believed(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders", leader_epoch=5)
    metadata.request_update()
    answer_with(metadata, clock, "orders", leader_epoch=4)
    assert metadata.cluster.leader_epoch_for(ORDERS_0) == 5
    metadata.request_update()
    answer_with(metadata, clock, "orders", leader_epoch=6)
    assert metadata.cluster.leader_epoch_for(ORDERS_0) == 6


@pytest.mark.behaviour(105)
def test_the_same_leader_epoch_may_come_with_news(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer_with(metadata, clock, "orders", leader_epoch=5)
    metadata.request_update()
    news = metadata_response("orders", port=9092, leader_epoch=5)
    news.topics[0].partitions[0].isr_nodes = [0]
    answer(metadata, news, clock)
    partition = metadata.cluster.partition(ORDERS_0)
    assert partition is not None
    assert partition.in_sync_replicas == (0,)


@pytest.mark.behaviour(105)
def test_a_topic_that_was_made_anew_begins_with_epochs_of_its_own(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    for topic_id, leader_epoch in ((UUID(int=1), 5), (UUID(int=2), 0)):
        metadata.request_update()
        response = metadata_response("orders", port=9092, leader_epoch=leader_epoch)
        response.topics[0].topic_id = topic_id
        answer(metadata, response, clock)
    assert metadata.cluster.leader_epoch_for(ORDERS_0) == 0


@pytest.mark.behaviour(106)
def test_leader_epochs_of_old_answers_are_not_looked_at(metadata: Metadata, clock: MockClock) -> None:
    metadata.add("orders", clock.now_ms())
    answer(metadata, metadata_response("orders", port=9092, leader_epoch=5), clock, api_version=8)
    assert metadata.cluster.leader_epoch_for(ORDERS_0) == -1


def test_the_failure_says_what_is_waited_for_once_that_takes_long(metadata: Metadata, clock: MockClock) -> None:
    metadata.progress.failed("connect to a:1 failed: Connection refused")
    metadata.progress.begun("ApiVersions to b:2", clock.now_ms())
    assert metadata.last_failure == "connect to a:1 failed: Connection refused"
    clock.sleep(4_000)
    assert metadata.last_failure == "ApiVersions to b:2: no answer for 4000 ms"
    answer_with(metadata, clock)
    assert metadata.last_failure is None
