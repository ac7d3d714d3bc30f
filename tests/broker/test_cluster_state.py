"""What all brokers agree on."""

import pytest

from kafka_nio.broker.cluster_state import ClusterState, check_topic_name
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import InvalidTopicError, UnknownTopicOrPartitionError


@pytest.fixture
def state() -> ClusterState:
    """Three nodes and no topic; a topic has two partitions."""
    state = ClusterState(partitions_per_topic=2)
    state.nodes = tuple(Node(node_id, "localhost", 9092 + node_id) for node_id in range(3))
    return state


@pytest.mark.parametrize("name", ["orders", "a", "A.b_c-9", "x" * 249, "...", "_"])
def test_good_names_are_taken(name: str) -> None:
    check_topic_name(name)


@pytest.mark.parametrize("name", ["", ".", "..", "a b", "a/b", "größe", "x" * 250, "a\n"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(InvalidTopicError, match="cannot be a topic"):
        check_topic_name(name)


def test_a_topic_that_is_there_stays_as_it_is(state: ClusterState) -> None:
    made = state.create_topic("orders", 5)
    assert state.create_topic("orders", 7) is made
    assert len(made.partitions) == 5


def test_topics_have_ids_that_are_the_same_in_every_run(state: ClusterState) -> None:
    again = ClusterState()
    again.nodes = state.nodes
    first, second = state.create_topic("a"), state.create_topic("b")
    assert first.id != second.id
    assert (again.create_topic("a").id, again.create_topic("b").id) == (first.id, second.id)
    assert state.topic_by_id(second.id) is second


@pytest.mark.parametrize("index", [-1, 2])
def test_a_partition_beyond_the_last_is_unknown(state: ClusterState, index: int) -> None:
    state.create_topic("orders")
    with pytest.raises(UnknownTopicOrPartitionError, match="has 2 partitions"):
        state.partition(TopicPartition("orders", index))


def test_a_moved_leader_begins_a_new_epoch_and_listeners_hear_of_it(state: ClusterState) -> None:
    state.create_topic("orders")
    heard: list[TopicPartition] = []
    state.partition_listeners.append(heard.append)
    state.move_leader(TopicPartition("orders", 1), 2)
    partition = state.partition(TopicPartition("orders", 1))
    assert (partition.leader, partition.leader_epoch, heard) == (2, 1, [TopicPartition("orders", 1)])
    assert state.partition(TopicPartition("orders", 0)).leader_epoch == 0


def test_a_topic_without_partitions_is_no_topic(state: ClusterState) -> None:
    with pytest.raises(ValueError, match="one partition or more"):
        state.create_topic("orders", 0)
