"""The numbers of requests."""

from itertools import islice

import pytest

from kafka_nio.client.correlation_ids import LAST_BEFORE_RESERVED, SMALLEST, correlation_ids


@pytest.mark.behaviour(66)
def test_they_count_from_zero() -> None:
    assert list(islice(correlation_ids(), 3)) == [0, 1, 2]


@pytest.mark.behaviour(66)
def test_they_jump_over_the_reserved_ones_to_the_smallest_number() -> None:
    ids = list(islice(correlation_ids(LAST_BEFORE_RESERVED - 1), 4))
    assert ids == [2**31 - 10, 2**31 - 9, SMALLEST, SMALLEST + 1]
