"""Which versions a broker and we have in common."""

import pytest

from kafka_nio.client.node_api_versions import NodeApiVersions
from kafka_nio.errors import UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import ApiVersion


def broker_that_takes(oldest: int, latest: int) -> NodeApiVersions:
    return NodeApiVersions([ApiVersion(api_key=ApiKey.PRODUCE, min_version=oldest, max_version=latest)])


@pytest.mark.parametrize(("oldest", "latest", "expected"), [(0, 10, 10), (3, 3, 3), (5, 99, ApiKey.PRODUCE.latest)])
def test_the_newest_version_that_both_know_is_used(oldest: int, latest: int, expected: int) -> None:
    assert broker_that_takes(oldest, latest).latest_usable_version(ApiKey.PRODUCE) == expected


@pytest.mark.parametrize(("oldest", "latest"), [(0, 2), (98, 99)])
def test_no_version_in_common_is_an_error_that_says_what_either_side_knows(oldest: int, latest: int) -> None:
    with pytest.raises(UnsupportedVersionError, match=f"we speak versions 3 to 13, the broker takes versions {oldest}"):
        broker_that_takes(oldest, latest).latest_usable_version(ApiKey.PRODUCE)


def test_a_request_that_the_broker_does_not_list_is_not_known_to_it() -> None:
    with pytest.raises(UnsupportedVersionError, match="the broker does not know it"):
        broker_that_takes(0, 13).latest_usable_version(ApiKey.METADATA)
