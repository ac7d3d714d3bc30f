"""FindCoordinator: v0-4

Version notes:
* v4: several keys in one request (KIP-699)

Behaviour:
* One broker coordinates all groups and one all transactions; at first it is broker 0 for both.
* Consumers ask this even when their partitions are assigned by hand and they commit nothing. There is nothing that a
  group can do here but be written to by transactions; an error would make consumers ask again and again.
* Any other key type: INVALID_REQUEST.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, InvalidRequestError
from kafka_nio.protocol.messages import Coordinator, FindCoordinatorRequest, FindCoordinatorResponse
from kafka_nio.protocol.messages.find_coordinator import GROUP, TRANSACTION
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_find_coordinator_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Name the broker to turn to for a group or a transaction."""
    body = cast(FindCoordinatorRequest, request.body)
    seats = {GROUP: replicas.groups.seat, TRANSACTION: replicas.transactions.seat}
    if body.key_type not in seats:
        return error_response(request, InvalidRequestError(f"there is no coordinator for key type {body.key_type}"))
    node = replicas.cluster.node(seats[body.key_type].node_id)
    return SendResponse(
        FindCoordinatorResponse(
            node_id=node.id,
            host=node.host,
            port=node.port,
            coordinators=[
                Coordinator(key=key, node_id=node.id, host=node.host, port=node.port) for key in body.coordinator_keys
            ],
        )
    )


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Name no broker, for any key."""
    body = cast(FindCoordinatorRequest, request.body)
    return SendResponse(
        FindCoordinatorResponse(
            error_code=error.code,
            error_message=str(error),
            coordinators=[
                Coordinator(key=key, error_code=error.code, error_message=str(error)) for key in body.coordinator_keys
            ],
        )
    )
