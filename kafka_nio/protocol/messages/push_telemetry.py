"""PushTelemetry: "here are the metrics that you want." (KIP-714)

They are a `MetricsData` of OpenTelemetry in protobuf (`otlp_metrics.py`), compressed in a way that the broker takes.

Java: org.apache.kafka.common.requests.PushTelemetryRequest
"""

from typing import ClassVar
from uuid import UUID

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int8, Int16, Int32, message
from kafka_nio.protocol.types import ZERO_UUID

UNKNOWN_SUBSCRIPTION_ID, TELEMETRY_TOO_LARGE, THROTTLING_QUOTA_EXCEEDED = 117, 118, 89
"""The errors of telemetry that are no reason to stop."""


@message
class PushTelemetryRequest(Message):
    """Metrics for one subscription. The last ones of a client that closes are `terminating`."""

    api_key: ClassVar[ApiKey] = ApiKey.PUSH_TELEMETRY

    client_instance_id: UUID = ZERO_UUID
    subscription_id: Int32 = 0
    terminating: bool = False
    compression_type: Int8 = 0
    metrics: bytes = b""


@message
class PushTelemetryResponse(Message):
    """Whether they were taken."""

    api_key: ClassVar[ApiKey] = ApiKey.PUSH_TELEMETRY

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
