"""What a broker wants to know of our metrics: which, how often, in what form.

Java: org.apache.kafka.common.telemetry.internals.ClientTelemetryReporter.ClientTelemetrySubscription
"""

import logging
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.messages import GetTelemetrySubscriptionsResponse

log = logging.getLogger(__name__)

DEFAULT_PUSH_INTERVAL_MS = 5 * 60 * 1000

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A broker's order, and the id that it has given us."""

    client_instance_id: UUID
    subscription_id: int
    push_interval_ms: int
    accepted_compression_types: tuple[CompressionType, ...]
    wants_deltas: bool
    """Whether sums are to be counted since the last push, and not since the beginning."""
    prefixes: tuple[str, ...]
    """How the names of the metrics begin that are wanted."""

    @classmethod
    def of(cls, response: GetTelemetrySubscriptionsResponse) -> Self:
        """The order in an answer; what it says wrongly is put right."""
        is_everything = response.requested_metrics == [EVERYTHING]
        return cls(
            response.client_instance_id,
            response.subscription_id,
            _interval(response.push_interval_ms),
            tuple(CompressionType(number) for number in response.accepted_compression_types if _is_known(number)),
            response.delta_temporality,
            ("",) if is_everything else tuple(response.requested_metrics),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing is wanted."""
        return not self.prefixes

    def wants(self, name: str) -> bool:
        """Whether this metric is wanted."""
        return name.startswith(self.prefixes)


def _is_known(compression_type: int) -> bool:
    return compression_type in CompressionType.__members__.values()


def _interval(push_interval_ms: int) -> int:
    if push_interval_ms > 0:
        return push_interval_ms
    log.warning("A broker wants metrics every %d ms; %d ms it will be", push_interval_ms, DEFAULT_PUSH_INTERVAL_MS)
    return DEFAULT_PUSH_INTERVAL_MS
