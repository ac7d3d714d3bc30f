"""TxnOffsetCommit: how far a consumer group has read, valid as soon as the transaction commits and only then.

It goes to the group's coordinator, after AddOffsetsToTxn has told the transaction's coordinator; or, in the second
protocol, by itself: then the group's coordinator tells the transaction's (KIP-890).

Versions: 2 leader epochs; 3 flexible, and the consumer says who it is, so that one that was thrown out of its group is
refused (KIP-447); 4 TRANSACTION_ABORTABLE; 5 it lets the group take part by itself.

Java: org.apache.kafka.common.requests.TxnOffsetCommitRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import NEVER_SENT, Int16, Int32, Int64, field, message

LATEST_BEFORE_TRANSACTION_V2 = 4


@message
class TxnOffsetCommitRequestPartition:
    """A partition and the offset of the record that is to be read next."""

    partition_index: Int32
    committed_offset: Int64
    committed_leader_epoch: Int32 = field(since=2, default=-1)
    committed_metadata: str | None = None


@message
class TxnOffsetCommitRequestTopic:
    """A topic's partitions."""

    name: str
    partitions: list[TxnOffsetCommitRequestPartition] = field(default=[])


@message
class TxnOffsetCommitRequest(Message):
    """Who asks, for which group, and in the name of which of its members, if any."""

    api_key: ClassVar[ApiKey] = ApiKey.TXN_OFFSET_COMMIT

    transactional_id: str
    group_id: str
    producer_id: Int64
    producer_epoch: Int16
    generation_id: Int32 = field(since=3, default=-1)
    member_id: str = field(since=3, default="")
    group_instance_id: str | None = field(since=3, default=None)
    topics: list[TxnOffsetCommitRequestTopic] = field(default=[])
    transaction_v2: bool = field(since=NEVER_SENT, default=False)
    """Whether the transaction is of the second protocol."""

    @property
    def latest_version(self) -> int:
        """5 and more say by themselves that the second protocol is meant."""
        return self.api_key.latest if self.transaction_v2 else LATEST_BEFORE_TRANSACTION_V2


@message
class TxnOffsetCommitResponsePartition:
    """Whether one offset was taken."""

    partition_index: Int32
    error_code: Int16 = 0


@message
class TxnOffsetCommitResponseTopic:
    """A topic's partitions."""

    name: str
    partitions: list[TxnOffsetCommitResponsePartition] = field(default=[])


@message
class TxnOffsetCommitResponse(Message):
    """One answer for each partition of the request."""

    api_key: ClassVar[ApiKey] = ApiKey.TXN_OFFSET_COMMIT

    throttle_time_ms: Int32 = 0
    topics: list[TxnOffsetCommitResponseTopic] = field(default=[])
