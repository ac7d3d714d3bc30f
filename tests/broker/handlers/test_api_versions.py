"""ApiVersions: the one request that may be of any version."""

import struct

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.cluster_state import CLUSTER_ID
from kafka_nio.broker.handlers.api_versions import ADVERTISED, TELEMETRY
from kafka_nio.errors import InvalidRequestError, RebootstrapRequiredError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersionsRequest, ApiVersionsResponse
from tests.broker.wire import Wire, spoken_versions

NAMED = ApiVersionsRequest(client_software_name="kafka-nio", client_software_version="0.1.0")


@pytest.mark.parametrize("version", spoken_versions(ApiKey.API_VERSIONS))
def test_every_version_is_answered_with_all_that_is_spoken(wire: Wire, version: int) -> None:
    response = wire.ask(NAMED, version, ApiVersionsResponse)
    ranges = {ApiKey(api.api_key): (api.min_version, api.max_version) for api in response.api_keys}
    assert response.error_code == 0
    assert ranges == {api: spoken for api, spoken in ADVERTISED.items() if api not in TELEMETRY}


def test_telemetry_is_advertised_once_somebody_wants_metrics(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.client_metrics.subscribe(push_interval_ms=1_000)
    response = wire.ask(NAMED, 4, ApiVersionsResponse)
    assert {api.api_key for api in response.api_keys} == set(ADVERTISED)


@pytest.mark.parametrize(
    ("cluster_id", "node_id", "error_code"),
    [
        (CLUSTER_ID, 0, 0),
        (None, -1, 0),
        (None, 7, 0),
        (CLUSTER_ID, 1, RebootstrapRequiredError.code),
        ("another", 0, RebootstrapRequiredError.code),
        (CLUSTER_ID, -1, RebootstrapRequiredError.code),
    ],
)
def test_a_client_that_means_another_broker_is_told_to_begin_again(
    wire: Wire, cluster_id: str | None, node_id: int, error_code: int
) -> None:
    meant = ApiVersionsRequest("kafka-nio", "1", cluster_id=cluster_id, node_id=node_id)
    assert wire.ask(meant, 5, ApiVersionsResponse).error_code == error_code
    assert wire.ask(meant, 4, ApiVersionsResponse).error_code == 0, "in version 4 it cannot say whom it means"


def test_produce_is_advertised_from_version_0_as_by_kafka_4(wire: Wire) -> None:
    response = wire.ask(NAMED, 4, ApiVersionsResponse)
    assert next(api.min_version for api in response.api_keys if api.api_key == ApiKey.PRODUCE) == 0


def test_a_version_from_the_future_is_answered_in_version_0(wire: Wire) -> None:
    correlation_id, no_client_id, no_tags, body = 7, b"\xff\xff", b"\0", b"\x02x\x02y\0unknown"
    request = struct.pack(">hhi", ApiKey.API_VERSIONS, 99, correlation_id) + no_client_id + no_tags + body
    wire.send(struct.pack(">i", len(request)) + request)
    expected = struct.pack(">ih", correlation_id, UnsupportedVersionError.code)
    expected += struct.pack(">ihhh", 1, ApiKey.API_VERSIONS, ApiKey.API_VERSIONS.oldest, ApiKey.API_VERSIONS.latest)
    assert wire.frame() == expected


def test_after_a_version_from_the_future_the_connection_is_as_good_as_before(
    cluster: EmbeddedCluster, wire: Wire
) -> None:
    request = struct.pack(">hhih", ApiKey.API_VERSIONS, 99, 7, -1) + b"\0"
    wire.send(struct.pack(">i", len(request)) + request)
    wire.frame()
    assert wire.ask(NAMED, 4, ApiVersionsResponse).error_code == 0


@pytest.mark.parametrize("name", ["", "-kafka", "kafka.", "kafka nio", "käfka", "a\n"])
def test_a_client_with_an_odd_name_is_refused(wire: Wire, name: str) -> None:
    request = ApiVersionsRequest(client_software_name=name, client_software_version="1")
    assert wire.ask(request, 3, ApiVersionsResponse).error_code == InvalidRequestError.code
