"""What you hand in and what you get back: `ProducerRecord`, `RecordMetadata`, and the shapes of your own functions.

    producer.send("orders", b"one coffee", key=b"table 4")
    producer.send(ProducerRecord("orders", b"one coffee", key=b"table 4"))   # the same

`send` takes a record apart at once, so the class is a convenience for passing records around before they are sent.

Left out against Java: a class `Headers` with methods. Headers are pairs of a name and bytes, in any sequence.

Java: org.apache.kafka.clients.producer.ProducerRecord, RecordMetadata
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from kafka_nio.cluster import Cluster
from kafka_nio.errors import KafkaError
from kafka_nio.producer.argument_checks import refuse_beside_a_record, refuse_no_topic, refuse_wrong_numbers
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)

UNKNOWN_PARTITION = -1
"""No partition yet: the accumulator chooses one when the record is appended."""
UNKNOWN_OFFSET = -1
"""The broker did not say: it refused the record, was not asked (acks=0), or had it already."""
NO_TIMESTAMP = -1
"""There is no time to tell."""
NULL_SIZE = -1
"""The size of a key or a value that is None."""

Headers: TypeAlias = Sequence[tuple[str, bytes | None]]
Serializer: TypeAlias = Callable[[object], bytes | None]
"""Makes bytes of a key or of a value."""
Partitioner: TypeAlias = Callable[[str, bytes | None, bytes | None, Cluster], int]
"""Your own choice of a partition, from topic, key, value (both as bytes) and what is known of the cluster."""


@dataclass(frozen=True, slots=True)
class ProducerRecord:
    """A record to be sent.

    Args:
        topic: where to.
        value: what: bytes, or whatever the producer's `value_serializer` takes. None deletes the key, if compacted.
        key: records with equal keys go to the same partition.
        partition: if given, beats key and partitioner.
        timestamp_ms: milliseconds since 1970; the time of `send` if None.
        headers: pairs of a name and bytes.

    Raises:
        TypeError: the partition or the timestamp is not an int.
        ValueError: one of them is negative, as in Java, or too large.
    """

    topic: str
    value: object = None
    key: object = None
    partition: int | None = None
    timestamp_ms: int | None = None
    headers: Headers = ()

    def __post_init__(self) -> None:
        refuse_wrong_numbers(self.partition, self.timestamp_ms)

    def fields(self) -> tuple[str, object, object, int | None, int | None, Headers]:
        """The same as a tuple, in the order in which `send` takes them."""
        return self.topic, self.value, self.key, self.partition, self.timestamp_ms, self.headers


def record_of(
    topic: object, value: object, key: object, partition: int | None, timestamp_ms: int | None, headers: Headers
) -> ProducerRecord:
    """What `send` was given as one record, whether it was given one or its fields.

    Raises:
        TypeError: the topic is neither text nor a record; or there is something beside the record.
    """
    if isinstance(topic, ProducerRecord):
        refuse_beside_a_record(value, key, partition, timestamp_ms, headers)
        return topic
    return ProducerRecord(refuse_no_topic(topic), value, key, partition, timestamp_ms, headers)


class RecordMetadata(NamedTuple):
    """Where a record has gone. With an error, a placeholder: the offset is -1, the partition perhaps too."""

    topic: str
    partition: int
    offset: int = UNKNOWN_OFFSET
    timestamp_ms: int = NO_TIMESTAMP
    serialized_key_size: int = NULL_SIZE
    serialized_value_size: int = NULL_SIZE

    @property
    def timestamp(self) -> int:
        """The same as `timestamp_ms`: the broker's time if the topic is set to log append time, else the record's."""
        return self.timestamp_ms

    @property
    def has_offset(self) -> bool:
        """Whether the broker said where in the partition the record stands."""
        return self.offset != UNKNOWN_OFFSET

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}@{self.offset if self.has_offset else 'unknown'}"


Callback: TypeAlias = Callable[[RecordMetadata, KafkaError | None], object]
"""Called on the producer's own thread with where the record has gone and None, or with a placeholder and the error."""


@span(Stage.COMPLETE, show="callback metadata error")
def call_back(callback: Callback, metadata: RecordMetadata, error: KafkaError | None) -> None:
    """Call a record's callback. Whatever it raises is logged and harms nobody."""
    try:
        callback(metadata, error)
    except BaseException:
        # SystemExit too: it would end the sender's thread, and then nobody would complete the other records.
        log.exception("The callback of a record for %s raised; it is ignored", metadata)
