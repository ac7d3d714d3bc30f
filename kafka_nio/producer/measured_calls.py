"""The part of `KafkaProducer` that is about what is counted: for the application, and for brokers that want to know.

Java: org.apache.kafka.clients.producer.KafkaProducer, its metrics and clientInstanceId; internals.KafkaProducerMetrics
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from kafka_nio.client.telemetry import ClientTelemetryReporter
from kafka_nio.clock import Clock
from kafka_nio.errors import IllegalStateError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.argument_checks import milliseconds
from kafka_nio.producer.io_thread import IoThread


class MeasuredCalls:
    """Metrics, and the time that calls take."""

    # Theirs is the producer that they are a part of:
    _clock: Clock
    _io_thread: IoThread
    _metrics: Metrics
    _telemetry: ClientTelemetryReporter | None

    def metrics(self) -> dict[str, float]:
        """What has been counted so far, under Kafka's names; `metric_names.METRICS` says what each means."""
        self._io_thread.refuse_in_child()
        return self._metrics.snapshot()

    def client_instance_id(self, timeout: float | None = None) -> UUID | None:
        """The id under which brokers know our metrics (KIP-714); None if they take none.

        Args:
            timeout: how long to wait for a broker to give us one, in seconds.

        Raises:
            IllegalStateError: `enable.metrics.push` is off; or this is a callback, where it would wait for itself.
            ValueError: the timeout is negative.
        """
        timeout_ms = milliseconds(timeout)
        self._io_thread.refuse_in_child()
        if self._telemetry is None:
            raise IllegalStateError("metrics are not pushed, so no broker has given us an id: set enable.metrics.push")
        if self._io_thread.is_current:
            raise IllegalStateError("an id for our metrics cannot be waited for inside a callback, which it waits for")
        return self._telemetry.client_instance_id(timeout_ms)

    @contextmanager
    def _timed(self, sensor: str) -> Iterator[None]:
        """Tell a sensor how long this takes, unless it fails."""
        began_ns = self._clock.now_ns()
        yield
        self._metrics.record(sensor, self._clock.now_ns() - began_ns)
