"""One `instrument()`: what it was asked for, and everything it has put in place.

Java: no counterpart.
"""

from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version

from opentelemetry import metrics, trace
from opentelemetry.metrics import MeterProvider
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import TracerProvider

from kafka_nio.errors import IllegalStateError
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.tracing.live.client_metrics import ClientMetrics
from kafka_nio.tracing.live.conventions import SCHEMA_URL
from kafka_nio.tracing.live.propagation import Propagation
from kafka_nio.tracing.live.record_spans import RecordSpans
from kafka_nio.tracing.live.request_spans import RequestSpans
from kafka_nio.tracing.live.seams import replaced, seams
from kafka_nio.tracing.live.step_spans import StepSpans
from kafka_nio.tracing.weave import woven

SCOPE = "kafka_nio"


class Instrumentation:
    """Put on once, taken off once. The arguments are those of `instrument`."""

    def __init__(
        self,
        tracer_provider: TracerProvider | None,
        meter_provider: MeterProvider | None,
        level: str,
        propagator: TextMapPropagator | None,
    ) -> None:
        self.asked_for = (tracer_provider, meter_provider, level, propagator)
        self._stack = ExitStack()

    def put_on(self) -> None:
        """Replace what has to be replaced.

        Raises:
            IllegalStateError: somebody has replaced it already.
        """
        if hasattr(KafkaProducer.do_send, "__wrapped__"):
            raise IllegalStateError("the producer is being recorded; call instrument() before or after that")
        tracer_provider, meter_provider, level, propagator = self.asked_for
        tracer = trace.get_tracer(SCOPE, _version(), tracer_provider, SCHEMA_URL)
        meter = metrics.get_meter(SCOPE, _version(), meter_provider, SCHEMA_URL)
        measured = ClientMetrics(meter)
        records = RecordSpans(tracer, Propagation(propagator))
        requests = RequestSpans(tracer, measured, is_root=level == "messages")
        with ExitStack() as stack:  # so that nothing stays if one of them fails
            stack.callback(requests.end_all)
            if level == "steps":
                stack.enter_context(woven(StepSpans(tracer).around))
            stack.enter_context(replaced(seams(records, requests)))
            self._stack = stack.pop_all()

    def take_off(self) -> None:
        """Put back what was replaced."""
        self._stack.close()


def _version() -> str:
    try:
        return version("kafka-nio")
    except PackageNotFoundError:
        return ""  # it runs from its sources
