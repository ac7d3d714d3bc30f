"""What the cluster has agreed on: the newest answer counts, whoever gave it."""

from kafka_nio.client.finalized_features import TRANSACTION_VERSION, FinalizedFeatures
from kafka_nio.protocol.messages import ApiVersionsResponse, FinalizedFeatureKey


def told(epoch: int, **levels: int) -> ApiVersionsResponse:
    finalized = [FinalizedFeatureKey(name.replace("_", "."), level, 0) for name, level in levels.items()]
    return ApiVersionsResponse(finalized_features_epoch=epoch, finalized_features=finalized)


def test_a_feature_that_nobody_has_spoken_of_is_at_level_0() -> None:
    assert FinalizedFeatures().newest.level(TRANSACTION_VERSION) == 0


def test_the_answer_with_the_highest_epoch_counts() -> None:
    features = FinalizedFeatures()
    for epoch, version in ((3, 1), (5, 2), (4, 1)):
        features.update(told(epoch, transaction_version=version, kraft_version=1))
    assert features.newest.epoch == 5
    assert features.newest.level(TRANSACTION_VERSION) == 2
    assert repr(features) == "<FinalizedFeatures of epoch 5: {'transaction.version': 2, 'kraft.version': 1}>"


def test_a_broker_that_has_no_features_says_nothing() -> None:
    features = FinalizedFeatures()
    features.update(told(0, transaction_version=2))
    features.update(told(-1))
    assert features.newest.level(TRANSACTION_VERSION) == 2
