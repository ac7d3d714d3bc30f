"""Has a client make an OpenTelemetry span for each record, by the instrumentation that there is for it.

All have the same: the SDK's own provider, which samples everything, its BatchSpanProcessor, and an exporter that drops
the spans but counts them. So it is known that there was one for each record. The processor has a queue so long that it
never has to throw spans away, which would be less work for those who fill it faster.
"""

from collections.abc import Callable, Sequence
from importlib import import_module

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind

LONG_QUEUE = 4_000_000

INSTRUMENTORS = {
    "kafka_python_driver": ("kafka", "KafkaInstrumentor"),
    "aiokafka_driver": ("aiokafka", "AIOKafkaInstrumentor"),
    "confluent_driver": ("confluent_kafka", "ConfluentKafkaInstrumentor"),
}
"""Module in `opentelemetry.instrumentation`, and class."""


class Tracing:
    """Is on from the beginning. It must begin before the driver is imported, or confluent-kafka's does nothing."""

    def __init__(self, driver: str) -> None:
        self._exporter = Counting()
        self._processor = BatchSpanProcessor(self._exporter, max_queue_size=LONG_QUEUE)
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(self._processor)
        instrumentation_of(driver)(provider)

    def finish(self) -> None:
        """Return when all spans that have ended are exported."""
        self._processor.force_flush()

    @property
    def spans(self) -> int:
        """Those of kind PRODUCER that were exported: one for each record."""
        return self._exporter.spans


def instrumentation_of(driver: str) -> Callable[[TracerProvider], object]:
    """What begins to instrument a driver's client when it is called."""
    if driver == "kafka_nio_driver":
        from kafka_nio.tracing import instrument

        return instrument
    module, name = INSTRUMENTORS[driver]
    instrumentor = getattr(import_module(f"opentelemetry.instrumentation.{module}"), name)()
    return lambda provider: instrumentor.instrument(tracer_provider=provider)


class Counting(SpanExporter):
    """Counts the records' spans and drops all."""

    def __init__(self) -> None:
        self.spans = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += sum(span.kind is SpanKind.PRODUCER for span in spans)
        return SpanExportResult.SUCCESS
