"""EndTxn: commit the transaction, or abort it. The coordinator then marks its end in every partition it touched.

Versions: 2 PRODUCER_FENCED; 3 flexible; 4 TRANSACTION_ABORTABLE. From 5 on the epoch grows with every transaction
(KIP-890), which this code does not speak.

Java: org.apache.kafka.common.requests.EndTxnRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, message


@message
class EndTxnRequest(Message):
    """Who asks, by transactional id, producer id and epoch; `committed` is True to commit and False to abort."""

    api_key: ClassVar[ApiKey] = ApiKey.END_TXN

    transactional_id: str
    producer_id: Int64
    producer_epoch: Int16
    committed: bool


@message
class EndTxnResponse(Message):
    """Whether it will be so. The marks may be written later."""

    api_key: ClassVar[ApiKey] = ApiKey.END_TXN

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
