"""What stands in many partitions, read by librdkafka's consumer, which checks each batch's checksum."""

import time
from collections.abc import Sequence

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

PATIENCE_S = 60.0

Place = tuple[str, int]
"""A topic and a partition of it."""


def values_by_place(bootstrap_servers: str, places: Sequence[Place], count: int) -> dict[Place, list[bytes]]:
    """What stands in each, as soon as there are `count` altogether, or whatever there is after a minute."""
    consumer = Consumer({"bootstrap.servers": bootstrap_servers, "group.id": "wide", "check.crcs": True})
    found: dict[Place, list[bytes]] = {place: [] for place in places}
    try:
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in places])
        deadline_s = time.monotonic() + PATIENCE_S
        missing = count
        while missing > 0 and time.monotonic() < deadline_s:
            messages = consumer.consume(1000, timeout=1)
            missing -= len(messages)
            for message in messages:
                topic, partition, value = _parts(message)
                found[topic, partition].append(value)
    finally:
        consumer.close()
    return found


def _parts(message: Message) -> tuple[str, int, bytes]:
    if (error := message.error()) is not None:
        raise KafkaException(error)
    topic, partition, value = message.topic(), message.partition(), message.value()
    assert topic is not None
    assert partition is not None
    assert isinstance(value, bytes)
    return topic, partition, value
