"""How the estimation follows what is observed."""

import pytest

from kafka_nio.protocol.compression_ratio_estimator import CompressionRatioEstimator


@pytest.mark.parametrize(
    ("estimation", "observed", "expected"),
    [
        (0.8, 0.84, 0.85),  # worse: at least 0.05
        (0.6, 0.7, 0.7),  # worse by more than that: as far as observed
        (0.6, 0.4, 0.595),  # better: 0.005, however much better
        (0.6, 0.598, 0.598),  # better, but by less than that: no further than observed
        (0.6, 0.6, 0.6),
    ],
)
def test_it_falls_slowly_and_rises_fast(estimation: float, observed: float, expected: float) -> None:
    estimator = CompressionRatioEstimator(estimation)
    estimator.update(observed)
    assert estimator.estimation == pytest.approx(expected)


def test_at_first_nothing_is_expected_of_compression() -> None:
    assert CompressionRatioEstimator().estimation == 1.0


def test_a_batch_relies_on_a_little_less_and_never_on_miracles() -> None:
    assert CompressionRatioEstimator(0.4).expected_ratio == pytest.approx(0.42)
    assert CompressionRatioEstimator(0.001).expected_ratio == pytest.approx(0.0525)


def test_it_begins_anew_after_a_batch_that_was_too_large() -> None:
    estimator = CompressionRatioEstimator(0.3)
    estimator.expect_at_least(0.4)
    assert repr(estimator) == "<CompressionRatioEstimator 1.000>"

    estimator.expect_at_least(1.02)  # compressing noise makes it larger
    assert repr(estimator) == "<CompressionRatioEstimator 1.020>"
