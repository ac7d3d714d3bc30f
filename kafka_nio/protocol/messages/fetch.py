"""Fetch: record batches from partitions, as consumers and followers ask for them.

A producer never sends it. The embedded broker answers it, so that any Kafka consumer can read back what was produced.

Versions: 4 transactions (isolation level); 5 start of the log; 7 incremental sessions (KIP-227); 9 leader epochs
(KIP-320); 11 nearest replica (KIP-392); 12 flexible. From 13 on topics go by id, which this code does not speak.

Java: org.apache.kafka.common.requests.FetchRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.messages.produce import LeaderIdAndEpoch
from kafka_nio.protocol.schema import Int8, Int16, Int32, Int64, Records, field, message

ALL_BYTES = 2**31 - 1
"""As many bytes as fit in one response."""


@message
class FetchPartition:
    """A partition, where to begin and how much to send."""

    partition: Int32
    current_leader_epoch: Int32 = field(since=9, default=-1)
    fetch_offset: Int64 = 0
    last_fetched_epoch: Int32 = field(since=12, default=-1, ignorable=False)
    log_start_offset: Int64 = field(since=5, default=-1)
    partition_max_bytes: Int32 = ALL_BYTES


@message
class FetchTopic:
    """A topic's partitions."""

    topic: str
    partitions: list[FetchPartition] = field(default=[])


@message
class ForgottenTopic:
    """Partitions to be dropped from an incremental session."""

    topic: str
    partitions: list[Int32] = field(default=[])


@message
class FetchRequest(Message):
    """Waits at the broker until there are `min_bytes` or `max_wait_ms` are over. `replica_id` is -1 for consumers."""

    api_key: ClassVar[ApiKey] = ApiKey.FETCH

    replica_id: Int32 = -1
    max_wait_ms: Int32 = 500
    min_bytes: Int32 = 1
    max_bytes: Int32 = field(since=3, default=ALL_BYTES)
    isolation_level: Int8 = field(since=4, default=0)
    session_id: Int32 = field(since=7, default=0)
    session_epoch: Int32 = field(since=7, default=-1)
    topics: list[FetchTopic] = field(default=[])
    forgotten_topics_data: list[ForgottenTopic] = field(since=7, default=[], ignorable=False)
    rack_id: str = field(since=11, default="")
    cluster_id: str | None = field(since=12, tag=0, default=None)


@message
class EpochEndOffset:
    """Where the fetcher's log and the leader's part ways."""

    epoch: Int32 = -1
    end_offset: Int64 = -1


@message
class SnapshotId:
    """A snapshot to fetch instead of the log; only controllers have these."""

    end_offset: Int64 = -1
    epoch: Int32 = -1


@message
class AbortedTransaction:
    """A transaction whose records from `first_offset` on a careful consumer skips."""

    producer_id: Int64
    first_offset: Int64


@message
class PartitionData:
    """What was found in a partition. `high_watermark` is the offset behind the last record that all replicas have."""

    partition_index: Int32
    error_code: Int16 = 0
    high_watermark: Int64 = -1
    last_stable_offset: Int64 = field(since=4, default=-1)
    log_start_offset: Int64 = field(since=5, default=-1)
    aborted_transactions: list[AbortedTransaction] | None = field(since=4, default=None)
    preferred_read_replica: Int32 = field(since=11, default=-1, ignorable=False)
    records: Records | None = None
    diverging_epoch: EpochEndOffset | None = field(since=12, tag=0, default=None)
    current_leader: LeaderIdAndEpoch | None = field(since=12, tag=1, default=None)
    snapshot_id: SnapshotId | None = field(since=12, tag=2, default=None)


@message
class FetchableTopicResponse:
    """A topic's partitions."""

    topic: str
    partitions: list[PartitionData] = field(default=[])


@message
class FetchResponse(Message):
    """What was found. `session_id` 0 says that there is no session: the next request must name every partition."""

    api_key: ClassVar[ApiKey] = ApiKey.FETCH

    throttle_time_ms: Int32 = field(since=1, default=0)
    error_code: Int16 = field(since=7, default=0)
    session_id: Int32 = field(since=7, default=0, ignorable=False)
    topics: list[FetchableTopicResponse] = field(default=[])
