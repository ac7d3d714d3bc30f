"""What the callers are told when a batch's time is over."""

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo
from kafka_nio.errors import NetworkExceptionError
from kafka_nio.producer.expiry import expired_in_flight, expired_in_queue
from tests.producer.parts import ORDERS_0, batch

LEADER = Node(1, "broker-1", 9092)
NOBODY_KNOWN = Cluster()
LED = Cluster((LEADER,), {ORDERS_0: PartitionInfo(ORDERS_0.topic, ORDERS_0.partition, LEADER)})
REFUSED = "connect to broker-1:9092 failed: Connection refused"
LATE_MS = 5_400


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=5_000)


def test_it_says_how_long_the_batch_has_waited(clock: MockClock) -> None:
    assert "Expiring 1 record(s) for orders-0: 400 ms have passed since the batch was made" in str(
        expired_in_queue(batch(clock), LED, None, LATE_MS)
    )


def test_a_batch_that_was_never_sent_waited_for_its_leader(clock: MockClock) -> None:
    message = str(expired_in_queue(batch(clock), LED, REFUSED, LATE_MS))
    assert message.endswith(f"was not ready to take a request ({REFUSED})")
    assert "broker-1:9092" in message


def test_a_batch_without_a_leader_waited_for_the_metadata(clock: MockClock) -> None:
    assert str(expired_in_queue(batch(clock), NOBODY_KNOWN, None, LATE_MS)).endswith(
        "no leader is known for the partition"
    )


def test_a_batch_that_could_not_be_numbered_waited_for_the_producers_id(clock: MockClock) -> None:
    error = expired_in_queue(batch(clock), LED, None, LATE_MS, lacks_producer_id=True)
    assert str(error).endswith("no broker has answered InitProducerId, so the producer has no id yet")


def test_a_batch_that_has_failed_before_tells_its_own_error_and_the_newest_trouble(clock: MockClock) -> None:
    tried = batch(clock)
    tried.reenqueued(
        NetworkExceptionError("connection to broker-1:9092 failed: the peer closed the connection"), 100, 5_100
    )
    message = str(expired_in_queue(tried, LED, REFUSED, LATE_MS))
    assert "its only attempt failed: connection to broker-1:9092 failed: the peer closed" in message
    assert message.endswith(f"; since then: {REFUSED}")


def test_attempts_are_counted_where_there_were_several(clock: MockClock) -> None:
    tried = batch(clock)
    for _ in range(2):
        tried.reenqueued(NetworkExceptionError("the peer closed"), 100, 5_100)
    assert "; the last of 2 attempts failed: the peer closed" in str(expired_in_queue(tried, LED, None, LATE_MS))


def test_the_same_trouble_is_told_once(clock: MockClock) -> None:
    tried = batch(clock)
    tried.reenqueued(NetworkExceptionError(REFUSED), 100, 5_100)
    assert str(expired_in_queue(tried, LED, REFUSED, LATE_MS)).count(REFUSED) == 1


def test_a_batch_in_flight_waited_for_an_answer(clock: MockClock) -> None:
    assert "has not answered the request it was in" in str(expired_in_flight(batch(clock), LED, LATE_MS))
