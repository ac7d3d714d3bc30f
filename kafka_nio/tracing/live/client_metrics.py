"""The two metrics that the conventions ask of a producer.

- `messaging.client.operation.duration`, in seconds, of the operation `send`: a Produce request from the moment it is
  made to its answer.
- `messaging.client.sent.messages`: records that left in a request. One that is sent again counts again, each time with
  what came of it in `error.type`.

Both are noted once a request. The duration of `create` is left out: to note it with every record would take as long as
all that the producer does with it. The record's span has it.

Java: no counterpart.
"""

from collections.abc import Mapping

from opentelemetry.metrics import Meter
from opentelemetry.util.types import AttributeValue

from kafka_nio.clock import Clock, SystemClock

DURATION = "messaging.client.operation.duration"
SENT = "messaging.client.sent.messages"

DURATION_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""The limits, in seconds, that the conventions advise."""

NS_PER_S = 1_000_000_000


class ClientMetrics:
    """What is measured, and the clock that measures it."""

    def __init__(self, meter: Meter, clock: Clock | None = None) -> None:
        self.now_ns = (clock or SystemClock()).now_ns
        self._duration = meter.create_histogram(
            DURATION,
            unit="s",
            description="Duration of messaging operation initiated by a producer or consumer client.",
            explicit_bucket_boundaries_advisory=DURATION_BUCKETS,
        )
        self._sent = meter.create_counter(
            SENT, unit="{message}", description="Number of messages producer attempted to send to the broker."
        )

    def operation_ended(self, began_ns: int, attributes: Mapping[str, AttributeValue]) -> None:
        """Note how long an operation took that ends now."""
        self._duration.record((self.now_ns() - began_ns) / NS_PER_S, attributes)

    def sent(self, count: int, attributes: Mapping[str, AttributeValue]) -> None:
        """Note that so many records have been sent."""
        self._sent.add(count, attributes)
