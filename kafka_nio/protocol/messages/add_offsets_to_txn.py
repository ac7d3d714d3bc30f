"""AddOffsetsToTxn: the offsets of this consumer group take part in the transaction.

They are kept in a partition of an internal topic, so to the coordinator this is one more partition. The offsets
themselves go to another broker, the group's coordinator, in TxnOffsetCommit. In the second protocol (KIP-890) that will
do.

Versions: 2 PRODUCER_FENCED; 3 flexible; 4 TRANSACTION_ABORTABLE.

Java: org.apache.kafka.common.requests.AddOffsetsToTxnRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, message


@message
class AddOffsetsToTxnRequest(Message):
    """Who asks, by transactional id, producer id and epoch, and for which group."""

    api_key: ClassVar[ApiKey] = ApiKey.ADD_OFFSETS_TO_TXN

    transactional_id: str
    producer_id: Int64
    producer_epoch: Int16
    group_id: str


@message
class AddOffsetsToTxnResponse(Message):
    """Whether it was added."""

    api_key: ClassVar[ApiKey] = ApiKey.ADD_OFFSETS_TO_TXN

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
