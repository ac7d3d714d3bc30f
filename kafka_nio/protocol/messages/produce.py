"""Produce: record batches for partitions that the broker leads.

With acks=0 there is no response at all.

Versions, request: 3 record batch v2 and transactions, the oldest that Kafka 4 still takes; 7 zstd allowed; 9 flexible;
12 in a transaction, it lets its partitions take part by itself (KIP-890); 13 topics go by their id instead of their
name.
Versions, response: 2 append time; 5 start of the log; 8 which record was at fault (KIP-467); 10 who leads the partition
now, if it is another broker (KIP-951); 13 topic ids.

Java: org.apache.kafka.common.requests.ProduceRequest
"""

from typing import ClassVar
from uuid import UUID

from kafka_nio.errors import UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD, RecordBatch
from kafka_nio.protocol.schema import NEVER_SENT, Int16, Int32, Int64, Records, field, message
from kafka_nio.protocol.types import ZERO_UUID

FIRST_VERSION_WITH_ZSTD = 7
"""Older brokers would keep a batch that no older consumer can read (KIP-110)."""


LATEST_BEFORE_TRANSACTION_V2 = 11


@message
class PartitionProduceData:
    """One partition and the one record batch that goes to it."""

    index: Int32
    records: Records | None = None


@message
class TopicProduceData:
    """A topic's partitions. Fill in both name and id; the version decides which of them travels."""

    name: str = field(until=12, default="")
    topic_id: UUID = field(since=13, default=ZERO_UUID)
    partitions: list[PartitionProduceData] = field(default=[])


@message
class ProduceRequest(Message):
    """`acks` is 0 (nobody answers), 1 (the leader has it) or -1 (all in-sync replicas have it)."""

    api_key: ClassVar[ApiKey] = ApiKey.PRODUCE

    transactional_id: str | None = None
    acks: Int16 = -1
    timeout_ms: Int32 = 30_000
    topics: list[TopicProduceData] = field(default=[])
    transaction_v2: bool = field(since=NEVER_SENT, default=False)
    """Whether it is part of a transaction of the second protocol."""

    @property
    def latest_version(self) -> int:
        """In a transaction of the first protocol 11, since from 12 on its partitions take part by themselves."""
        is_first_protocol = self.transactional_id is not None and not self.transaction_v2
        return LATEST_BEFORE_TRANSACTION_V2 if is_first_protocol else self.api_key.latest

    def ensure_fits(self, version: int) -> None:
        """Refuse to send in this version what it does not allow. Java: validateRecords.

        Raises:
            UnsupportedVersionError: a batch is compressed with zstd, and the version is older than that.
        """
        if version < FIRST_VERSION_WITH_ZSTD and any(
            _is_zstd(partition.records) for topic in self.topics for partition in topic.partitions
        ):
            raise UnsupportedVersionError(
                f"Produce version {version} takes no batches in zstd; the broker must be of Kafka 2.1 or newer"
            )


def _is_zstd(records: bytes | memoryview | None) -> bool:
    if records is None or len(records) < RECORD_BATCH_OVERHEAD:
        return False
    return RecordBatch(records).compression_codec == CompressionType.ZSTD


@message
class BatchIndexAndErrorMessage:
    """A record that the broker refused, by its position in the batch."""

    batch_index: Int32
    batch_index_error_message: str | None = None


@message
class LeaderIdAndEpoch:
    """Who leads a partition."""

    leader_id: Int32 = -1
    leader_epoch: Int32 = -1


@message
class PartitionProduceResponse:
    """What became of a batch. `log_append_time_ms` is -1 unless the topic stamps records as they are appended."""

    index: Int32
    error_code: Int16 = 0
    base_offset: Int64 = -1
    log_append_time_ms: Int64 = field(since=2, default=-1)
    log_start_offset: Int64 = field(since=5, default=-1)
    record_errors: list[BatchIndexAndErrorMessage] = field(since=8, default=[])
    error_message: str | None = field(since=8, default=None)
    current_leader: LeaderIdAndEpoch | None = field(since=10, tag=0, default=None)


@message
class TopicProduceResponse:
    """The batches of one topic."""

    name: str = field(until=12, default="")
    topic_id: UUID = field(since=13, default=ZERO_UUID)
    partitions: list[PartitionProduceResponse] = field(default=[])


@message
class NodeEndpoint:
    """The address of a broker named in `current_leader`."""

    node_id: Int32
    host: str
    port: Int32
    rack: str | None = None


@message
class ProduceResponse(Message):
    """One answer for each partition of the request."""

    api_key: ClassVar[ApiKey] = ApiKey.PRODUCE

    topics: list[TopicProduceResponse] = field(default=[])
    throttle_time_ms: Int32 = field(since=1, default=0)
    node_endpoints: list[NodeEndpoint] = field(since=10, tag=0, default=[])
