"""FindCoordinator: v0-4

Version notes:
* v4: several keys in one request (KIP-699)

Behaviour:
* The first broker coordinates every group and every transaction, so to speak: it does neither. Consumers ask this even
  when their partitions are assigned by hand and they commit nothing; an error would make them ask again and again.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError
from kafka_nio.protocol.messages import Coordinator, FindCoordinatorRequest, FindCoordinatorResponse
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_find_coordinator_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Name the broker to turn to for a group or a transaction."""
    body = cast(FindCoordinatorRequest, request.body)
    node = replicas.cluster.controller
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
