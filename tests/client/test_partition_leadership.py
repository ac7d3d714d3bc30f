"""What is believed of a broker that says who leads a partition now."""

from random import Random

import pytest

from kafka_nio.client.metadata import Metadata
from kafka_nio.client.partition_leadership import LeaderIdAndEpoch, with_new_leaders
from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from tests.client.scripted_broker import metadata_response

ORDERS_0 = TopicPartition("orders", 0)
NODE_0, NODE_1 = Node(0, "broker-0", 9092), Node(1, "broker-1", 9092)


def known(epoch: int = 5) -> Cluster:
    return Cluster(nodes=(NODE_0,), partitions={ORDERS_0: PartitionInfo(*ORDERS_0, NODE_0, epoch, replicas=(0, 1))})


def after(leader_id: int, epoch: int, *nodes: Node, partition: TopicPartition = ORDERS_0) -> Cluster:
    """What is known once a broker has said this."""
    return with_new_leaders(known(), {partition: LeaderIdAndEpoch(leader_id, epoch)}, nodes)


@pytest.mark.behaviour(111)
def test_a_newer_leader_whose_address_comes_along_is_believed() -> None:
    cluster = after(1, 6, NODE_1)
    assert cluster.leader_for(ORDERS_0) == NODE_1
    assert cluster.leader_epoch_for(ORDERS_0) == 6
    assert cluster.node_by_id(1) == NODE_1
    assert cluster.partitions_for_node(1) == (cluster.partition(ORDERS_0),)


@pytest.mark.behaviour(111)
def test_a_leader_whose_address_is_known_already_needs_none() -> None:
    assert after(0, 6).leader_epoch_for(ORDERS_0) == 6


@pytest.mark.behaviour(111)
def test_what_else_is_known_of_the_partition_stays() -> None:
    info = after(1, 6, NODE_1).partition(ORDERS_0)
    assert info is not None
    assert info.replicas == (0, 1)


@pytest.mark.behaviour(111)
@pytest.mark.parametrize("epoch", [-1, 4, 5])
def test_a_leader_that_is_no_news_is_not_believed(epoch: int) -> None:
    assert after(1, epoch, NODE_1) == known()


@pytest.mark.behaviour(111)
def test_a_leader_without_an_address_is_not_believed() -> None:
    assert after(1, 6) == known()


@pytest.mark.behaviour(111)
def test_a_partition_that_is_not_known_stays_unknown() -> None:
    assert after(1, 6, NODE_1, partition=TopicPartition("bills", 0)) == known()


@pytest.mark.behaviour(111)
def test_metadata_takes_it_in_and_says_whether_it_was_news() -> None:
    clock = MockClock()
    metadata = Metadata(100, 100, 300_000, 300_000, clock, Random(1))
    metadata.add("orders", 0)
    metadata.update(0, metadata_response("orders", port=9092, leader_epoch=5), False, 0, 13)
    says = {ORDERS_0: LeaderIdAndEpoch(1, 6)}
    assert metadata.update_partition_leadership(says, [NODE_1])
    assert metadata.cluster.leader_for(ORDERS_0) == NODE_1
    assert not metadata.update_partition_leadership(says, [NODE_1])
