"""API keys, versions and headers."""

import pytest

from kafka_nio.protocol.api import BY_KEY, ApiKey, RequestHeader


def test_keys_are_kafkas_numbers() -> None:
    assert (ApiKey.PRODUCE, ApiKey.METADATA, ApiKey.API_VERSIONS, ApiKey.INIT_PRODUCER_ID) == (0, 3, 18, 22)
    assert BY_KEY[18] is ApiKey.API_VERSIONS


def test_titles_are_in_kafkas_spelling() -> None:
    assert ApiKey.INIT_PRODUCER_ID.title == "InitProducerId"
    assert ApiKey.OFFSET_FOR_LEADER_EPOCH.title == "OffsetForLeaderEpoch"


def test_produce_begins_with_the_oldest_version_that_kafka_4_takes() -> None:
    assert ApiKey.PRODUCE.oldest == 3
    assert not ApiKey.PRODUCE.speaks(2)
    assert ApiKey.PRODUCE.speaks(13)
    assert not ApiKey.PRODUCE.speaks(14)


@pytest.mark.parametrize("api", ApiKey)
def test_ranges_of_versions_are_not_empty(api: ApiKey) -> None:
    assert 0 <= api.oldest <= api.latest


@pytest.mark.parametrize("api", [api for api in ApiKey if api is not ApiKey.SASL_HANDSHAKE])
def test_the_latest_version_is_flexible_but_for_the_one_request_that_never_is(api: ApiKey) -> None:
    assert api.is_flexible(api.latest)
    assert not ApiKey.SASL_HANDSHAKE.is_flexible(ApiKey.SASL_HANDSHAKE.latest)


def test_flexible_requests_have_header_version_2() -> None:
    assert [ApiKey.PRODUCE.request_header_version(version) for version in (8, 9)] == [1, 2]
    assert [ApiKey.PRODUCE.response_header_version(version) for version in (8, 9)] == [0, 1]


def test_the_header_of_an_api_versions_response_never_changes() -> None:
    assert ApiKey.API_VERSIONS.request_header_version(3) == 2
    assert [ApiKey.API_VERSIONS.response_header_version(version) for version in range(6)] == [0] * 6


def test_a_header_says_what_it_stands_for() -> None:
    assert str(RequestHeader(ApiKey.API_VERSIONS, 3, 7, "me")) == "ApiVersions version 3, correlation id 7"
