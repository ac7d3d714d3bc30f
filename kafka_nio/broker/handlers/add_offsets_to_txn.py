"""AddOffsetsToTxn: v0-4

Version notes:
* v2: PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH
* v3: flexible
* v4: TRANSACTION_ABORTABLE

Behaviour:
* Lets the partition take part in which the group's offsets are kept. TxnOffsetCommit then brings the offsets; in the
  second protocol (KIP-890) it alone will do.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.group_coordinator import OFFSETS_PARTITION
from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.errors import ApiError
from kafka_nio.protocol.messages import AddOffsetsToTxnRequest, AddOffsetsToTxnResponse
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_add_offsets_to_txn_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Let the offsets of a group take part in the producer's transaction."""
    body = cast(AddOffsetsToTxnRequest, request.body)
    try:
        replicas.transactions.seat.ensure_taken_by(replicas.node_id)
        producer = ProducerIdAndEpoch(body.producer_id, body.producer_epoch)
        replicas.transactions.add_partitions(body.transactional_id, producer, {OFFSETS_PARTITION})
    except ApiError as error:
        return error_response(request, error)
    return SendResponse(AddOffsetsToTxnResponse())


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse."""
    told = as_known_to(request.api, request.version, error)
    return SendResponse(AddOffsetsToTxnResponse(error_code=told.code))
