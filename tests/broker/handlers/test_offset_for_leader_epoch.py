"""OffsetForLeaderEpoch: where the records of an epoch end."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import NONE, UnknownTopicOrPartitionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    OffsetForLeaderEpochEndOffset,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopic,
)
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import Wire, batch, spoken_versions


@pytest.fixture
def orders(cluster: EmbeddedCluster) -> EmbeddedCluster:
    """The topic `orders`: three records in epoch 0, none in epoch 1, two in epoch 2."""
    cluster.create_topic("orders")
    log = cluster.log("orders")
    log.append(RecordBatch(batch(b"a", b"b", b"c")), 0)
    cluster.move_leader("orders", 0, 0)
    cluster.move_leader("orders", 0, 0)
    log.append(RecordBatch(batch(b"d", b"e")), 2)
    return cluster


def end_of(wire: Wire, epoch: int, *, version: int = 4, partition: int = 0) -> OffsetForLeaderEpochEndOffset:
    wanted = OffsetForLeaderPartition(partition=partition, leader_epoch=epoch)
    request = OffsetForLeaderEpochRequest(topics=[OffsetForLeaderTopic("orders", [wanted])])
    return wire.ask(request, version, OffsetForLeaderEpochResponse).topics[0].partitions[0]


@pytest.mark.parametrize("version", spoken_versions(ApiKey.OFFSET_FOR_LEADER_EPOCH))
def test_every_version_tells_where_the_current_epoch_ends(orders: EmbeddedCluster, wire: Wire, version: int) -> None:
    found = end_of(wire, 2, version=version)
    assert (found.error_code, found.end_offset) == (NONE, 5)


@pytest.mark.parametrize(("epoch", "end_offset"), [(0, 3), (1, 3), (2, 5), (3, -1), (-1, -1)])
def test_an_epoch_ends_where_the_next_begins(orders: EmbeddedCluster, wire: Wire, epoch: int, end_offset: int) -> None:
    assert end_of(wire, epoch).end_offset == end_offset


def test_a_partition_that_is_not_there_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    assert end_of(wire, 0, partition=9).error_code == UnknownTopicOrPartitionError.code
