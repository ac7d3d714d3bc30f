"""InitProducerId: an identity under which batches are numbered, so that the broker can tell a repetition from news.

Versions: 2 flexible; 3 a producer may ask for the next epoch of the id it has (KIP-360); 4 and 5 new error codes.

Java: org.apache.kafka.common.requests.InitProducerIdRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, field, message


@message
class InitProducerIdRequest(Message):
    """Without a transactional id the producer is merely idempotent, and the timeout means nothing."""

    api_key: ClassVar[ApiKey] = ApiKey.INIT_PRODUCER_ID

    transactional_id: str | None = None
    transaction_timeout_ms: Int32 = 60_000
    producer_id: Int64 = field(since=3, default=-1, ignorable=False)
    producer_epoch: Int16 = field(since=3, default=-1, ignorable=False)


@message
class InitProducerIdResponse(Message):
    """The id to write into every batch, and its epoch: whoever comes with an older one is refused."""

    api_key: ClassVar[ApiKey] = ApiKey.INIT_PRODUCER_ID

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    producer_id: Int64 = -1
    producer_epoch: Int16 = 0
