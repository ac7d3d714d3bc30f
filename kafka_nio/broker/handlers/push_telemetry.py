"""PushTelemetry: v0

Behaviour:
* Keeps the metrics that a client pushes.
* Where nobody wants metrics: UNSUPPORTED_VERSION.
* A client that was given no id, or has pushed its last metrics: INVALID_REQUEST. Metrics for what was wanted before:
  UNKNOWN_SUBSCRIPTION_ID, so that the client asks again. In a compression that was not offered:
  UNSUPPORTED_COMPRESSION_TYPE. More than a mebibyte: TELEMETRY_TOO_LARGE. Damaged: INVALID_RECORD.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.client_metrics import ClientMetricsManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, UnsupportedVersionError
from kafka_nio.protocol.messages import PushTelemetryRequest, PushTelemetryResponse
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_push_telemetry_request(client_metrics: ClientMetricsManager, request: Request) -> SendResponse:
    """Keep the metrics."""
    if not client_metrics.has_receiver:
        return error_response(request, UnsupportedVersionError())
    try:
        client_metrics.process_push_telemetry_request(cast(PushTelemetryRequest, request.body))
    except ApiError as error:
        return error_response(request, error)
    return SendResponse(PushTelemetryResponse())


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse."""
    return SendResponse(PushTelemetryResponse(error_code=error.code))
