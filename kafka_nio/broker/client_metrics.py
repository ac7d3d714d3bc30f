"""Metrics that clients push, kept for whoever wants to look at them (KIP-714).

    cluster.client_metrics.subscribe("org.apache.kafka.producer.record.", push_interval_ms=100)
    cluster.client_metrics.pushed[-1].payload      # MetricsData of OpenTelemetry, as protobuf

Until somebody subscribes, the brokers do not say that they take metrics: as Kafka's without a receiver.

Left out against Java: subscriptions for some clients alone, a limit on how often a client may push, forgetting clients.

Java: org.apache.kafka.server.ClientMetricsManager
"""

import threading
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import NAMESPACE_OID, UUID, uuid5

from kafka_nio.errors import (
    ApiError,
    CorruptRecordBatchError,
    InvalidRecordError,
    InvalidRequestError,
    UnsupportedCompressionTypeError,
    error_for,
)
from kafka_nio.protocol.compression import CompressionType, decompress
from kafka_nio.protocol.messages import GetTelemetrySubscriptionsResponse, PushTelemetryRequest
from kafka_nio.protocol.messages.push_telemetry import TELEMETRY_TOO_LARGE, UNKNOWN_SUBSCRIPTION_ID
from kafka_nio.protocol.types import ZERO_UUID

TELEMETRY_MAX_BYTES = 1 << 20

UNPACKED_MAX_BYTES = 8 * TELEMETRY_MAX_BYTES
"""What a push may unpack to, because whoever looks at it has it in memory."""

EVERY_COMPRESSION = (CompressionType.ZSTD, CompressionType.LZ4, CompressionType.GZIP, CompressionType.SNAPPY)
"""What Kafka takes, the best first."""


@dataclass(frozen=True, slots=True)
class PushedMetrics:
    """One push."""

    client_instance_id: UUID
    compression_type: CompressionType
    is_last: bool
    payload: bytes


class ClientMetricsManager:
    """What is wanted, and what has come. Every broker's processor can get here, hence the lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # guarded by the lock:
        self._prefixes: tuple[str, ...] | None = None
        self._push_interval_ms = 0
        self._wants_deltas = False
        self._compression_types: tuple[CompressionType, ...] = ()
        self._clients: set[UUID] = set()
        self._closed_clients: set[UUID] = set()
        # as they came, because a few kilobytes may unpack to a thousand times as much:
        self._pushed: list[PushedMetrics] = []

    @property
    def has_receiver(self) -> bool:
        """Whether anybody wants metrics, now or ever before."""
        return self._prefixes is not None

    @property
    def pushed(self) -> tuple[PushedMetrics, ...]:
        """Everything that clients have pushed, the oldest first, unpacked now."""
        with self._lock:
            packed = tuple(self._pushed)
        return tuple(replace(push, payload=_unpacked(push.compression_type, push.payload)) for push in packed)

    def subscribe(
        self,
        *prefixes: str,
        push_interval_ms: int,
        wants_deltas: bool = False,
        compression_types: Sequence[CompressionType] = EVERY_COMPRESSION,
    ) -> None:
        """Want the metrics whose names begin like this; this takes the place of what was wanted before.

        Args:
            prefixes: none for no metrics, `*` alone for all of them.
            push_interval_ms: how often.
            wants_deltas: whether sums are to be counted since the last push.
            compression_types: how pushes may be compressed, the best first.
        """
        with self._lock:
            self._prefixes, self._push_interval_ms = prefixes, push_interval_ms
            self._wants_deltas, self._compression_types = wants_deltas, tuple(compression_types)

    def process_get_telemetry_subscription_request(self, client_instance_id: UUID) -> GetTelemetrySubscriptionsResponse:
        """What is wanted; a client without an id gets one.

        Raises:
            InvalidRequestError: the client has said that it closes.
        """
        with self._lock:
            if client_instance_id in self._closed_clients:
                raise InvalidRequestError()
            if client_instance_id == ZERO_UUID:
                client_instance_id = uuid5(NAMESPACE_OID, f"client {len(self._clients)}")
            self._clients.add(client_instance_id)
            return GetTelemetrySubscriptionsResponse(
                client_instance_id=client_instance_id,
                subscription_id=self._subscription_id,
                accepted_compression_types=list(self._compression_types),
                push_interval_ms=self._push_interval_ms,
                telemetry_max_bytes=TELEMETRY_MAX_BYTES,
                delta_temporality=self._wants_deltas,
                requested_metrics=list(self._prefixes or ()),
            )

    def process_push_telemetry_request(self, request: PushTelemetryRequest) -> None:
        """Keep what a client pushes.

        Raises:
            ApiError: nobody knows the client, or it has closed; something else is wanted by now; the payload is
                compressed in a way that was not asked for, too large, or damaged.
        """
        with self._lock:
            self._validate(request)
            compression_type, payload = CompressionType(request.compression_type), bytes(request.metrics)
            _unpacked(compression_type, payload)
            if request.terminating:
                self._closed_clients.add(request.client_instance_id)
            self._pushed.append(
                PushedMetrics(request.client_instance_id, compression_type, request.terminating, payload)
            )

    def _validate(self, request: PushTelemetryRequest) -> None:
        if request.client_instance_id not in self._clients - self._closed_clients:
            raise InvalidRequestError()
        if request.subscription_id != self._subscription_id:
            raise _error(UNKNOWN_SUBSCRIPTION_ID)
        if request.compression_type not in (CompressionType.NONE, *self._compression_types):
            raise UnsupportedCompressionTypeError()
        if len(request.metrics) > TELEMETRY_MAX_BYTES:
            raise _error(TELEMETRY_TOO_LARGE)

    @property
    def _subscription_id(self) -> int:
        """The same for the same wishes, so that a client notices others."""
        wishes = (self._prefixes, self._push_interval_ms, self._wants_deltas, *map(int, self._compression_types))
        return zlib.crc32(repr(wishes).encode()) & 0x7FFFFFFF


def _error(code: int) -> ApiError:
    error = error_for(code)
    assert error is not None
    return error


def _unpacked(compression_type: CompressionType, payload: bytes) -> bytes:
    try:
        return decompress(compression_type, payload, UNPACKED_MAX_BYTES)
    except CorruptRecordBatchError as error:
        raise InvalidRecordError(str(error)) from None
