"""AddPartitionsToTxn: these partitions take part in the transaction; the coordinator will mark its end in each of them.

A producer sends it before the first batch of a transaction goes to a partition; not in the second protocol (KIP-890),
where the batch itself will do.

Versions: 2 PRODUCER_FENCED; 3 flexible. From 4 on it is the brokers' own, with several transactions in one request,
which this code does not speak.

Java: org.apache.kafka.common.requests.AddPartitionsToTxnRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int32, Int64, field, message


@message
class AddPartitionsToTxnTopic:
    """A topic's partitions."""

    name: str
    partitions: list[Int32] = field(default=[])


@message
class AddPartitionsToTxnRequest(Message):
    """Who asks, by transactional id, producer id and epoch, and what is to be added."""

    api_key: ClassVar[ApiKey] = ApiKey.ADD_PARTITIONS_TO_TXN

    transactional_id: str
    producer_id: Int64
    producer_epoch: Int16
    topics: list[AddPartitionsToTxnTopic] = field(default=[])


@message
class AddPartitionsToTxnPartitionResult:
    """Whether one partition was added. If one of them cannot be, none is: the others say OPERATION_NOT_ATTEMPTED."""

    partition_index: Int32
    partition_error_code: Int16 = 0


@message
class AddPartitionsToTxnTopicResult:
    """A topic's partitions."""

    name: str
    results_by_partition: list[AddPartitionsToTxnPartitionResult] = field(default=[])


@message
class AddPartitionsToTxnResponse(Message):
    """One answer for each partition of the request."""

    api_key: ClassVar[ApiKey] = ApiKey.ADD_PARTITIONS_TO_TXN

    throttle_time_ms: Int32 = 0
    results_by_topic: list[AddPartitionsToTxnTopicResult] = field(default=[])
