"""ListOffsets: the offset of the first record, of the next one, or of the first record since some time.

Versions: 1 one offset a partition; 2 isolation level, throttle time; 4 leader epochs; 6 flexible; 7 the offset of the
record with the largest timestamp (KIP-734).

Java: org.apache.kafka.common.requests.ListOffsetsRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int8, Int16, Int32, Int64, field, message

LATEST_TIMESTAMP = -1
"""In place of a timestamp: the offset that the next record will get."""
EARLIEST_TIMESTAMP = -2
"""In place of a timestamp: the offset of the first record that is still there."""
MAX_TIMESTAMP = -3
"""In place of a timestamp: the offset of the record whose timestamp is the largest."""


@message
class ListOffsetsPartition:
    """A partition and the time that is asked about, in milliseconds since 1970 or one of the constants above."""

    partition_index: Int32
    current_leader_epoch: Int32 = field(since=4, default=-1)
    timestamp: Int64 = LATEST_TIMESTAMP


@message
class ListOffsetsTopic:
    """A topic's partitions."""

    name: str
    partitions: list[ListOffsetsPartition] = field(default=[])


@message
class ListOffsetsRequest(Message):
    """`replica_id` is -1 for consumers; `isolation_level` 1 hides what is in an open transaction."""

    api_key: ClassVar[ApiKey] = ApiKey.LIST_OFFSETS

    replica_id: Int32 = -1
    isolation_level: Int8 = field(since=2, default=0, ignorable=False)
    topics: list[ListOffsetsTopic] = field(default=[])


@message
class ListOffsetsPartitionResponse:
    """The offset that was asked for, with the timestamp of its record; both are -1 if there is none."""

    partition_index: Int32
    error_code: Int16 = 0
    timestamp: Int64 = -1
    offset: Int64 = -1
    leader_epoch: Int32 = field(since=4, default=-1)


@message
class ListOffsetsTopicResponse:
    """A topic's partitions."""

    name: str
    partitions: list[ListOffsetsPartitionResponse] = field(default=[])


@message
class ListOffsetsResponse(Message):
    """One answer for each partition of the request."""

    api_key: ClassVar[ApiKey] = ApiKey.LIST_OFFSETS

    throttle_time_ms: Int32 = field(since=2, default=0)
    topics: list[ListOffsetsTopicResponse] = field(default=[])
