"""Produce: what is in order is kept, and what is not gets the error that Kafka would answer."""

import struct
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.errors import (
    NONE,
    ApiError,
    CorruptMessageError,
    InvalidProducerEpochError,
    InvalidRecordError,
    InvalidRequiredAcksError,
    InvalidTimestampError,
    NotLeaderOrFollowerError,
    OutOfOrderSequenceError,
    RecordTooLargeError,
    UnknownTopicIdError,
    UnknownTopicOrPartitionError,
    UnsupportedCompressionTypeError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.messages import (
    MetadataRequest,
    MetadataResponse,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from tests.broker.wire import NOW_MS, Wire, batch, produce_request, spoken_versions

ATTRIBUTES, LAST_OFFSET_DELTA, COUNT = 21, 23, 57


@pytest.fixture
def orders(cluster: EmbeddedCluster) -> EmbeddedCluster:
    """A cluster with the topic `orders`, which has two partitions."""
    cluster.create_topic("orders")
    return cluster


def produced(
    wire: Wire, records: bytes | None, *, partition: int = 0, topic: str = "orders"
) -> PartitionProduceResponse:
    """Produce to one partition and return what is said of it."""
    response = wire.ask(produce_request(topic, records, partition=partition), 9, ProduceResponse)
    return response.topics[0].partitions[0]


def changed(data: bytes, offset: int, layout: str, value: int) -> bytes:
    """A batch with one field of its header changed, and a checksum that fits again."""
    changed = bytearray(data)
    struct.pack_into(layout, changed, offset, value)
    struct.pack_into(">I", changed, 17, crc32c(memoryview(changed)[21:]))
    return bytes(changed)


# What is in order...


@pytest.mark.parametrize("version", spoken_versions(ApiKey.PRODUCE))
def test_every_version_appends_and_answers_with_the_offset(orders: EmbeddedCluster, wire: Wire, version: int) -> None:
    request = produce_request("orders", batch(b"a", b"b"))
    request.topics[0].topic_id = orders.state.topic("orders").id
    for expected_offset in (0, 2):
        response = wire.ask(request, version, ProduceResponse)
        (answered,) = response.topics[0].partitions
        assert (answered.index, answered.error_code, answered.base_offset) == (0, NONE, expected_offset)
    assert [record.value for record in orders.log("orders").records()] == [b"a", b"b"] * 2


@pytest.mark.parametrize("acks", [1, -1])
def test_acks_1_and_all_are_answered(orders: EmbeddedCluster, wire: Wire, acks: int) -> None:
    response = wire.ask(produce_request("orders", batch(b"a"), acks=acks), 9, ProduceResponse)
    assert response.topics[0].partitions[0].error_code == NONE


def test_each_partition_gets_an_answer_of_its_own(orders: EmbeddedCluster, wire: Wire) -> None:
    good = batch(b"a")
    partitions = [PartitionProduceData(index, good) for index in (0, 1, 2)]
    request = ProduceRequest(topics=[TopicProduceData(name="orders", partitions=partitions)])
    answered = wire.ask(request, 9, ProduceResponse).topics[0].partitions
    assert [(partition.index, partition.error_code) for partition in answered] == [
        (0, NONE),
        (1, NONE),
        (2, UnknownTopicOrPartitionError.code),
    ]


def test_pipelined_requests_are_answered_in_order(orders: EmbeddedCluster, wire: Wire) -> None:
    headers = [wire.say(produce_request("orders", batch(b"%d" % number)), 9) for number in range(20)]
    offsets = []
    for header in headers:
        response = wire.listen(header)
        assert isinstance(response, ProduceResponse)
        offsets.append(response.topics[0].partitions[0].base_offset)
    assert offsets == list(range(20))
    assert [record.value for record in orders.log("orders").records()] == [b"%d" % number for number in range(20)]


# Nobody is to be told...


def test_acks_0_is_not_answered(orders: EmbeddedCluster, wire: Wire) -> None:
    wire.say(produce_request("orders", batch(b"a"), acks=0), 9)
    header = wire.say(MetadataRequest(topics=[]), 12)
    assert isinstance(wire.listen(header), MetadataResponse), "the first answer belongs to the second request"
    assert len(orders.log("orders")) == 1


def test_acks_0_with_an_error_ends_the_connection(orders: EmbeddedCluster, wire: Wire) -> None:
    wire.say(produce_request("orders", batch(b"a"), acks=0, partition=9), 9)
    assert wire.is_closed_by_broker()


def test_the_name_of_a_topic_cannot_forge_a_line_of_the_log(
    orders: EmbeddedCluster, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    wire.say(produce_request("no\x1b[2J\nWARNING all is lost", batch(b"a"), acks=0), 9)
    assert wire.is_closed_by_broker()
    (record,) = caplog.records
    assert r"no\x1b[2J\nWARNING all is lost" in record.getMessage()
    assert record.getMessage().isprintable()


# What is not in order...


def spoiled_checksum() -> bytes:
    data = bytearray(batch(b"a"))
    data[-1] ^= 1
    return bytes(data)


def wrong_magic(magic: int) -> bytes:
    data = bytearray(batch(b"a"))
    data[16] = magic
    return bytes(data)


BAD_RECORDS: list[tuple[str, Callable[[], bytes | None], type[ApiError]]] = [
    ("no records at all", lambda: None, InvalidRecordError),
    ("an empty batch", lambda: b"", InvalidRecordError),
    ("half a batch", lambda: batch(b"a")[:-1], InvalidRecordError),
    ("half a header", lambda: batch(b"a")[:30], InvalidRecordError),
    ("two batches", lambda: batch(b"a") + batch(b"b"), InvalidRecordError),
    ("something behind the batch", lambda: batch(b"a") + b"\0", InvalidRecordError),
    ("a length that is too small", lambda: b"\0" * 61, CorruptMessageError),
    ("magic 0", lambda: wrong_magic(0), InvalidRecordError),
    ("magic 1", lambda: wrong_magic(1), InvalidRecordError),
    ("magic 3", lambda: wrong_magic(3), CorruptMessageError),
    ("a checksum that does not fit", spoiled_checksum, CorruptMessageError),
    ("a count that is too large", lambda: changed(batch(b"a"), COUNT, ">i", 2), InvalidRecordError),
    ("a count of 0", lambda: changed(batch(b"a"), COUNT, ">i", 0), InvalidRecordError),
    ("an offset delta that is too large", lambda: changed(batch(b"a"), LAST_OFFSET_DELTA, ">i", 1), InvalidRecordError),
    ("a control batch", lambda: changed(batch(b"a"), ATTRIBUTES, ">h", 0x20), InvalidRecordError),
    ("a codec that nobody knows", lambda: changed(batch(b"a"), ATTRIBUTES, ">h", 5), UnsupportedCompressionTypeError),
    (
        "records that are not what their codec wrote",
        lambda: changed(batch(b"a"), ATTRIBUTES, ">h", 1),
        InvalidRecordError,
    ),
    ("the broker's own timestamps", lambda: changed(batch(b"a"), ATTRIBUTES, ">h", 8), InvalidTimestampError),
    ("a timestamp in the far future", lambda: batch(b"a", timestamps_ms=[2**42]), InvalidTimestampError),
    ("an id without a sequence number", lambda: batch(b"a", producer=(7, 0, -1)), InvalidRecordError),
    ("a part of a transaction of nobody", lambda: changed(batch(b"a"), ATTRIBUTES, ">h", 0x10), InvalidRecordError),
]


@pytest.mark.parametrize(("records", "error"), [pytest.param(*case[1:], id=case[0]) for case in BAD_RECORDS])
def test_bad_records_are_refused(
    orders: EmbeddedCluster, wire: Wire, records: Callable[[], bytes | None], error: type[ApiError]
) -> None:
    answered = produced(wire, records())
    assert (answered.error_code, answered.base_offset) == (error.code, -1)
    assert answered.error_message, "the broker says why"
    assert len(orders.log("orders")) == 0
    assert produced(wire, batch(b"fine")).error_code == NONE, "and the connection is as good as before"


@pytest.mark.parametrize("acks", [2, -2, 32767])
def test_other_acks_are_refused(orders: EmbeddedCluster, wire: Wire, acks: int) -> None:
    response = wire.ask(produce_request("orders", batch(b"a"), acks=acks), 9, ProduceResponse)
    assert response.topics[0].partitions[0].error_code == InvalidRequiredAcksError.code
    assert len(orders.log("orders")) == 0


def test_a_batch_for_a_topic_that_is_not_there_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    assert produced(wire, batch(b"a"), topic="nowhere").error_code == UnknownTopicOrPartitionError.code


def test_a_batch_for_an_id_that_nobody_has_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    request = produce_request("orders", batch(b"a"))
    request.topics[0].topic_id = UUID(int=1)
    response = wire.ask(request, 13, ProduceResponse)
    assert response.topics[0].partitions[0].error_code == UnknownTopicIdError.code


@pytest.fixture
def strict_wire() -> Iterator[Wire]:
    """A connection to a broker that takes batches of 100 bytes and no more; it has the topic `orders`."""
    with EmbeddedCluster(config=BrokerConfig(message_max_bytes=100)) as cluster, Wire(cluster.addresses[0]) as wire:
        cluster.create_topic("orders")
        yield wire


def test_a_batch_that_is_too_large_is_refused(strict_wire: Wire) -> None:
    fitting = batch(b"x" * (100 - len(batch(b""))))
    assert len(fitting) == 100
    assert produced(strict_wire, fitting).error_code == NONE
    assert produced(strict_wire, batch(b"x" * 100)).error_code == RecordTooLargeError.code


def test_records_at_fault_are_named(orders: EmbeddedCluster, wire: Wire) -> None:
    answered = produced(wire, batch(b"a", b"b", b"c", timestamps_ms=[NOW_MS, 2**42, NOW_MS]))
    assert answered.error_code == InvalidTimestampError.code
    assert [wrong.batch_index for wrong in answered.record_errors] == [1]
    assert len(orders.log("orders")) == 0


# Idempotence...


def test_a_repeated_batch_is_answered_with_the_offset_it_had(orders: EmbeddedCluster, wire: Wire) -> None:
    produced(wire, batch(b"other"))
    answers = [produced(wire, batch(b"a", b"b", producer=(7, 0, 0))) for _ in range(3)]
    assert [(answer.error_code, answer.base_offset) for answer in answers] == [(NONE, 1)] * 3
    assert len(orders.log("orders")) == 3


def test_a_gap_in_the_sequence_numbers_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    assert produced(wire, batch(b"a", producer=(7, 0, 0))).error_code == NONE
    assert produced(wire, batch(b"a", producer=(7, 0, 5))).error_code == OutOfOrderSequenceError.code


def test_an_old_epoch_is_refused(orders: EmbeddedCluster, wire: Wire) -> None:
    assert produced(wire, batch(b"a", producer=(7, 1, 0))).error_code == NONE
    assert produced(wire, batch(b"a", producer=(7, 0, 0))).error_code == InvalidProducerEpochError.code


# Leaders...


def test_who_is_not_the_leader_says_who_is() -> None:
    with EmbeddedCluster(nodes=2) as cluster, Wire(cluster.addresses[1]) as wire:
        cluster.create_topic("orders")
        response = wire.ask(produce_request("orders", batch(b"a")), 10, ProduceResponse)
        (answered,) = response.topics[0].partitions
        assert answered.error_code == NotLeaderOrFollowerError.code
        assert answered.current_leader is not None
        assert (answered.current_leader.leader_id, answered.current_leader.leader_epoch) == (0, 0)
        assert [(node.node_id, (node.host, node.port)) for node in response.node_endpoints] == [
            (0, cluster.addresses[0])
        ]


def test_a_new_leader_goes_on_where_the_old_one_ended() -> None:
    with (
        EmbeddedCluster(nodes=2) as cluster,
        Wire(cluster.addresses[0]) as old_leader,
        Wire(cluster.addresses[1]) as new_leader,
    ):
        cluster.create_topic("orders")
        assert produced(old_leader, batch(b"a", producer=(7, 0, 0))).base_offset == 0
        cluster.move_leader("orders", 0, 1)
        assert produced(old_leader, batch(b"b", producer=(7, 0, 1))).error_code == NotLeaderOrFollowerError.code
        assert produced(new_leader, batch(b"b", producer=(7, 0, 1))).base_offset == 1
        assert [kept.partition_leader_epoch for kept in cluster.log("orders").batches()] == [0, 1]
