"""When a login is renewed."""

from random import Random

import pytest

from kafka_nio.client.sasl.session import reauthentication_time_ns
from kafka_nio.errors import ProtocolError

NS_PER_MS = 1_000_000


@pytest.mark.behaviour(197)
def test_a_login_is_renewed_after_85_to_95_percent_of_its_life() -> None:
    random = Random(1)
    times_ms = [(reauthentication_time_ns(0, 1_000, random) or 0) / NS_PER_MS for _ in range(1_000)]
    assert 850 <= min(times_ms) < 855
    assert 945 < max(times_ms) <= 950


@pytest.mark.parametrize("lifetime_ms", [0, -1])
def test_a_login_without_end_is_not_renewed(lifetime_ms: int) -> None:
    assert reauthentication_time_ns(0, lifetime_ms, Random(1)) is None


@pytest.mark.behaviour(199)
def test_a_session_beyond_the_end_of_time_is_refused() -> None:
    with pytest.raises(ProtocolError, match="which cannot be"):
        reauthentication_time_ns(10**18, 2**63 - 1, Random(1))
