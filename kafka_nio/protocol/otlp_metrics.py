"""Metrics in the form in which the world of OpenTelemetry exchanges them: `MetricsData`, as protobuf (OTLP).

    MetricsData → ResourceMetrics → Resource    who reports: attributes
                                  → ScopeMetrics → Metric, Metric, …

A `Metric` here has one value: a gauge says how things are, a sum how much there was, since the beginning (cumulative)
or since the last time (delta).

Protobuf in a paragraph: a message is its fields, one after the other, each with a varint in front that holds the
field's number and the kind of what follows: a varint, eight bytes, or a length and so many bytes, which may be a text
or another message. Fields with their default are left out. So writing it takes no library, only the field numbers,
which stand in opentelemetry/proto/metrics/v1/metrics.proto.

Left out against Java: a ResourceMetrics for each metric, which says the same at several times the size.

Java: org.apache.kafka.common.telemetry.internals.SinglePointMetric
"""

import struct
from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import NamedTuple

from kafka_nio.protocol.types import unsigned_varint


class Temporality(IntEnum):
    """Since when a sum was counted."""

    DELTA = 1
    CUMULATIVE = 2


class MetricPoint(NamedTuple):
    """One metric and its value.

    `temporality` None makes it a gauge; with one it is a sum that never falls, counted since `start_ns`. Times are
    nanoseconds since 1970.
    """

    name: str
    value: float
    time_ns: int
    attributes: Mapping[str, str]
    temporality: Temporality | None = None
    start_ns: int = 0


# The three kinds of field...

VARINT, FIXED_64, SIZED = range(3)


def _tag(number: int, kind: int) -> bytes:
    return unsigned_varint(number << 3 | kind)


def _sized(number: int, content: bytes) -> bytes:
    return _tag(number, SIZED) + unsigned_varint(len(content)) + content


def _text(number: int, content: str) -> bytes:
    return _sized(number, content.encode())


def _whole(number: int, value: int) -> bytes:
    return _tag(number, VARINT) + unsigned_varint(value)


def _fixed_64(number: int, value: int) -> bytes:
    return _tag(number, FIXED_64) + struct.pack("<Q", value)


def _double(number: int, value: float) -> bytes:
    return _tag(number, FIXED_64) + struct.pack("<d", value)


# The messages, each with the numbers of its fields...


def encode_metrics(points: Iterable[MetricPoint], resource: Mapping[str, str]) -> bytes:
    """`MetricsData` with all these metrics of one resource, which has these attributes."""
    return _sized(1, _resource_metrics(points, resource))


def _resource_metrics(points: Iterable[MetricPoint], resource: Mapping[str, str]) -> bytes:
    return _sized(1, _attributes(1, resource)) + _sized(2, _scope_metrics(points))


def _scope_metrics(points: Iterable[MetricPoint]) -> bytes:
    return b"".join(_sized(2, _metric(point)) for point in points)


def _metric(point: MetricPoint) -> bytes:
    name = _text(1, point.name)
    return name + (_sized(5, _gauge(point)) if point.temporality is None else _sized(7, _sum(point, point.temporality)))


def _gauge(point: MetricPoint) -> bytes:
    return _sized(1, _number_data_point(point))


def _sum(point: MetricPoint, temporality: Temporality) -> bytes:
    is_monotonic = True
    return _sized(1, _number_data_point(point)) + _whole(2, temporality) + _whole(3, is_monotonic)


def _number_data_point(point: MetricPoint) -> bytes:
    start = _fixed_64(2, point.start_ns) if point.start_ns else b""
    return start + _fixed_64(3, point.time_ns) + _double(4, point.value) + _attributes(7, point.attributes)


def _attributes(number: int, attributes: Mapping[str, str]) -> bytes:
    """`KeyValue` for each, in a field of this number of the message that has them."""
    return b"".join(_sized(number, _text(1, key) + _sized(2, _text(1, value))) for key, value in attributes.items())
