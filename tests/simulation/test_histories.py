"""Ten thousand histories of a whole producer.

They run last, some at a time wherever there is time, so that no process waits long for the others in the end.
"""

import pytest

from kafka_nio.simulation import simulate
from tests.simulation.conftest import assert_kept

HISTORIES = 10_000

AT_A_TIME = 250

FIRST_SEED = 0
"""Elsewhere `kafka-nio simulate` begins anywhere."""


@pytest.mark.usefixtures("garbage_kept")
@pytest.mark.parametrize("first", range(FIRST_SEED, FIRST_SEED + HISTORIES, AT_A_TIME))
def test_in_ten_thousand_histories_every_promise_is_kept(first: int) -> None:
    print(f"seeds {first} to {first + AT_A_TIME - 1}")
    records = 0
    for seed in range(first, first + AT_A_TIME):
        verdict = simulate(seed)
        assert_kept(verdict)
        records += verdict.acknowledged
    assert records > AT_A_TIME, "histories in which nothing is written prove nothing"
