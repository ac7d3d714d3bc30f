"""Which partition a record goes to."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as theirs

from kafka_nio.cluster import Cluster
from kafka_nio.producer.partitioner import BuiltInPartitioner, murmur2, partition_for_key
from tests.producer.parts import NODE_0, NODE_1, cluster


@pytest.mark.parametrize(
    ("key", "signed", "masked"),
    [
        (b"21", -973932308, 1173551340),
        (b"foobar", -790332482, 1357151166),
        (b"a-little-bit-long-string", -985981536, 1161502112),
        (b"a-little-bit-longer-string", -1486304829, 661178819),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971, 2088585677),
        (b"abc", 479470107, 479470107),
    ],
)
def test_murmur2_gives_what_javas_gives(key: bytes, signed: int, masked: int) -> None:
    """The vectors of Kafka's UtilsTest.testMurmur2."""
    assert murmur2(key) == signed % 2**32
    assert partition_for_key(key, 2**31) == masked


@given(st.binary(max_size=300), st.integers(1, 1000))
def test_murmur2_agrees_with_kafka_python(key: bytes, partition_count: int) -> None:
    assert murmur2(key) == theirs(key) % 2**32
    assert partition_for_key(key, partition_count) == (theirs(key) & 0x7FFFFFFF) % partition_count


def partitioner(seed: int = 1, sticky_batch_size: int = 1000) -> BuiltInPartitioner:
    return BuiltInPartitioner("orders", sticky_batch_size, Random(seed))


def three() -> Cluster:
    return cluster(NODE_0, NODE_1, NODE_0)


def test_records_stick_to_one_partition() -> None:
    sticky = partitioner()
    assert len({sticky.current_partition(three()) for _ in range(100)}) == 1


def partitions_used(sticky: BuiltInPartitioner, appended_bytes: int, times: int, *, enable_switch: bool) -> list[int]:
    used = []
    for _ in range(times):
        used.append(sticky.current_partition(three()))
        sticky.update_partition_info(appended_bytes, three(), enable_switch)
    return used


@pytest.mark.behaviour(180)
def test_the_next_partition_is_drawn_after_a_batchs_worth_of_bytes() -> None:
    used = partitions_used(partitioner(seed=3), 500, 200, enable_switch=True)
    pairs = list(zip(used[::2], used[1::2], strict=True))
    assert all(first == second for first, second in pairs)
    assert {first for first, _ in pairs} == {0, 1, 2}


@pytest.mark.behaviour(180)
def test_an_unfinished_batch_delays_the_switch_up_to_two_batches_worth() -> None:
    used = partitions_used(partitioner(seed=3), 500, 400, enable_switch=False)
    fours = [set(used[start : start + 4]) for start in range(0, 400, 4)]
    assert all(len(four) == 1 for four in fours)
    assert set().union(*fours) == {0, 1, 2}


def test_partitions_get_about_equal_shares() -> None:
    shares = Counter(partitions_used(partitioner(seed=5), 1000, 3000, enable_switch=True))
    assert all(900 < share < 1100 for share in shares.values())


@pytest.mark.behaviour(179)
def test_partitions_without_a_leader_are_left_out() -> None:
    sticky = partitioner()
    known = cluster(NODE_0, None, NODE_1)
    assert {sticky.next_partition(known) for _ in range(100)} == {0, 2}


def test_without_any_leader_all_partitions_are_drawn_from() -> None:
    sticky = partitioner()
    assert {sticky.next_partition(cluster(None, None)) for _ in range(100)} == {0, 1}


def test_the_partitioner_tells_where_it_is() -> None:
    sticky = partitioner()
    partition = sticky.current_partition(cluster(NODE_0))
    sticky.update_partition_info(10, cluster(NODE_0), True)
    assert repr(sticky) == f"<BuiltInPartitioner orders-{partition}: 10 bytes so far>"
