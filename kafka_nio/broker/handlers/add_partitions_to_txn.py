"""AddPartitionsToTxn: v0-3

Version notes:
* v2: PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH
* v3: flexible

Behaviour:
* All or nothing. A partition that is not there gets UNKNOWN_TOPIC_OR_PARTITION and the others OPERATION_NOT_ATTEMPTED;
  any other error is given to every partition.
* The first partitions begin the transaction, and its time begins to run.

Java: kafka.server.KafkaApis
"""

from collections.abc import Callable
from typing import cast

from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import NONE, ApiError, OperationNotAttemptedError, UnknownTopicOrPartitionError
from kafka_nio.protocol.messages import (
    AddPartitionsToTxnPartitionResult,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopicResult,
)
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_add_partitions_to_txn_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Let partitions take part in the producer's transaction."""
    body = cast(AddPartitionsToTxnRequest, request.body)
    partitions = {TopicPartition(topic.name, index) for topic in body.topics for index in topic.partitions}
    unknown = {partition for partition in partitions if not replicas.cluster.has_partition(partition)}
    if unknown:
        return _answer(body, lambda partition: _code_beside_unknown(partition in unknown))
    try:
        replicas.transactions.seat.ensure_taken_by(replicas.node_id)
        producer = ProducerIdAndEpoch(body.producer_id, body.producer_epoch)
        replicas.transactions.add_partitions(body.transactional_id, producer, partitions)
    except ApiError as error:
        return error_response(request, error)
    return _answer(body, lambda partition: NONE)


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give every partition this error."""
    told = as_known_to(request.api, request.version, error)
    return _answer(cast(AddPartitionsToTxnRequest, request.body), lambda partition: told.code)


def _code_beside_unknown(is_unknown: bool) -> int:
    return UnknownTopicOrPartitionError.code if is_unknown else OperationNotAttemptedError.code


def _answer(body: AddPartitionsToTxnRequest, code_of: Callable[[TopicPartition], int]) -> SendResponse:
    topics = [
        AddPartitionsToTxnTopicResult(
            name=topic.name,
            results_by_partition=[
                AddPartitionsToTxnPartitionResult(index, code_of(TopicPartition(topic.name, index)))
                for index in topic.partitions
            ],
        )
        for topic in body.topics
    ]
    return SendResponse(AddPartitionsToTxnResponse(results_by_topic=topics))
