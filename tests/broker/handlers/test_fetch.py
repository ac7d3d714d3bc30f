"""Fetch: batches come back as they were produced, at once or as soon as there are enough."""

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.handlers.fetch import FetchSessionIdNotFoundError
from kafka_nio.broker.partition_log import OffsetOutOfRangeError
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    NONE,
    FencedLeaderEpochError,
    NotLeaderOrFollowerError,
    UnknownLeaderEpochError,
    UnknownTopicOrPartitionError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    FetchPartition,
    FetchRequest,
    FetchResponse,
    FetchTopic,
    MetadataRequest,
    MetadataResponse,
    PartitionData,
    ProduceResponse,
)
from kafka_nio.protocol.record_batch import RecordBatch, split_batches
from tests.broker.wire import Wire, batch, fetch_request, produce_request, spoken_versions

LONG_MS = 60_000
"""A wait that no test sits through: it ends early, or the test fails."""


@pytest.fixture
def orders(cluster: EmbeddedCluster) -> EmbeddedCluster:
    """The topic `orders`, with offsets 0-2 and 3 in its first partition and nothing in its second."""
    cluster.create_topic("orders")
    for data in (batch(b"a", b"b", b"c"), batch(b"d")):
        cluster.log("orders").append(RecordBatch(data), 0)
    return cluster


def only_partition(response: FetchResponse) -> PartitionData:
    """What is said of the one partition that was asked for."""
    ((partition,),) = (topic.partitions for topic in response.topics)
    return partition


def values(partition: PartitionData) -> list[bytes | None]:
    """The values of the records handed out."""
    batches = split_batches(memoryview(partition.records or b""))
    return [record.value for found in batches for record in found.records()]


@pytest.mark.parametrize("version", spoken_versions(ApiKey.FETCH))
def test_every_version_hands_out_what_is_there(orders: EmbeddedCluster, wire: Wire, version: int) -> None:
    partition = only_partition(wire.ask(fetch_request("orders"), version, FetchResponse))
    assert (partition.error_code, partition.high_watermark, partition.last_stable_offset) == (NONE, 4, 4)
    assert values(partition) == [b"a", b"b", b"c", b"d"]


def test_a_batch_comes_whole_even_if_the_offset_lies_in_its_middle(orders: EmbeddedCluster, wire: Wire) -> None:
    assert values(only_partition(wire.ask(fetch_request("orders", 2), 11, FetchResponse))) == [b"a", b"b", b"c", b"d"]


def test_the_first_batch_comes_even_if_it_is_too_large(orders: EmbeddedCluster, wire: Wire) -> None:
    partition = only_partition(wire.ask(fetch_request("orders", max_bytes=1), 11, FetchResponse))
    assert values(partition) == [b"a", b"b", b"c"]


def test_only_one_partition_may_exceed_the_limit(orders: EmbeddedCluster, wire: Wire) -> None:
    orders.log("orders", 1).append(RecordBatch(batch(b"z")), 0)
    wanted = [FetchPartition(partition=index) for index in (0, 1)]
    request = FetchRequest(max_wait_ms=0, max_bytes=1, topics=[FetchTopic("orders", wanted)])
    first, second = wire.ask(request, 11, FetchResponse).topics[0].partitions
    assert (values(first), values(second)) == ([b"a", b"b", b"c"], [])


@pytest.mark.parametrize(("isolation_level", "aborted"), [(0, None), (1, [])])
def test_every_record_counts_as_committed(
    orders: EmbeddedCluster, wire: Wire, isolation_level: int, aborted: list[object] | None
) -> None:
    request = fetch_request("orders")
    request.isolation_level = isolation_level
    partition = only_partition(wire.ask(request, 11, FetchResponse))
    assert (partition.aborted_transactions, len(values(partition))) == (aborted, 4)


def test_a_partition_that_is_asked_for_twice_is_read_once_as_it_was_asked_for_last(
    orders: EmbeddedCluster, wire: Wire
) -> None:
    orders.log("orders", 1).append(RecordBatch(batch(b"z")), 0)
    topics = [
        FetchTopic("orders", [FetchPartition(partition=0), FetchPartition(partition=1)]),
        FetchTopic("orders", [FetchPartition(partition=0, fetch_offset=3)]),
    ]
    (topic,) = wire.ask(FetchRequest(max_wait_ms=0, topics=topics), 11, FetchResponse).topics
    assert [(found.partition_index, values(found)) for found in topic.partitions] == [(0, [b"d"]), (1, [b"z"])]


def test_one_answer_holds_no_more_than_the_broker_allows() -> None:
    config = BrokerConfig(fetch_max_bytes=2 * len(batch(b"a")))
    with EmbeddedCluster(config=config, partitions_per_topic=2) as cluster, Wire(cluster.addresses[0]) as wire:
        cluster.create_topic("orders")
        for index in (0, 0, 0, 1):
            cluster.log("orders", index).append(RecordBatch(batch(b"a")), 0)
        wanted = [FetchPartition(partition=index) for index in (0, 1)]
        (topic,) = wire.ask(
            FetchRequest(max_wait_ms=0, topics=[FetchTopic("orders", wanted)]), 11, FetchResponse
        ).topics
        assert [values(found) for found in topic.partitions] == [[b"a", b"a"], []]


# Waiting...


def test_a_fetch_waits_for_the_next_batch(orders: EmbeddedCluster, wire: Wire) -> None:
    header = wire.say(fetch_request("orders", 4, max_wait_ms=LONG_MS), 11)
    with Wire(orders.addresses[0]) as producer:
        producer.ask(produce_request("orders", batch(b"e")), 9, ProduceResponse)
    response = wire.listen(header)
    assert isinstance(response, FetchResponse)
    assert values(only_partition(response)) == [b"e"]


def test_a_fetch_waits_until_there_is_enough(orders: EmbeddedCluster, wire: Wire) -> None:
    size = len(batch(b"e"))
    header = wire.say(fetch_request("orders", 4, max_wait_ms=LONG_MS, min_bytes=size + 1), 11)
    with Wire(orders.addresses[0]) as producer:
        for value in (b"e", b"f"):
            producer.ask(produce_request("orders", batch(value)), 9, ProduceResponse)
    response = wire.listen(header)
    assert isinstance(response, FetchResponse)
    assert values(only_partition(response)) == [b"e", b"f"]


def test_a_fetch_that_waits_keeps_nobody_else_waiting(orders: EmbeddedCluster, wire: Wire) -> None:
    wire.say(fetch_request("orders", 4, max_wait_ms=LONG_MS), 11)
    with Wire(orders.addresses[0]) as another:
        assert another.ask(MetadataRequest(topics=[]), 12, MetadataResponse).error_code == NONE


def test_a_fetch_comes_back_empty_when_its_time_is_over(orders: EmbeddedCluster, wire: Wire) -> None:
    partition = only_partition(wire.ask(fetch_request("orders", 4, max_wait_ms=5), 11, FetchResponse))
    assert (partition.error_code, values(partition)) == (NONE, [])


def test_a_fetch_that_waits_learns_at_once_that_the_leader_has_gone() -> None:
    with EmbeddedCluster(nodes=2) as cluster, Wire(cluster.addresses[0]) as wire:
        cluster.create_topic("orders")
        header = wire.say(fetch_request("orders", max_wait_ms=LONG_MS), 11)
        with Wire(cluster.addresses[0]) as another:
            another.ask(MetadataRequest(topics=[]), 12, MetadataResponse)
        cluster.state.move_leader(TopicPartition("orders", 0), 1)
        response = wire.listen(header)
    assert isinstance(response, FetchResponse)
    assert only_partition(response).error_code == NotLeaderOrFollowerError.code


# What cannot be read...


@pytest.mark.parametrize("offset", [5, -1])
def test_an_offset_outside_the_log_is_refused_at_once(orders: EmbeddedCluster, wire: Wire, offset: int) -> None:
    partition = only_partition(wire.ask(fetch_request("orders", offset, max_wait_ms=LONG_MS), 11, FetchResponse))
    assert partition.error_code == OffsetOutOfRangeError.code


def test_a_partition_that_is_not_there_is_refused_at_once(orders: EmbeddedCluster, wire: Wire) -> None:
    request = fetch_request("orders", partition=9, max_wait_ms=LONG_MS)
    assert only_partition(wire.ask(request, 11, FetchResponse)).error_code == UnknownTopicOrPartitionError.code


def test_a_leader_epoch_that_is_not_the_current_one_is_refused() -> None:
    with EmbeddedCluster(nodes=2) as cluster, Wire(cluster.addresses[1]) as wire:
        cluster.create_topic("orders")
        cluster.move_leader("orders", 0, 1)
        errors = []
        for epoch in (0, 1, 2):
            request = fetch_request("orders")
            request.topics[0].partitions[0].current_leader_epoch = epoch
            errors.append(only_partition(wire.ask(request, 11, FetchResponse)).error_code)
    assert errors == [FencedLeaderEpochError.code, NONE, UnknownLeaderEpochError.code]


# Sessions...


def test_nobody_gets_a_session(orders: EmbeddedCluster, wire: Wire) -> None:
    request = fetch_request("orders")
    request.session_epoch = 0
    response = wire.ask(request, 11, FetchResponse)
    assert (response.session_id, len(values(only_partition(response)))) == (0, 4)


def test_a_session_that_nobody_got_is_not_found(orders: EmbeddedCluster, wire: Wire) -> None:
    request = fetch_request("orders")
    request.session_id, request.session_epoch = 5, 3
    assert wire.ask(request, 11, FetchResponse).error_code == FetchSessionIdNotFoundError.code
