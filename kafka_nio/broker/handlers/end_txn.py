"""EndTxn: v0-5

Version notes:
* v2: PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH
* v3: flexible
* v4: TRANSACTION_ABORTABLE
* v5: the producer's epoch ends with the transaction, and the answer says under which to go on (KIP-890); so a client
  uses it only if the cluster has agreed to the second protocol

Behaviour:
* Decides, and marks the end in every partition that took part before it answers. Kafka answers when it has decided and
  writes the marks afterwards; to see what a producer makes of that, have the coordinator hold them back.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.errors import NONE, ApiError
from kafka_nio.protocol.messages import EndTxnRequest, EndTxnResponse
from kafka_nio.spans import Stage, span

FIRST_VERSION_THAT_ENDS_EPOCH = 5


@span(Stage.BROKER, show="request")
def handle_end_txn_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Commit or abort the producer's transaction."""
    body = cast(EndTxnRequest, request.body)
    try:
        replicas.transactions.seat.ensure_taken_by(replicas.node_id)
        producer = ProducerIdAndEpoch(body.producer_id, body.producer_epoch)
        ends_epoch = request.version >= FIRST_VERSION_THAT_ENDS_EPOCH
        following = replicas.transactions.end_transaction(
            body.transactional_id, producer, committed=body.committed, ends_epoch=ends_epoch
        )
    except ApiError as error:
        return error_response(request, error)
    return SendResponse(EndTxnResponse(0, NONE, *following))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse."""
    told = as_known_to(request.api, request.version, error)
    return SendResponse(EndTxnResponse(error_code=told.code))
