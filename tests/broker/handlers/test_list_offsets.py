"""ListOffsets: the first offset, the next one, or the one that belongs to a time."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import NONE, InvalidRequestError, NotLeaderOrFollowerError, UnknownTopicOrPartitionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import Wire, batch, spoken_versions

EARLIEST, LATEST, MAX_TIMESTAMP = -2, -1, -3


@pytest.fixture
def orders(cluster: EmbeddedCluster) -> EmbeddedCluster:
    """The topic `orders` with three records, of the times 10, 30 and 20."""
    cluster.create_topic("orders")
    cluster.log("orders").append(RecordBatch(batch(b"a", b"b", b"c", timestamps_ms=[10, 30, 20])), 0)
    return cluster


def listed(wire: Wire, timestamp: int, *, version: int = 7, partition: int = 0) -> ListOffsetsPartitionResponse:
    """What is said of one partition."""
    wanted = ListOffsetsPartition(partition_index=partition, timestamp=timestamp)
    request = ListOffsetsRequest(topics=[ListOffsetsTopic("orders", [wanted])])
    return wire.ask(request, version, ListOffsetsResponse).topics[0].partitions[0]


@pytest.mark.parametrize("version", spoken_versions(ApiKey.LIST_OFFSETS))
def test_every_version_tells_where_the_log_ends(orders: EmbeddedCluster, wire: Wire, version: int) -> None:
    found = listed(wire, LATEST, version=version)
    assert (found.error_code, found.timestamp, found.offset) == (NONE, -1, 3)


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        pytest.param(EARLIEST, (-1, 0), id="earliest"),
        pytest.param(LATEST, (-1, 3), id="latest"),
        pytest.param(MAX_TIMESTAMP, (30, 1), id="highest timestamp"),
        pytest.param(15, (30, 1), id="a time"),
        pytest.param(31, (-1, -1), id="a time after all records"),
    ],
)
def test_an_offset_is_found(orders: EmbeddedCluster, wire: Wire, timestamp: int, expected: tuple[int, int]) -> None:
    found = listed(wire, timestamp)
    assert (found.timestamp, found.offset) == expected


@pytest.mark.parametrize(("timestamp", "expected"), [(EARLIEST, 0), (LATEST, 0), (MAX_TIMESTAMP, -1), (0, -1)])
def test_an_empty_log_has_ends_but_no_records(
    orders: EmbeddedCluster, wire: Wire, timestamp: int, expected: int
) -> None:
    assert listed(wire, timestamp, partition=1).offset == expected


def test_a_partition_that_is_not_there_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    assert listed(wire, LATEST, partition=9).error_code == UnknownTopicOrPartitionError.code


def test_a_partition_that_is_named_twice_is_refused_and_the_others_are_answered(
    orders: EmbeddedCluster, wire: Wire
) -> None:
    topics = [
        ListOffsetsTopic("orders", [ListOffsetsPartition(partition_index=index, timestamp=LATEST) for index in indexes])
        for indexes in ([0, 1], [0])
    ]
    answer = wire.ask(ListOffsetsRequest(topics=topics), 7, ListOffsetsResponse)
    found = [(each.partition_index, each.error_code) for topic in answer.topics for each in topic.partitions]
    assert found == [(0, InvalidRequestError.code), (1, NONE), (0, InvalidRequestError.code)]


def test_only_the_leader_answers() -> None:
    with EmbeddedCluster(nodes=2) as cluster, Wire(cluster.addresses[1]) as wire:
        cluster.create_topic("orders")
        assert listed(wire, LATEST).error_code == NotLeaderOrFollowerError.code
