"""GetTelemetrySubscriptions: v0

Behaviour:
* Says which metrics of the client are wanted, and gives it an id if it has none.
* Where nobody wants metrics: UNSUPPORTED_VERSION. Such a broker does not list the request in the first place.
* A client that has pushed its last metrics: INVALID_REQUEST.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.client_metrics import ClientMetricsManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, UnsupportedVersionError
from kafka_nio.protocol.messages import GetTelemetrySubscriptionsRequest, GetTelemetrySubscriptionsResponse
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_get_telemetry_subscriptions_request(client_metrics: ClientMetricsManager, request: Request) -> SendResponse:
    """Say which of the client's metrics are wanted."""
    body = cast(GetTelemetrySubscriptionsRequest, request.body)
    if not client_metrics.has_receiver:
        return error_response(request, UnsupportedVersionError())
    try:
        return SendResponse(client_metrics.process_get_telemetry_subscription_request(body.client_instance_id))
    except ApiError as error:
        return error_response(request, error)


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse, and want nothing."""
    return SendResponse(GetTelemetrySubscriptionsResponse(error_code=error.code))
