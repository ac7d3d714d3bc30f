"""OffsetForLeaderEpoch: where the records of a leader's term of office end, by which a fetcher notices a cut-off log.

Versions: 1 the answer names the epoch; 2 the fetcher's own epoch, throttle time; 3 replica id; 4 flexible.

Java: org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, field, message

DEBUG_CONSUMER = -2
"""The replica id of a consumer; -1 would be the future replica of the broker itself."""


@message
class OffsetForLeaderPartition:
    """A partition and the epoch that is asked about."""

    partition: Int32
    current_leader_epoch: Int32 = field(since=2, default=-1)
    leader_epoch: Int32 = -1


@message
class OffsetForLeaderTopic:
    """A topic's partitions."""

    topic: str
    partitions: list[OffsetForLeaderPartition] = field(default=[])


@message
class OffsetForLeaderEpochRequest(Message):
    """Asks for the end offsets of epochs."""

    api_key: ClassVar[ApiKey] = ApiKey.OFFSET_FOR_LEADER_EPOCH

    replica_id: Int32 = field(since=3, default=DEBUG_CONSUMER)
    topics: list[OffsetForLeaderTopic] = field(default=[])


@message
class OffsetForLeaderEpochEndOffset:
    """The largest epoch not above the one asked about, and the offset at which it ends; -1 if there is none."""

    error_code: Int16 = 0
    partition: Int32 = 0
    leader_epoch: Int32 = field(since=1, default=-1)
    end_offset: Int64 = -1


@message
class OffsetForLeaderTopicResult:
    """A topic's partitions."""

    topic: str
    partitions: list[OffsetForLeaderEpochEndOffset] = field(default=[])


@message
class OffsetForLeaderEpochResponse(Message):
    """One answer for each partition of the request."""

    api_key: ClassVar[ApiKey] = ApiKey.OFFSET_FOR_LEADER_EPOCH

    throttle_time_ms: Int32 = field(since=2, default=0)
    topics: list[OffsetForLeaderTopicResult] = field(default=[])
