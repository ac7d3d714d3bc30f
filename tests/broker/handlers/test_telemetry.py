"""GetTelemetrySubscriptions and PushTelemetry: what clients count, for brokers that want to know."""

import tracemalloc
import zlib
from uuid import UUID

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.client_metrics import TELEMETRY_MAX_BYTES, PushedMetrics
from kafka_nio.errors import (
    InvalidRecordError,
    InvalidRequestError,
    UnsupportedCompressionTypeError,
    UnsupportedVersionError,
)
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.messages import (
    GetTelemetrySubscriptionsRequest,
    GetTelemetrySubscriptionsResponse,
    PushTelemetryRequest,
    PushTelemetryResponse,
)
from kafka_nio.protocol.messages.push_telemetry import TELEMETRY_TOO_LARGE, UNKNOWN_SUBSCRIPTION_ID
from kafka_nio.protocol.types import ZERO_UUID
from tests.broker.wire import Wire

GZIP = CompressionType.GZIP
NONE = CompressionType.NONE


def subscribed(wire: Wire, client_instance_id: UUID = ZERO_UUID) -> GetTelemetrySubscriptionsResponse:
    return wire.ask(GetTelemetrySubscriptionsRequest(client_instance_id), 0, GetTelemetrySubscriptionsResponse)


def push(
    wire: Wire,
    to: GetTelemetrySubscriptionsResponse,
    payload: bytes = b"metrics",
    *,
    kind: int = NONE,
    terminating: bool = False,
) -> int:
    """The error code of the answer."""
    request = PushTelemetryRequest(to.client_instance_id, to.subscription_id, terminating, kind, payload)
    return wire.ask(request, 0, PushTelemetryResponse).error_code


def test_where_nobody_wants_metrics_both_are_refused(wire: Wire) -> None:
    assert subscribed(wire).error_code == UnsupportedVersionError.code
    assert push(wire, GetTelemetrySubscriptionsResponse()) == UnsupportedVersionError.code


def test_a_client_is_told_what_is_wanted_and_who_it_is(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe("a.", "b.", push_interval_ms=250, wants_deltas=True, compression_types=[GZIP])
    first, second = subscribed(wire), subscribed(wire)
    assert (first.requested_metrics, first.push_interval_ms, first.delta_temporality) == (["a.", "b."], 250, True)
    assert first.accepted_compression_types == [GZIP]
    assert first.client_instance_id != second.client_instance_id
    assert first.subscription_id == second.subscription_id
    assert subscribed(wire, first.client_instance_id).client_instance_id == first.client_instance_id


def test_what_is_pushed_is_kept_unpacked(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=250)
    to = subscribed(wire)
    assert push(wire, to, Compression(GZIP).compress(b"metrics"), kind=GZIP) == 0
    assert push(wire, to, b"the last", terminating=True) == 0
    assert cluster.client_metrics.pushed == (
        PushedMetrics(to.client_instance_id, GZIP, False, b"metrics"),
        PushedMetrics(to.client_instance_id, NONE, True, b"the last"),
    )


def test_what_unpacks_to_a_thousand_times_as_much_takes_no_more_memory_than_was_sent(
    cluster: EmbeddedCluster, wire: Wire
) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=250)
    to, metrics = subscribed(wire), bytes(4 * TELEMETRY_MAX_BYTES)
    packed = Compression(GZIP).compress(metrics)
    push(wire, to, packed, kind=GZIP)  # whatever is made once is made now
    tracemalloc.start()
    try:
        for _ in range(5):
            assert push(wire, to, packed, kind=GZIP) == 0
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes < len(metrics)
    assert cluster.client_metrics.pushed[-1].payload == metrics


def test_after_its_last_push_a_client_is_refused(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=250)
    to = subscribed(wire)
    push(wire, to, terminating=True)
    assert push(wire, to) == InvalidRequestError.code
    assert subscribed(wire, to.client_instance_id).error_code == InvalidRequestError.code


def test_when_something_else_is_wanted_a_push_for_the_old_is_refused(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe("a.", push_interval_ms=250)
    to = subscribed(wire)
    cluster.client_metrics.subscribe("b.", push_interval_ms=250)
    assert push(wire, to) == UNKNOWN_SUBSCRIPTION_ID


@pytest.mark.parametrize(
    ("payload", "kind", "error_code"),
    [
        (b"x", CompressionType.ZSTD, UnsupportedCompressionTypeError.code),
        (b"x", 99, UnsupportedCompressionTypeError.code),
        (b"no gzip", GZIP, InvalidRecordError.code),
        (zlib.compress(b"zlib's own header", wbits=15), GZIP, InvalidRecordError.code),
        (bytes(TELEMETRY_MAX_BYTES + 1), NONE, TELEMETRY_TOO_LARGE),
    ],
)
def test_what_cannot_be_taken_is_refused(
    cluster: EmbeddedCluster, wire: Wire, payload: bytes, kind: int, error_code: int
) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=250, compression_types=[GZIP])
    assert push(wire, subscribed(wire), payload, kind=kind) == error_code
    assert not cluster.client_metrics.pushed


def test_a_client_that_was_given_no_id_is_refused(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe("*", push_interval_ms=250)
    to = subscribed(wire)
    to.client_instance_id = UUID(int=99)
    assert push(wire, to) == InvalidRequestError.code
