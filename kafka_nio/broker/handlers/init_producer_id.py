"""InitProducerId: v0-5

Version notes:
* v2: flexible
* v3: a producer may name the id and epoch it had, to get the next epoch (KIP-360)
* v4: PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH

Behaviour:
* Without a transactional id: a new producer id with epoch 0, whatever the producer had before, as in Kafka. Ids count
  up.
* With one: the id that belongs to it, with the next epoch, which locks out whoever had the one before. A transaction
  that is still open is aborted first, and meanwhile the answer is CONCURRENT_TRANSACTIONS.
* An id without an epoch, or the other way round: INVALID_REQUEST.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_coordinator import FIRST_EPOCH
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.errors import ApiError, InvalidRequestError
from kafka_nio.protocol.messages import InitProducerIdRequest, InitProducerIdResponse
from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_init_producer_id_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Give the producer an id that no other has."""
    body = cast(InitProducerIdRequest, request.body)
    try:
        producer = _producer(replicas, body)
    except ApiError as error:
        return error_response(request, error)
    return SendResponse(InitProducerIdResponse(producer_id=producer.producer_id, producer_epoch=producer.epoch))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give no id."""
    told = as_known_to(request.api, request.version, error)
    return SendResponse(InitProducerIdResponse(error_code=told.code))


def _producer(replicas: ReplicaManager, body: InitProducerIdRequest) -> ProducerIdAndEpoch:
    if (body.producer_id == NO_PRODUCER_ID) != (body.producer_epoch == NO_PRODUCER_EPOCH):
        raise InvalidRequestError(f"producer id {body.producer_id} does not go with epoch {body.producer_epoch}")
    if body.transactional_id is None:
        return ProducerIdAndEpoch(replicas.cluster.next_producer_id(), FIRST_EPOCH)
    replicas.transactions.seat.ensure_taken_by(replicas.node_id)
    is_known = body.producer_id != NO_PRODUCER_ID
    expected = ProducerIdAndEpoch(body.producer_id, body.producer_epoch) if is_known else None
    return replicas.transactions.init_producer_id(body.transactional_id, body.transaction_timeout_ms, expected)
