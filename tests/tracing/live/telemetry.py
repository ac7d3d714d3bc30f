"""A program's OpenTelemetry, kept in memory, and what the tests ask of it."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind


class Telemetry:
    """Providers, and what they were given."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()
        self.tracer_provider = TracerProvider(span_limits=SpanLimits(max_links=1000))  # by default 128 are kept
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self._spans))
        self.meter_provider = MeterProvider([self._reader])
        self.tracer = self.tracer_provider.get_tracer("the program's own")

    @property
    def spans(self) -> list[ReadableSpan]:
        """Those that have ended, in that order."""
        return list(self._spans.get_finished_spans())

    @property
    def records(self) -> list[ReadableSpan]:
        """The spans of records."""
        return [span for span in self.spans if span.kind is SpanKind.PRODUCER]

    @property
    def requests(self) -> list[ReadableSpan]:
        """The spans of Produce requests."""
        return [span for span in self.spans if span.kind is SpanKind.CLIENT]

    @property
    def steps(self) -> list[ReadableSpan]:
        """The spans of steps."""
        return [span for span in self.spans if "kafka_nio.stage" in attributes(span)]

    def span(self, name: str) -> ReadableSpan:
        """The only span of that name."""
        (found,) = (span for span in self.spans if span.name == name)
        return found

    def metric(self, name: str) -> list[Any]:
        """The data points of a metric."""
        data = self._reader.get_metrics_data()
        metrics = [
            metric
            for resource in (data.resource_metrics if data is not None else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
        ]
        return [point for metric in metrics if metric.name == name for point in metric.data.data_points]

    def shutdown(self) -> None:
        """Close both providers."""
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()


def attributes(span: ReadableSpan) -> Mapping[str, Any]:
    """The span's attributes."""
    return span.attributes or {}


def span_id(span: ReadableSpan) -> int:
    """The span's id."""
    assert span.context is not None
    return span.context.span_id


def linked_ids(spans: Iterable[ReadableSpan]) -> Counter[int]:
    """How often each span is linked to, by its id."""
    return Counter(link.context.span_id for span in spans for link in span.links)


def wait_until(condition: Callable[[], object], timeout_s: float = 10) -> None:
    """Give other threads time until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0)
