"""GetTelemetrySubscriptions: "which of my metrics do you want?" (KIP-714)

A broker with a receiver for client metrics names them by the beginnings of their names, and says how often it wants
them. The first answer also gives the client an id, which goes with all that follows.

Java: org.apache.kafka.common.requests.GetTelemetrySubscriptionsRequest
"""

from typing import ClassVar
from uuid import UUID

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int8, Int16, Int32, field, message
from kafka_nio.protocol.types import ZERO_UUID


@message
class GetTelemetrySubscriptionsRequest(Message):
    """Asks under the id that a broker gave us, or under none the first time."""

    api_key: ClassVar[ApiKey] = ApiKey.GET_TELEMETRY_SUBSCRIPTIONS

    client_instance_id: UUID = ZERO_UUID


@message
class GetTelemetrySubscriptionsResponse(Message):
    """What is wanted: nothing, if `requested_metrics` is empty; everything, if it is `*` or the empty beginning."""

    api_key: ClassVar[ApiKey] = ApiKey.GET_TELEMETRY_SUBSCRIPTIONS

    throttle_time_ms: Int32 = 0
    error_code: Int16 = 0
    client_instance_id: UUID = ZERO_UUID
    subscription_id: Int32 = 0
    accepted_compression_types: list[Int8] = field(default=[])
    push_interval_ms: Int32 = 0
    telemetry_max_bytes: Int32 = 0
    delta_temporality: bool = False
    requested_metrics: list[str] = field(default=[])
