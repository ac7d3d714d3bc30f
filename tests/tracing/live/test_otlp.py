"""The whole way: the official exporter posts to a receiver, and a consumer goes on with the trace."""

from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster, Fault
from kafka_nio.errors import InvalidRecordError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing import instrument, uninstrument
from tests.support.read_back import read_back
from tests.tracing.live.otlp_receiver import OtlpReceiver, otlp_receiver, told


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as running:
        yield running


class Exporting:
    """A program's OpenTelemetry that exports to a receiver."""

    def __init__(self, receiver: OtlpReceiver) -> None:
        self.tracer_provider = TracerProvider()
        self.tracer_provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{receiver.endpoint}/v1/traces")))
        exporter = OTLPMetricExporter(f"{receiver.endpoint}/v1/metrics")
        self.meter_provider = MeterProvider([PeriodicExportingMetricReader(exporter)])

    def export(self) -> None:
        """Send all there is, and stop."""
        self.tracer_provider.shutdown()
        self.meter_provider.shutdown()


@pytest.fixture
def exporting(receiver: OtlpReceiver) -> Iterator[Exporting]:
    program = Exporting(receiver)
    instrument(program.tracer_provider, program.meter_provider)
    yield program
    uninstrument()


def test_spans_and_metrics_arrive_as_otlp(
    receiver: OtlpReceiver, exporting: Exporting, cluster: EmbeddedCluster
) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, client_id="till") as producer:
        producer.send("orders", b"coffee", key=b"table 4", partition=1).result(timeout=10)
    exporting.export()
    assert receiver.scopes == {"kafka_nio"}
    record, request = receiver.span("create orders"), receiver.span("send orders")
    assert (record.kind, request.kind) == (Span.SPAN_KIND_PRODUCER, Span.SPAN_KIND_CLIENT)
    assert [link.span_id for link in request.links] == [record.span_id]
    assert [link.trace_id for link in request.links] == [record.trace_id]
    assert told(iter(record.attributes))["messaging.kafka.offset"] == 0
    assert told(iter(request.attributes))["messaging.batch.message_count"] == 1
    assert record.start_time_unix_nano <= request.start_time_unix_nano < request.end_time_unix_nano
    (point,) = receiver.metrics["messaging.client.sent.messages"].sum.data_points
    assert point.as_int == 1
    durations = receiver.metrics["messaging.client.operation.duration"].histogram.data_points
    assert {told(iter(one.attributes))["messaging.operation.name"] for one in durations} == {"send"}


def test_a_failure_arrives_as_one(receiver: OtlpReceiver, exporting: Exporting, cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=InvalidRecordError))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee", partition=0).exception(timeout=10)
    exporting.export()
    for span in receiver.spans:
        assert span.status.code == Status.STATUS_CODE_ERROR
        assert told(iter(span.attributes))["error.type"] == "INVALID_RECORD"


def test_a_consumer_goes_on_with_the_trace(
    receiver: OtlpReceiver, exporting: Exporting, cluster: EmbeddedCluster
) -> None:
    tracer = exporting.tracer_provider.get_tracer("shop")
    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
        tracer.start_as_current_span("take the order"),
    ):
        producer.send("orders", b"coffee", partition=0)
    (record,) = read_back(cluster.bootstrap_servers, "orders", 2)
    headers = {name: value.decode() for name, value in record.headers if value is not None}
    found = TraceContextTextMapPropagator().extract(headers)
    created = trace.get_current_span(found).get_span_context()
    with tracer.start_as_current_span("process orders", found, SpanKind.CONSUMER, links=[trace.Link(created)]):
        pass
    exporting.export()
    caller, create, process = map(receiver.span, ("take the order", "create orders", "process orders"))
    assert create.parent_span_id == caller.span_id
    assert process.parent_span_id == create.span_id
    assert caller.trace_id == create.trace_id == process.trace_id
