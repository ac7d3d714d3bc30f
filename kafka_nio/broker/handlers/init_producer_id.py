"""InitProducerId: v0-6

Version notes:
* v2: flexible
* v3: a producer may name the id and epoch it had, to get the next epoch (KIP-360)
* v4: PRODUCER_FENCED instead of INVALID_PRODUCER_EPOCH
* v6: two-phase commit (KIP-939); Kafka's brokers take it only with `unstable.api.versions.enable`

Behaviour:
* Without a transactional id: a new producer id with epoch 0, whatever the producer had before, as in Kafka. Ids count
  up.
* With one: the id that belongs to it, with the next epoch, which locks out whoever had the one before. A transaction
  that is still open is aborted first, and meanwhile the answer is CONCURRENT_TRANSACTIONS.
* An id without an epoch, or the other way round: INVALID_REQUEST.
* With two-phase commit, if the broker's config allows that, transactions never time out, and one that is open may be
  kept, for the producer to end it. Kafka's brokers (4.4) answer UNSUPPORTED_VERSION to the latter.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_state import FIRST_EPOCH, ProducerIdAndEpoch
from kafka_nio.errors import NONE, ApiError, InvalidRequestError
from kafka_nio.protocol.messages import InitProducerIdRequest, InitProducerIdResponse
from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from kafka_nio.spans import Stage, span

NOBODY = ProducerIdAndEpoch(NO_PRODUCER_ID, NO_PRODUCER_EPOCH)


@span(Stage.BROKER, show="request")
def handle_init_producer_id_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Give the producer an id that no other has."""
    body = cast(InitProducerIdRequest, request.body)
    try:
        producer, ongoing = _producer(replicas, body)
    except ApiError as error:
        return error_response(request, error)
    return SendResponse(InitProducerIdResponse(0, NONE, *producer, *(ongoing or NOBODY)))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give no id."""
    told = as_known_to(request.api, request.version, error)
    return SendResponse(InitProducerIdResponse(error_code=told.code))


def _producer(
    replicas: ReplicaManager, body: InitProducerIdRequest
) -> tuple[ProducerIdAndEpoch, ProducerIdAndEpoch | None]:
    if (body.producer_id == NO_PRODUCER_ID) != (body.producer_epoch == NO_PRODUCER_EPOCH):
        raise InvalidRequestError(f"producer id {body.producer_id} does not go with epoch {body.producer_epoch}")
    if body.transactional_id is None:
        return ProducerIdAndEpoch(replicas.cluster.next_producer_id(), FIRST_EPOCH), None
    replicas.transactions.seat.ensure_taken_by(replicas.node_id)
    if body.keep_prepared_txn:
        if not body.enable_two_phase_commit:
            raise InvalidRequestError("to keep a prepared transaction is a part of two-phase commit")
        return replicas.transactions.keep_prepared_transaction(body.transactional_id, body.transaction_timeout_ms)
    is_known = body.producer_id != NO_PRODUCER_ID
    expected = ProducerIdAndEpoch(body.producer_id, body.producer_epoch) if is_known else None
    producer = replicas.transactions.init_producer_id(
        body.transactional_id,
        body.transaction_timeout_ms,
        expected,
        two_phase_commit=body.enable_two_phase_commit,
    )
    return producer, None
