"""What reached a broker, read by librdkafka's consumer, which checks every batch's checksum (`check.crcs`)."""

import time
from typing import NamedTuple

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition


class ReadRecord(NamedTuple):
    """One record as a consumer sees it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    timestamp_ms: int


def read_back(
    bootstrap_servers: str,
    topic: str,
    partitions: int = 1,
    count: int = 1,
    timeout_s: float = 20,
    *,
    check_crcs: bool = True,
) -> list[ReadRecord]:
    """Everything in the topic, by partition and offset, once there are `count` records and no partition has more.

    Of transactions, what was committed. While one is open, what follows it in its partition is not there yet.

    Raises:
        AssertionError: if there are fewer after `timeout_s`.
        KafkaException: if the consumer finds a fault, such as a wrong checksum.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "read-back",
            "check.crcs": check_crcs,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.wait.max.ms": 10,
            "log_level": 0,
        }
    )
    try:
        # Known before it is assigned: otherwise librdkafka looks for the leaders only half a second later.
        consumer.list_topics(topic, timeout_s)
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(partitions)])
        return sorted(_read(consumer, partitions, count, time.monotonic() + timeout_s))
    finally:
        consumer.close()


def _read(consumer: Consumer, partitions: int, count: int, deadline: float) -> list[ReadRecord]:
    records: list[ReadRecord] = []
    read_to_the_end: set[int | None] = set()
    while len(records) < count or len(read_to_the_end) < partitions:
        message = consumer.poll(0.1)
        if message is None:
            assert time.monotonic() < deadline, f"read {len(records)} of {count} records: {records!r}"
            continue
        error = message.error()
        if error is None:
            records.append(_record(message))
            read_to_the_end.discard(message.partition())
        elif error.code() == KafkaError._PARTITION_EOF:
            read_to_the_end.add(message.partition())
        elif not error.retriable() and error.code() != KafkaError._TRANSPORT:
            raise KafkaException(error)
    return records


def _record(message: Message) -> ReadRecord:
    partition, offset = message.partition(), message.offset()
    assert partition is not None
    assert offset is not None
    return ReadRecord(
        partition=partition,
        offset=offset,
        key=_bytes(message.key()),
        value=_bytes(message.value()),
        headers=tuple((header[0], _bytes(header[1])) for header in message.headers() or ()),
        timestamp_ms=message.timestamp()[1],
    )


def _bytes(value: object) -> bytes | None:
    assert value is None or isinstance(value, bytes)
    return value
