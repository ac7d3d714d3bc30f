"""Two spans a record: its own, from `send` to its outcome, and that of the request it travels in."""

import uuid

import pytest
from opentelemetry import context, trace
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from kafka_nio import KafkaProducer, ProducerRecord
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import CLUSTER_ID
from kafka_nio.producer import RecordMetadata
from kafka_nio.tracing import instrument
from tests.tracing.live.telemetry import Telemetry, attributes, linked_ids, span_id

THEIR_TRACE = "0af7651916cd43dd8448eb211c80319c"
THEIR_HEADER = ("traceparent", f"00-{THEIR_TRACE}-b7ad6b7169203331-01".encode())


def headers_of(cluster: EmbeddedCluster, topic: str = "orders", partition: int = 0) -> list[dict[str, bytes | None]]:
    return [dict(record.headers) for record in cluster.log(topic, partition).records()]


def test_a_record_has_a_producer_span_that_is_its_callers_child(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, client_id="till") as producer,
        telemetry.tracer.start_as_current_span("take the order") as caller,
    ):
        sent = producer.send("orders", b"one coffee", key=b"table 4", partition=1).result(timeout=10)
    span = telemetry.span("create orders")
    assert span.kind is SpanKind.PRODUCER
    assert span.parent == caller.get_span_context()
    assert span.status.status_code is StatusCode.UNSET
    (host, port), *_ = cluster.addresses
    assert attributes(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "create",
        "messaging.operation.type": "create",
        "messaging.destination.name": "orders",
        "messaging.destination.partition.id": "1",
        "messaging.kafka.message.key": "table 4",
        "messaging.kafka.offset": sent.offset,
        "messaging.client.id": "till",
        "server.address": host,
        "server.port": port,
    }


def test_its_request_has_a_client_span_that_links_to_it(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, client_id="till", linger_ms=50) as producer:
        futures = [producer.send("orders", b"coffee", key=b"table 4", partition=1) for _ in range(3)]
        assert [future.result(timeout=10).offset for future in futures] == [0, 1, 2]
    span = telemetry.span("send orders")
    assert span.kind is SpanKind.CLIENT
    assert span.parent is None
    (host, port), *_ = cluster.addresses
    assert attributes(span) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": "orders",
        "messaging.destination.partition.id": "1",
        "messaging.batch.message_count": 3,
        "messaging.client.id": "till",
        "messaging.kafka.cluster.id": CLUSTER_ID,
        "server.address": host,
        "server.port": port,
    }
    assert [link.context for link in span.links] == [record.context for record in telemetry.records]
    assert [dict(link.attributes or {}) for link in span.links] == [{"messaging.kafka.message.key": "table 4"}] * 3


def test_where_a_request_has_several_topics_the_links_tell_them(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=1000) as producer:
        producer.partitions_for("orders"), producer.partitions_for("bills")
        producer.send("orders", b"coffee", partition=0)
        producer.send("bills", None, partition=1)
        producer.flush()
    span = telemetry.span("send")
    assert "messaging.destination.name" not in attributes(span)
    assert attributes(span)["messaging.batch.message_count"] == 2
    about = sorted((dict(link.attributes or {}) for link in span.links), key=str)
    assert about == [
        {
            "messaging.destination.name": "bills",
            "messaging.destination.partition.id": "1",
            "messaging.kafka.message.tombstone": True,
        },
        {"messaging.destination.name": "orders", "messaging.destination.partition.id": "0"},
    ]


def test_a_tombstone_is_called_one_and_nothing_else_is(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", None, key=b"table 4").result(timeout=10)
        producer.send("orders", b"", key=b"table 4").result(timeout=10)
    told = [attributes(span).get("messaging.kafka.message.tombstone") for span in telemetry.records]
    assert told == [True, None]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (b"table 4", "table 4"),
        ("table 4", "table 4"),
        (4, "4"),
        (uuid.UUID(int=4), str(uuid.UUID(int=4))),
        (b"\xff\xfe", None),
        (None, None),
        ({"table": 4}, None),
    ],
)
def test_a_key_is_shown_if_it_has_one_obvious_form(
    telemetry: Telemetry, cluster: EmbeddedCluster, key: object, text: str | None
) -> None:
    def serialize(given: object) -> bytes:
        return given if isinstance(given, bytes) else str(given).encode()

    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, key_serializer=serialize) as producer:
        producer.send("orders", b"coffee", key=key).result(timeout=10)
    assert attributes(telemetry.span("create orders")).get("messaging.kafka.message.key") == text


# The header...


def test_the_context_goes_into_a_header(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee", partition=0, headers=[("shop", b"7")]).result(timeout=10)
    (headers,) = headers_of(cluster)
    assert list(headers) == ["shop", "traceparent"]
    where = telemetry.span("create orders").context
    assert where is not None
    _, trace_id, parent_id, _ = (headers["traceparent"] or b"").decode().split("-")
    assert (int(trace_id, 16), int(parent_id, 16)) == (where.trace_id, where.span_id)


def test_a_callers_own_context_is_kept_and_linked_to(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        record = ProducerRecord("orders", b"passed on", partition=0, headers=[THEIR_HEADER])
        producer.send(record).result(timeout=10)
    assert headers_of(cluster) == [dict([THEIR_HEADER])]
    assert telemetry.records == []
    (link,) = telemetry.span("send orders").links
    assert link.context.trace_id == int(THEIR_TRACE, 16)


def test_a_header_that_is_no_context_is_kept_all_the_same(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee", partition=0, headers=[("traceparent", b"mine")]).result(timeout=10)
        producer.send("orders", b"coffee", partition=0, headers=[("traceparent", None)]).result(timeout=10)
    assert headers_of(cluster) == [{"traceparent": b"mine"}, {"traceparent": None}]
    assert len(telemetry.records) == 2


def test_a_record_that_is_not_sampled_still_carries_its_context(unwatched: Telemetry, cluster: EmbeddedCluster) -> None:
    unwatched.tracer_provider.sampler = ALWAYS_OFF
    instrument(unwatched.tracer_provider, unwatched.meter_provider)
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee", partition=0).result(timeout=10)
    assert unwatched.spans == []
    (headers,) = headers_of(cluster)
    assert (headers["traceparent"] or b"").startswith(b"00-")


# Around it...


def test_a_callback_runs_in_the_context_of_send(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    current = []

    def note(metadata: RecordMetadata, error: Exception | None) -> None:
        current.append(trace.get_current_span().get_span_context())

    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
        telemetry.tracer.start_as_current_span("take the order") as caller,
    ):
        producer.send("orders", b"coffee", callback=note).result(timeout=10)
    assert current == [caller.get_span_context()]


def test_what_a_serializer_traces_belongs_to_the_record(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    def serialize(value: object) -> bytes:
        with telemetry.tracer.start_as_current_span("serialize"):
            return str(value).encode()

    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, value_serializer=serialize) as producer:
        producer.send("orders", "coffee").result(timeout=10)
    parent = telemetry.span("serialize").parent
    assert parent is not None
    assert parent.span_id == span_id(telemetry.span("create orders"))


def test_where_the_program_suppresses_tracing_a_record_is_sent_untraced(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        token = context.attach(context.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))
        producer.send("orders", b"an exporter's own", partition=0).result(timeout=10)
        context.detach(token)
    assert headers_of(cluster) == [{}]
    assert telemetry.records == []
    assert linked_ids(telemetry.requests) == {}


def test_a_producer_that_exists_already_is_traced_too(unwatched: Telemetry, cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"before").result(timeout=10)
        instrument(unwatched.tracer_provider, unwatched.meter_provider)
        producer.send("orders", b"after").result(timeout=10)
    assert [span.name for span in unwatched.spans] == ["send orders", "create orders"]
