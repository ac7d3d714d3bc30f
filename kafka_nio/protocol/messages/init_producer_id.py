"""InitProducerId: an identity under which batches are numbered, so that the broker can tell a repetition from news.

Versions: 2 flexible; 3 a producer may ask for the next epoch of the id it has (KIP-360); 4 and 5 new error codes;
6 two-phase commit (KIP-939), which Kafka's brokers speak only with `unstable.api.versions.enable`.

Java: org.apache.kafka.common.requests.InitProducerIdRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, field, message


@message
class InitProducerIdRequest(Message):
    """Without a transactional id the producer is merely idempotent, and the timeout means nothing.

    With two-phase commit a transaction never times out; and the one that is open may be kept, to be ended later.
    """

    api_key: ClassVar[ApiKey] = ApiKey.INIT_PRODUCER_ID

    transactional_id: str | None = None
    transaction_timeout_ms: Int32 = 60_000
    producer_id: Int64 = field(since=3, default=-1, ignorable=False)
    producer_epoch: Int16 = field(since=3, default=-1, ignorable=False)
    enable_two_phase_commit: bool = field(since=6, default=False, ignorable=False)
    keep_prepared_txn: bool = field(since=6, default=False, ignorable=False)


@message
class InitProducerIdResponse(Message):
    """The id to write into every batch, and its epoch: whoever comes with an older one is refused.

    `ongoing_txn_…` say under which id and epoch the open transaction that was kept has been written; -1 if there is
    none.
    """

    api_key: ClassVar[ApiKey] = ApiKey.INIT_PRODUCER_ID

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    producer_id: Int64 = -1
    producer_epoch: Int16 = 0
    ongoing_txn_producer_id: Int64 = field(since=6, default=-1)
    ongoing_txn_producer_epoch: Int16 = field(since=6, default=-1)
