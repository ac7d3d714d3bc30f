"""One partition: only its leader writes to it, and only in the leader's epoch is it read."""

import pytest

from kafka_nio.broker.partition import NO_LEADER, Partition
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import FencedLeaderEpochError, NotLeaderOrFollowerError, UnknownLeaderEpochError
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import batch


@pytest.fixture
def partition() -> Partition:
    """A partition that broker 0 leads."""
    return Partition(TopicPartition("orders", 0), leader=0)


def test_only_the_leader_appends(partition: Partition) -> None:
    with pytest.raises(NotLeaderOrFollowerError, match="broker 1 does not lead orders-0: broker 0 does"):
        partition.append_records_to_leader(RecordBatch(batch(b"a")), 1)
    assert partition.append_records_to_leader(RecordBatch(batch(b"a")), 0).first_offset == 0


def test_an_epoch_ends_where_the_next_leader_begins(partition: Partition) -> None:
    partition.append_records_to_leader(RecordBatch(batch(b"a", b"b")), 0)
    partition.make_leader(1)
    partition.append_records_to_leader(RecordBatch(batch(b"c")), 1)
    assert (partition.leader_epoch, partition.end_of_epoch(0), partition.end_of_epoch(1)) == (1, 2, 3)


def test_who_believes_in_another_epoch_is_told_who_is_behind(partition: Partition) -> None:
    partition.make_leader(1)
    partition.ensure_leader(1)
    partition.ensure_leader(1, leader_epoch=1)
    with pytest.raises(FencedLeaderEpochError):
        partition.ensure_leader(1, leader_epoch=0)
    with pytest.raises(UnknownLeaderEpochError):
        partition.ensure_leader(1, leader_epoch=2)


def test_nobody_leads_during_an_election(partition: Partition) -> None:
    partition.make_leader(NO_LEADER)
    with pytest.raises(NotLeaderOrFollowerError, match="broker 0 does not lead orders-0: nobody does at present"):
        partition.ensure_leader(0)
