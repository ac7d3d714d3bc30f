"""When metrics are pushed, and what comes of it; on a clock that only tests move."""

from random import Random
from uuid import UUID

import pytest

from kafka_nio.client.telemetry import ClientTelemetryReporter, TelemetryEvent, TelemetryState
from kafka_nio.client.telemetry_metrics import MetricsCollector
from kafka_nio.client.telemetry_subscription import DEFAULT_PUSH_INTERVAL_MS, Subscription
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.errors import IllegalStateError, InvalidRequestError, UnsupportedCompressionTypeError
from kafka_nio.metrics import Metrics
from kafka_nio.protocol import compression
from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.messages import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
    PushTelemetryRequest,
    PushTelemetryResponse,
)
from kafka_nio.protocol.messages.push_telemetry import (
    TELEMETRY_TOO_LARGE,
    THROTTLING_QUOTA_EXCEEDED,
    UNKNOWN_SUBSCRIPTION_ID,
)
from kafka_nio.protocol.otlp_metrics import Temporality

OUR_ID = UUID(int=7)
INTERVAL_MS = 60_000


class Reporting:
    """A reporter whose requests a test answers."""

    def __init__(self) -> None:
        self.clock = MockClock(now_ms=1_000_000)
        self.metrics = Metrics(self.clock.now_ms)
        self.reporter = ClientTelemetryReporter(self.metrics, {}, self.clock, Random(1))

    @property
    def wait_ms(self) -> float:
        return self.reporter.time_to_next_request(self.clock.now_ms())

    def subscribe(self, *prefixes: str, **how: object) -> None:
        """Let it ask, and answer this."""
        assert isinstance(self.reporter.create_request(), GetTelemetrySubscriptionsRequest)
        said: dict[str, object] = {"client_instance_id": OUR_ID, "subscription_id": 5, "push_interval_ms": INTERVAL_MS}
        response = GetTelemetrySubscriptionsResponse(**(said | {"requested_metrics": list(prefixes)} | how))  # type: ignore[arg-type]
        self.reporter.handle_subscription(response, self.clock.now_ms())

    def push(self, error_code: int = 0) -> PushTelemetryRequest:
        """Let it push, and answer this."""
        request = self.reporter.create_request()
        assert isinstance(request, PushTelemetryRequest)
        self.reporter.handle_push(PushTelemetryResponse(error_code=error_code), self.clock.now_ms())
        return request


@pytest.fixture
def reporting() -> Reporting:
    return Reporting()


def test_the_first_question_is_due_at_once_and_without_an_id(reporting: Reporting) -> None:
    assert reporting.wait_ms == 0
    request = reporting.reporter.create_request()
    assert isinstance(request, GetTelemetrySubscriptionsRequest)
    assert request.client_instance_id == UUID(int=0)
    assert reporting.wait_ms == NEVER, "the answer is awaited"


def test_the_first_push_comes_somewhere_around_the_interval(reporting: Reporting) -> None:
    reporting.subscribe("*")
    assert INTERVAL_MS * 0.5 <= reporting.wait_ms <= INTERVAL_MS * 1.5
    waits = set()
    for seed in range(5):
        reporting.reporter = ClientTelemetryReporter(reporting.metrics, {}, reporting.clock, Random(seed))
        reporting.subscribe("*")
        waits.add(reporting.wait_ms)
    assert len(waits) == 5, "clients that start together do not push together"


def test_later_ones_come_at_the_interval(reporting: Reporting) -> None:
    reporting.subscribe("*")
    for _ in range(3):
        request = reporting.push()
        assert (request.client_instance_id, request.subscription_id, request.terminating) == (OUR_ID, 5, False)
        assert reporting.wait_ms == INTERVAL_MS


def test_who_wants_nothing_is_asked_again_after_the_interval(reporting: Reporting) -> None:
    reporting.subscribe()
    assert reporting.reporter.state is TelemetryState.SUBSCRIPTION_NEEDED
    assert reporting.wait_ms == INTERVAL_MS
    request = reporting.reporter.create_request()
    assert isinstance(request, GetTelemetrySubscriptionsRequest)
    assert request.client_instance_id == OUR_ID


@pytest.mark.parametrize("interval_ms", [0, -5])
def test_an_impossible_interval_becomes_five_minutes(interval_ms: int) -> None:
    response = GetTelemetrySubscriptionsResponse(push_interval_ms=interval_ms)
    assert Subscription.of(response).push_interval_ms == DEFAULT_PUSH_INTERVAL_MS


@pytest.mark.parametrize(
    ("prefixes", "expected"), [(["*"], True), ([""], True), (["b.", "a.b"], True), (["a.c"], False), ([], False)]
)
def test_metrics_are_wanted_by_the_beginnings_of_their_names(prefixes: list[str], expected: bool) -> None:
    assert Subscription.of(GetTelemetrySubscriptionsResponse(requested_metrics=prefixes)).wants("a.b.c") is expected


def test_compressions_that_nobody_knows_are_passed_over() -> None:
    response = GetTelemetrySubscriptionsResponse(accepted_compression_types=[99, 4, -1, 1])
    assert Subscription.of(response).accepted_compression_types == (CompressionType.ZSTD, CompressionType.GZIP)


def test_without_the_library_of_a_compression_it_pushes_uncompressed_and_then_the_next_best(
    reporting: Reporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> None:
        raise UnsupportedCompressionTypeError(name)

    monkeypatch.setattr(compression, "_library", missing)
    reporting.subscribe("*", accepted_compression_types=[CompressionType.ZSTD, CompressionType.GZIP])
    assert reporting.push().compression_type == CompressionType.NONE
    assert reporting.push().compression_type == CompressionType.GZIP


# What goes wrong...


@pytest.mark.parametrize(
    ("error_code", "expected_ms"),
    [
        (UNKNOWN_SUBSCRIPTION_ID, 0),
        (UnsupportedCompressionTypeError.code, 0),
        (TELEMETRY_TOO_LARGE, INTERVAL_MS),
        (THROTTLING_QUOTA_EXCEEDED, INTERVAL_MS),
        (InvalidRequestError.code, NEVER),
        (-1, NEVER),
    ],
)
def test_after_an_error_it_asks_again_what_is_wanted_if_that_can_help(
    reporting: Reporting, error_code: int, expected_ms: float
) -> None:
    reporting.subscribe("*")
    reporting.push(error_code)
    assert reporting.reporter.state is TelemetryState.SUBSCRIPTION_NEEDED
    assert reporting.wait_ms == expected_ms


def test_before_there_is_an_interval_it_waits_five_minutes(reporting: Reporting) -> None:
    reporting.subscribe(error_code=THROTTLING_QUOTA_EXCEEDED)
    assert reporting.wait_ms == DEFAULT_PUSH_INTERVAL_MS


def test_after_a_lost_connection_it_asks_again_in_five_minutes(reporting: Reporting) -> None:
    reporting.subscribe("*")
    reporting.reporter.create_request()
    reporting.reporter.handle_lost_request(reporting.clock.now_ms())
    assert reporting.wait_ms == DEFAULT_PUSH_INTERVAL_MS


def test_a_broker_that_gives_no_id_is_not_asked_again(reporting: Reporting) -> None:
    reporting.subscribe("*", client_instance_id=UUID(int=0))
    assert reporting.wait_ms == NEVER


# The end...


def test_the_last_push_is_due_at_once(reporting: Reporting) -> None:
    reporting.subscribe("*")
    reporting.reporter.initiate_close()
    assert reporting.wait_ms == 0
    assert reporting.push().terminating
    assert reporting.reporter.state is TelemetryState.TERMINATED
    assert reporting.wait_ms == NEVER


def test_a_push_under_way_does_not_stand_in_for_the_last_one(reporting: Reporting) -> None:
    reporting.subscribe("*")
    reporting.reporter.create_request()
    reporting.reporter.initiate_close()
    assert reporting.reporter.is_terminating
    assert reporting.wait_ms == NEVER, "two under way, and the first answer would be taken for that of the last"
    reporting.reporter.handle_push(PushTelemetryResponse(), reporting.clock.now_ms())
    assert reporting.reporter.is_terminating
    assert reporting.wait_ms == 0
    assert reporting.push().terminating


def test_before_anything_was_wanted_there_is_no_last_push(reporting: Reporting) -> None:
    reporting.reporter.create_request()
    reporting.reporter.initiate_close()
    assert not reporting.reporter.is_terminating
    response = GetTelemetrySubscriptionsResponse(client_instance_id=OUR_ID, requested_metrics=["*"])
    reporting.reporter.handle_subscription(response, reporting.clock.now_ms())
    assert reporting.reporter.state is TelemetryState.TERMINATED


def test_what_cannot_happen_is_refused_with_the_state(reporting: Reporting) -> None:
    with pytest.raises(IllegalStateError, match="about to ask what is wanted, so it cannot be that the broker has"):
        reporting.reporter.transition_to(TelemetryEvent.TAKEN)


# The values...


def test_deltas_begin_where_the_last_ones_ended() -> None:
    clock = MockClock(now_ms=1_000)
    metrics = Metrics(clock.now_ms)
    collector = MetricsCollector(metrics, clock)

    def read() -> tuple[float, int, int]:
        (point,) = collector.collect(lambda name: name == "org.apache.kafka.producer.record.send.total", True)
        assert point.temporality is Temporality.DELTA
        return point.value, point.start_ns, point.time_ns

    metrics.count("record-send", 3)
    clock.sleep(10)
    value, _, first_ns = read()
    assert value == 3
    metrics.count("record-send", 4)
    clock.sleep(10)
    assert read() == (4, first_ns, first_ns + 10_000_000)
    assert read()[0] == 0
    collector.reset()
    assert read()[0] == 7, "the beginning is forgotten with the rest"


def test_topics_and_nodes_are_attributes() -> None:
    metrics = Metrics()
    metrics.count("record-send", 2, "orders")
    metrics.record("request-latency", 5, "node-0")
    points = {point.name: point for point in MetricsCollector(metrics, MockClock()).collect(lambda _: True, False)}
    sent = points["org.apache.kafka.producer.topic.record.send.total"]
    assert (sent.value, sent.attributes, sent.temporality) == (2, {"topic": "orders"}, Temporality.CUMULATIVE)
    latency = points["org.apache.kafka.producer.node.request.latency.max"]
    assert (latency.value, latency.attributes, latency.temporality) == (5, {"node_id": "node-0"}, None)


def test_who_asks_for_our_id_waits_for_it_no_longer_than_allowed(reporting: Reporting) -> None:
    assert reporting.reporter.client_instance_id(100) is None
    assert reporting.clock.now_ms() == 1_000_100
    reporting.clock.while_waiting = [lambda: reporting.subscribe("*")]
    assert reporting.reporter.client_instance_id(100) == OUR_ID
    assert reporting.clock.now_ms() == 1_000_100
