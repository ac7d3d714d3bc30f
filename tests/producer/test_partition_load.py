"""Records without a key go where they leave soonest."""

from collections import Counter, deque
from random import Random

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node
from kafka_nio.producer.drain import Queues
from kafka_nio.producer.partition_load import PartitionerConfig, PartitionLoad
from kafka_nio.producer.partitioner import BuiltInPartitioner, RoundRobinPartitioner
from tests.producer.parts import NODE_0, NODE_1, SenderParts, append, batch, cluster

TIMES = 4_000


def queues_of(*lengths: int, clock: MockClock | None = None) -> Queues:
    clock = clock or MockClock()
    return {
        ("orders", partition): deque(batch(clock) for _ in range(length))
        for partition, length in enumerate(lengths)
        if length
    }


def drawn(load: PartitionLoad | None, known: Cluster, rack: str | None = None) -> Counter[int]:
    """How often each partition is drawn."""
    partitioner = BuiltInPartitioner("orders", 1_000, Random(1), load, rack)
    return Counter(partitioner.next_partition(known) for _ in range(TIMES))


@pytest.mark.behaviour(181)
def test_the_lots_of_a_partition_are_inverse_to_the_length_of_its_queue() -> None:
    """Kafka's example: queues of 0, 3 and 1 batches."""
    load = PartitionLoad(queues_of(0, 3, 1), 0)
    known = cluster(NODE_0, NODE_0, NODE_0)
    assert load.weights(known.partitions_for_topic("orders")) == [4, 1, 3]
    shares = drawn(load, known)
    assert shares[0] == pytest.approx(TIMES * 4 / 8, rel=0.1)
    assert shares[1] == pytest.approx(TIMES * 1 / 8, rel=0.15)
    assert shares[2] == pytest.approx(TIMES * 3 / 8, rel=0.1)


@pytest.mark.behaviour(181)
@pytest.mark.parametrize("length", [0, 2])
def test_with_queues_of_equal_length_all_partitions_have_the_same_lots(length: int) -> None:
    shares = drawn(PartitionLoad(queues_of(length, length, length), 0), cluster(NODE_0, NODE_0, NODE_0))
    assert all(share == pytest.approx(TIMES / 3, rel=0.1) for share in shares.values())


@pytest.mark.behaviour(179)
def test_a_partition_without_a_leader_is_left_out_however_short_its_queue() -> None:
    assert set(drawn(PartitionLoad(queues_of(5, 0, 5), 0), cluster(NODE_0, None, NODE_0))) == {0, 2}


@pytest.mark.behaviour(181)
def test_adaptive_partitioning_can_be_switched_off() -> None:
    shares = drawn(None, cluster(NODE_0, NODE_0))
    assert shares[0] == pytest.approx(TIMES / 2, rel=0.1)


@pytest.mark.behaviour(181)
def test_a_leader_that_takes_no_requests_for_too_long_gets_no_records() -> None:
    load = PartitionLoad({}, availability_timeout_ms=100)
    known = cluster(NODE_0, NODE_1, NODE_0)
    load.update_node(NODE_1.id, 1_000, can_drain=True)
    load.update_node(NODE_1.id, 1_100, can_drain=False)
    assert set(drawn(load, known)) == {0, 1, 2}
    load.update_node(NODE_1.id, 1_101, can_drain=False)
    assert set(drawn(load, known)) == {0, 2}
    load.update_node(NODE_1.id, 1_200, can_drain=True)
    assert set(drawn(load, known)) == {0, 1, 2}


@pytest.mark.behaviour(181)
def test_a_node_that_never_took_a_request_is_timed_from_the_first_time_it_was_asked() -> None:
    load = PartitionLoad({}, availability_timeout_ms=100)
    load.update_node(NODE_1.id, 5_000, can_drain=False)
    assert len(load.responsive(cluster(NODE_1, NODE_0).partitions_for_topic("orders"))) == 2
    load.update_node(NODE_1.id, 5_101, can_drain=False)
    assert len(load.responsive(cluster(NODE_1, NODE_0).partitions_for_topic("orders"))) == 1


@pytest.mark.behaviour(181)
def test_if_no_leader_takes_requests_records_go_to_all_of_them() -> None:
    load = PartitionLoad({}, availability_timeout_ms=100)
    for node in (NODE_0, NODE_1):
        load.update_node(node.id, 0, can_drain=True)
        load.update_node(node.id, 500, can_drain=False)
    assert set(drawn(load, cluster(NODE_0, NODE_1))) == {0, 1}


@pytest.mark.behaviour(181)
def test_without_a_timeout_nobody_is_left_out() -> None:
    load = PartitionLoad({}, availability_timeout_ms=0)
    load.update_node(NODE_1.id, 0, can_drain=True)
    load.update_node(NODE_1.id, 10**9, can_drain=False)
    assert set(drawn(load, cluster(NODE_0, NODE_1))) == {0, 1}


# What is near comes first (KIP-1123)...

NEAR, ALSO_NEAR, FAR = Node(0, "a", 1, "Vienna"), Node(1, "b", 1, "Vienna"), Node(2, "c", 1, "Graz")
NOWHERE = Node(3, "d", 1)


@pytest.mark.parametrize("load", [None, PartitionLoad({}, 0)], ids=["plain", "adaptive"])
def test_records_go_to_leaders_in_our_rack(load: PartitionLoad | None) -> None:
    shares = drawn(load, cluster(NEAR, FAR, ALSO_NEAR, NOWHERE), "Vienna")
    assert set(shares) == {0, 2}
    assert shares[0] == pytest.approx(TIMES / 2, rel=0.1)


@pytest.mark.parametrize("load", [None, PartitionLoad({}, 0)], ids=["plain", "adaptive"])
def test_if_no_leader_is_in_our_rack_they_go_to_all(load: PartitionLoad | None) -> None:
    assert set(drawn(load, cluster(FAR, NOWHERE, None), "Vienna")) == {0, 1}


@pytest.mark.parametrize("load", [None, PartitionLoad({}, 0)], ids=["plain", "adaptive"])
def test_who_does_not_ask_for_what_is_near_gets_all(load: PartitionLoad | None) -> None:
    assert set(drawn(load, cluster(NEAR, FAR, NOWHERE))) == {0, 1, 2}


def test_within_our_rack_the_shorter_queue_has_more_lots() -> None:
    shares = drawn(PartitionLoad(queues_of(0, 0, 3), 0), cluster(NEAR, FAR, ALSO_NEAR), "Vienna")
    assert set(shares) == {0, 2}
    assert shares[0] == pytest.approx(TIMES * 4 / 5, rel=0.1)


def test_a_leader_in_our_rack_that_takes_no_requests_is_passed_over_for_one_farther_away() -> None:
    load = PartitionLoad({}, availability_timeout_ms=100)
    load.update_node(NEAR.id, 0, can_drain=True)
    load.update_node(NEAR.id, 500, can_drain=False)
    assert set(drawn(load, cluster(NEAR, FAR, NOWHERE), "Vienna")) == {1, 2}


@pytest.mark.behaviour(181)
def test_the_sender_notes_which_nodes_take_requests() -> None:
    parts = SenderParts(leaders=(NODE_0, NODE_1), partitioner=PartitionerConfig(availability_timeout_ms=100))
    append(parts.accumulator, ORDERS_ON_NODE_1)
    parts.client.not_ready.add(NODE_1.id)
    parts.client.delay_ms = 50
    for _ in range(3):
        parts.sender.run_once()
        parts.clock.sleep(60)
    responsive = parts.accumulator._load.responsive(parts.metadata.cluster.partitions_for_topic("orders"))
    assert leaders(responsive) == {NODE_0}


ORDERS_ON_NODE_1 = ("orders", 1)


def leaders(partitions: object) -> set[Node]:
    return {info.leader for info in partitions}  # type: ignore[attr-defined]


def test_round_robin_takes_the_partitions_in_turn_whatever_the_key() -> None:
    choose = RoundRobinPartitioner()
    known = cluster(NODE_0, NODE_1, NODE_0)
    assert [choose("orders", b"same", None, known) for _ in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_round_robin_leaves_partitions_without_a_leader_out() -> None:
    choose = RoundRobinPartitioner()
    assert [choose("orders", None, None, cluster(NODE_0, None, NODE_1)) for _ in range(4)] == [0, 2, 0, 2]
    assert [choose("orders", None, None, cluster(None, None)) for _ in range(2)] == [0, 1]


def test_round_robin_counts_each_topic_apart() -> None:
    choose = RoundRobinPartitioner()
    assert choose("orders", None, None, cluster(NODE_0, NODE_1)) == 0
    assert choose("bills", None, None, cluster(NODE_0, NODE_1, topic="bills")) == 0
    assert choose("orders", None, None, cluster(NODE_0, NODE_1)) == 1
