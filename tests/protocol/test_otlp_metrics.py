"""What the encoder writes, read by OpenTelemetry's own classes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, MetricsData

from kafka_nio.protocol.otlp_metrics import MetricPoint, Temporality, encode_metrics

NOW_NS = 1_700_000_000_123_000_000


def decoded(*points: MetricPoint, **resource: str) -> MetricsData:
    data = MetricsData()
    data.ParseFromString(encode_metrics(points, resource))
    return data


def test_a_gauge_has_its_name_value_time_and_attributes() -> None:
    data = decoded(MetricPoint("byte.rate", 12.5, NOW_NS, {"topic": "bestellungen für Ä"}))
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.gauge.data_points
    assert (metric.name, metric.WhichOneof("data")) == ("byte.rate", "gauge")
    assert (point.as_double, point.time_unix_nano, point.start_time_unix_nano) == (12.5, NOW_NS, 0)
    assert {attribute.key: attribute.value.string_value for attribute in point.attributes} == {
        "topic": "bestellungen für Ä"
    }


@pytest.mark.parametrize("temporality", Temporality)
def test_a_sum_says_since_when_it_was_counted(temporality: Temporality) -> None:
    data = decoded(MetricPoint("record.send.total", 7.0, NOW_NS, {}, temporality, NOW_NS - 5))
    (metric,) = data.resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.sum.data_points
    assert metric.sum.is_monotonic
    name = AggregationTemporality.Name(metric.sum.aggregation_temporality)
    assert name == f"AGGREGATION_TEMPORALITY_{temporality.name}"
    assert (point.as_double, point.start_time_unix_nano, point.time_unix_nano) == (7.0, NOW_NS - 5, NOW_NS)


def test_the_resource_says_who_reports() -> None:
    data = decoded(transactional_id="till 3", client_rack="Vienna")
    attributes = data.resource_metrics[0].resource.attributes
    assert {one.key: one.value.string_value for one in attributes} == {
        "transactional_id": "till 3",
        "client_rack": "Vienna",
    }
    assert not data.resource_metrics[0].scope_metrics[0].metrics


def test_the_average_of_nothing_stays_no_number() -> None:
    data = decoded(MetricPoint("batch.size.avg", math.nan, NOW_NS, {}))
    assert math.isnan(data.resource_metrics[0].scope_metrics[0].metrics[0].gauge.data_points[0].as_double)


@given(
    st.lists(
        st.tuples(st.text(max_size=200), st.floats(allow_nan=False), st.dictionaries(st.text(), st.text(), max_size=3)),
        max_size=20,
    )
)
def test_whatever_is_written_is_read_back(expected: list[tuple[str, float, dict[str, str]]]) -> None:
    data = decoded(*(MetricPoint(name, value, NOW_NS, attributes) for name, value, attributes in expected))
    metrics = data.resource_metrics[0].scope_metrics[0].metrics
    found = [(metric.name, metric.gauge.data_points[0]) for metric in metrics]
    assert [
        (name, point.as_double, {one.key: one.value.string_value for one in point.attributes}) for name, point in found
    ] == expected
