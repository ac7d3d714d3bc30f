"""Isolation levels: what Fetch and ListOffsets show to whom while transactions are open or aborted."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.partition_log import READ_COMMITTED
from kafka_nio.protocol.messages import (
    FetchResponse,
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
)
from kafka_nio.protocol.messages.fetch import AbortedTransaction, PartitionData
from kafka_nio.protocol.messages.list_offsets import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, MAX_TIMESTAMP
from kafka_nio.protocol.record_batch import split_batches
from tests.broker.transactions import TransactionalProducer
from tests.broker.wire import NOW_MS, Wire, fetch_request

READ_UNCOMMITTED = 0

LONG_MS = 60_000


@pytest.fixture
def producer(cluster: EmbeddedCluster, wire: Wire) -> TransactionalProducer:
    """A producer that has aborted the records at 0 and 1 (the mark is 2), and written 3 to a transaction still open."""
    cluster.create_topic("orders")
    producer = TransactionalProducer(wire)
    producer.init()
    producer.add(0)
    producer.produce(b"aborted", b"aborted")
    producer.abort()
    producer.add(0)
    producer.produce(b"open")
    return producer


def fetched(wire: Wire, isolation_level: int, offset: int = 0) -> PartitionData:
    response = wire.ask(fetch_request("orders", offset, isolation_level=isolation_level), 11, FetchResponse)
    return response.topics[0].partitions[0]


def base_offsets(data: PartitionData) -> list[int]:
    return [batch.base_offset for batch in split_batches(data.records or b"")]


def test_read_uncommitted_shows_everything_and_names_no_aborted_transaction(
    producer: TransactionalProducer, wire: Wire
) -> None:
    data = fetched(wire, READ_UNCOMMITTED)
    assert base_offsets(data) == [0, 2, 3]
    assert (data.high_watermark, data.last_stable_offset, data.aborted_transactions) == (4, 3, None)


def test_read_committed_stops_at_the_open_transaction_and_names_the_aborted_one(
    producer: TransactionalProducer, wire: Wire
) -> None:
    data = fetched(wire, READ_COMMITTED)
    assert base_offsets(data) == [0, 2]
    assert (data.high_watermark, data.last_stable_offset) == (4, 3)
    assert data.aborted_transactions == [AbortedTransaction(producer.producer_id, 0)]


def test_what_was_aborted_before_the_wanted_offset_is_not_named(producer: TransactionalProducer, wire: Wire) -> None:
    data = fetched(wire, READ_COMMITTED, offset=3)
    assert (base_offsets(data), data.aborted_transactions) == ([], [])


def test_a_waiting_fetch_is_answered_when_the_transaction_ends(
    producer: TransactionalProducer, cluster: EmbeddedCluster
) -> None:
    with Wire(cluster.addresses[0]) as reader:
        request = fetch_request("orders", 3, isolation_level=READ_COMMITTED, max_wait_ms=LONG_MS)
        waiting = reader.say(request, 11)
        producer.commit()
        response = reader.listen(waiting)
    assert isinstance(response, FetchResponse)
    assert base_offsets(response.topics[0].partitions[0]) == [3, 4]


@pytest.mark.parametrize(
    ("wanted", "isolation_level", "expected"),
    [
        (LATEST_TIMESTAMP, READ_UNCOMMITTED, 4),
        (LATEST_TIMESTAMP, READ_COMMITTED, 3),
        (EARLIEST_TIMESTAMP, READ_COMMITTED, 0),
        (NOW_MS, READ_COMMITTED, 0),
    ],
)
def test_the_log_ends_at_the_open_transaction_for_whoever_wants_committed_records(
    producer: TransactionalProducer, wire: Wire, wanted: int, isolation_level: int, expected: int
) -> None:
    assert offset_found(wire, wanted, isolation_level) == expected


def test_what_is_not_stable_is_not_found_by_its_time(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    producer = TransactionalProducer(wire)
    producer.init()
    producer.add(0)
    producer.produce(b"open")
    found = [offset_found(wire, wanted, READ_COMMITTED) for wanted in (NOW_MS, MAX_TIMESTAMP)]
    assert found == [-1, -1]


def offset_found(wire: Wire, timestamp: int, isolation_level: int) -> int:
    partitions = [ListOffsetsPartition(0, timestamp=timestamp)]
    request = ListOffsetsRequest(isolation_level=isolation_level, topics=[ListOffsetsTopic("orders", partitions)])
    return wire.ask(request, 7, ListOffsetsResponse).topics[0].partitions[0].offset
