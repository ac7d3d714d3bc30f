"""The waits between attempts."""

from random import Random

import pytest

from kafka_nio.client.backoff import ExponentialBackoff


@pytest.mark.behaviour(85)
def test_the_wait_doubles_within_its_jitter_and_never_exceeds_the_limit() -> None:
    backoff = ExponentialBackoff(100, 1_000, Random(1))
    for attempts in range(10):
        middle = min(100 * 2**attempts, 1_000)
        waits = [backoff.backoff(attempts) for _ in range(200)]
        assert min(waits) >= int(0.8 * middle)
        assert max(waits) <= min(1.2 * middle, 1_000)
        assert len(set(waits)) > 1, "two clients must not wait equally long"


@pytest.mark.behaviour(85)
def test_equal_limits_mean_a_constant_wait() -> None:
    backoff = ExponentialBackoff(50, 50, Random(1))
    assert {backoff.backoff(attempts) for attempts in range(10)} == {50}


def test_a_wait_of_nothing_is_nothing() -> None:
    assert ExponentialBackoff(0, 0, Random(1)).backoff(5) == 0
    assert ExponentialBackoff(0, 1_000, Random(1)).backoff(5) == 0
