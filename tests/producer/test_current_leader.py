"""A broker that does not lead a partition any more says who does, and the batch goes there at once (KIP-951)."""

import pytest

from kafka_nio.errors import NotEnoughReplicasError, NotLeaderOrFollowerError
from kafka_nio.protocol.messages import ProduceResponse, TopicProduceResponse
from kafka_nio.protocol.messages.produce import LeaderIdAndEpoch, NodeEndpoint
from tests.producer.parts import NODE_0, NODE_1, ORDERS_0, SenderParts, answer, append

NODE_2 = NodeEndpoint(2, "broker-2", 9092)


def refuse(
    parts: SenderParts,
    leader_id: int,
    epoch: int,
    *endpoints: NodeEndpoint,
    error_code: int = NotLeaderOrFollowerError.code,
) -> None:
    """The broker does not take the batch, and says who leads the partition."""
    told = answer(error_code=error_code, current_leader=LeaderIdAndEpoch(leader_id, epoch))
    topic = TopicProduceResponse(name="orders", partitions=[told])
    parts.client.respond(ProduceResponse(topics=[topic], node_endpoints=list(endpoints)))


@pytest.fixture
def parts() -> SenderParts:
    """A record is under way to node 0."""
    parts = SenderParts(retry_backoff_ms=100)
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    return parts


@pytest.mark.behaviour(111, 130)
def test_the_batch_goes_to_the_new_leader_without_a_backoff(parts: SenderParts) -> None:
    refuse(parts, 1, 7)
    assert parts.metadata.cluster.leader_for(ORDERS_0) == NODE_1
    parts.sender.run_once()
    assert parts.client.take().destination == "1"


@pytest.mark.behaviour(111)
def test_a_leader_that_was_not_known_is_reached_at_the_address_that_came_along(parts: SenderParts) -> None:
    refuse(parts, 2, 7, NODE_2)
    parts.sender.run_once()
    assert parts.client.take().destination == "2"


@pytest.mark.behaviour(111)
def test_a_leader_that_is_no_news_leaves_the_batch_to_its_backoff(parts: SenderParts) -> None:
    refuse(parts, 1, 0)
    assert parts.metadata.cluster.leader_for(ORDERS_0) == NODE_0
    parts.sender.run_once()
    assert parts.client.requests == []


@pytest.mark.behaviour(130)
def test_the_new_leader_deserves_one_attempt_at_once_and_no_more(parts: SenderParts) -> None:
    refuse(parts, 1, 7)
    parts.sender.run_once()
    refuse(parts, 1, 7)
    parts.sender.run_once()
    assert parts.client.requests == []
    parts.clock.sleep(1_000)
    parts.sender.run_once()
    assert parts.client.take().destination == "1"


@pytest.mark.behaviour(111)
def test_a_leader_in_an_error_that_is_about_something_else_is_not_looked_at(parts: SenderParts) -> None:
    refuse(parts, 1, 7, error_code=NotEnoughReplicasError.code)
    assert parts.metadata.cluster.leader_for(ORDERS_0) == NODE_0
