"""What the cluster has agreed on, and who is told of it how."""

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.features import ClusterFeatures
from kafka_nio.protocol.messages import ApiVersionsRequest, ApiVersionsResponse
from tests.broker.wire import Wire


def told(version: int, features: ClusterFeatures) -> ApiVersionsResponse:
    response = ApiVersionsResponse()
    features.tell(response, version)
    return response


def test_the_newest_transaction_version_is_agreed_on_unless_somebody_says_otherwise() -> None:
    for config, expected in ((None, [2]), (BrokerConfig(transaction_version=1), [1])):
        with EmbeddedCluster(config=config) as cluster, Wire(cluster.addresses[0]) as wire:
            response = wire.ask(ApiVersionsRequest("a", "1"), 4, ApiVersionsResponse)
        assert response.finalized_features_epoch == 0
        assert [feature.max_version_level for feature in response.finalized_features] == expected
        assert [(feature.name, feature.max_version) for feature in response.supported_features] == [
            ("transaction.version", 2)
        ]


def test_what_is_at_level_0_is_not_told() -> None:
    assert told(4, ClusterFeatures(0)).finalized_features == []


def test_old_clients_cannot_read_that_a_feature_begins_at_level_0() -> None:
    assert told(3, ClusterFeatures()).supported_features == []
    assert len(told(3, ClusterFeatures()).finalized_features) == 1


def test_every_change_begins_a_new_epoch() -> None:
    features = ClusterFeatures(1)
    features.finalize_transaction_version(2)
    assert (features.epoch, features.is_transaction_v2) == (1, True)
    with pytest.raises(ValueError, match="from 0 to 2"):
        features.finalize_transaction_version(3)
