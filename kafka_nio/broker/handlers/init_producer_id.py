"""InitProducerId: v0-5

Version notes:
* v2: flexible
* v3: a producer may name the id and epoch it had, to get the next epoch

Behaviour:
* Without a transactional id: a new producer id with epoch 0, whatever the producer had before, as in Kafka. Ids count
  up.
* With one: INVALID_REQUEST; transactions are not supported yet.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, InvalidRequestError
from kafka_nio.protocol.messages import InitProducerIdRequest, InitProducerIdResponse
from kafka_nio.spans import Stage, span

FIRST_EPOCH = 0


@span(Stage.BROKER, show="request")
def handle_init_producer_id_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Give the producer an id that no other has."""
    body = cast(InitProducerIdRequest, request.body)
    if body.transactional_id is not None:
        return error_response(request, InvalidRequestError("this broker does not support transactions"))
    producer_id = replicas.cluster.next_producer_id()
    return SendResponse(InitProducerIdResponse(producer_id=producer_id, producer_epoch=FIRST_EPOCH))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give no id."""
    return SendResponse(InitProducerIdResponse(error_code=error.code))
