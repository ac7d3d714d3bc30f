"""EndTxn: commit the transaction, or abort it. The coordinator then marks its end in every partition it touched.

Versions: 2 PRODUCER_FENCED; 3 flexible; 4 TRANSACTION_ABORTABLE; 5 the epoch grows with every transaction (KIP-890).

Java: org.apache.kafka.common.requests.EndTxnRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import NEVER_SENT, Int16, Int32, Int64, field, message

LATEST_BEFORE_TRANSACTION_V2 = 4


@message
class EndTxnRequest(Message):
    """Who asks, by transactional id, producer id and epoch; `committed` is True to commit and False to abort."""

    api_key: ClassVar[ApiKey] = ApiKey.END_TXN

    transactional_id: str
    producer_id: Int64
    producer_epoch: Int16
    committed: bool
    transaction_v2: bool = field(since=NEVER_SENT, default=False)
    """Whether the transaction was of the second protocol; only then may it end with a new epoch."""

    @property
    def latest_version(self) -> int:
        """5 and more say by themselves that the second protocol is meant."""
        return self.api_key.latest if self.transaction_v2 else LATEST_BEFORE_TRANSACTION_V2


@message
class EndTxnResponse(Message):
    """Whether it will be so, and under which id and epoch to go on. The marks may be written later."""

    api_key: ClassVar[ApiKey] = ApiKey.END_TXN

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    producer_id: Int64 = field(since=5, default=-1)
    producer_epoch: Int16 = field(since=5, default=-1)
