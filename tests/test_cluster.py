"""A snapshot of a cluster answers what `send`, `ready` and `drain` ask, and never changes."""

import dataclasses

import pytest

from kafka_nio.cluster import NO_LEADER_EPOCH, Cluster, Node, PartitionInfo, TopicPartition

ONE, TWO = Node(1, "one", 9092), Node(2, "two", 9093, rack="b")
ORDERS_0, ORDERS_1, ORDERS_2 = (TopicPartition("orders", partition) for partition in range(3))
PAYMENTS_0 = TopicPartition("payments", 0)


@pytest.fixture
def cluster() -> Cluster:
    infos = (
        PartitionInfo("orders", 2, ONE, leader_epoch=7),
        PartitionInfo("orders", 0, TWO),
        PartitionInfo("orders", 1, None, leader_epoch=3),
        PartitionInfo("payments", 0, ONE),
    )
    partitions = {TopicPartition(info.topic, info.partition): info for info in infos}
    return Cluster(nodes=(ONE, TWO), partitions=partitions, cluster_id="c", controller=ONE)


def test_it_knows_its_topics_and_how_many_partitions_they_have(cluster: Cluster) -> None:
    assert cluster.topics == {"orders", "payments"}
    assert cluster.partition_counts["orders"] == 3
    assert "nobody's" not in cluster.partition_counts


def test_partitions_come_in_order_of_their_numbers(cluster: Cluster) -> None:
    assert [info.partition for info in cluster.partitions_for_topic("orders")] == [0, 1, 2]
    assert cluster.partitions_for_topic("nobody's") == ()


def test_a_partition_without_a_leader_is_not_available(cluster: Cluster) -> None:
    assert [info.partition for info in cluster.available_partitions_for_topic("orders")] == [0, 2]


def test_it_knows_who_leads_a_partition_and_since_which_epoch(cluster: Cluster) -> None:
    assert [cluster.leader_for(partition) for partition in (ORDERS_0, ORDERS_1, ORDERS_2)] == [TWO, None, ONE]
    assert [cluster.leader_epoch_for(partition) for partition in (ORDERS_0, ORDERS_1, ORDERS_2)] == [-1, 3, 7]


def test_of_a_partition_it_does_not_know_it_knows_nothing(cluster: Cluster) -> None:
    unknown = TopicPartition("orders", 3)
    assert cluster.partition(unknown) is None
    assert cluster.leader_for(unknown) is None
    assert cluster.leader_epoch_for(unknown) == NO_LEADER_EPOCH


def test_it_knows_what_a_node_leads(cluster: Cluster) -> None:
    assert [(info.topic, info.partition) for info in cluster.partitions_for_node(1)] == [("orders", 2), ("payments", 0)]
    assert cluster.partitions_for_node(9) == ()


def test_a_node_is_found_by_its_id(cluster: Cluster) -> None:
    assert cluster.node_by_id(2) is TWO
    assert cluster.node_by_id(9) is None


def test_a_leader_that_is_no_node_of_the_cluster_is_listed_all_the_same() -> None:
    cluster = Cluster(partitions={PAYMENTS_0: PartitionInfo("payments", 0, TWO)})
    assert [info.topic for info in cluster.partitions_for_node(2)] == ["payments"]


def test_before_any_answer_it_has_addresses_under_negative_ids() -> None:
    cluster = Cluster.bootstrap([("one", 9092), ("two", 9093)])
    assert cluster.nodes == (Node(-1, "one", 9092), Node(-2, "two", 9093))
    assert cluster.is_bootstrap
    assert not cluster.topics


def test_equal_facts_make_equal_snapshots(cluster: Cluster) -> None:
    again = Cluster(nodes=(ONE, TWO), partitions=dict(cluster.partitions), cluster_id="c", controller=ONE)
    assert again == cluster
    assert dataclasses.replace(cluster, cluster_id="d") != cluster


def test_nobody_changes_a_snapshot(cluster: Cluster) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        cluster.nodes = ()  # type: ignore[misc]


def test_facts_read_as_people_write_them() -> None:
    assert str(TopicPartition("orders", 3)) == "orders-3"
    assert str(TWO) == "two:9093 (node 2)"
    assert TWO.id_string == "2"
