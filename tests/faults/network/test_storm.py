"""One fault after the other, drawn at random for each broker: the seed is in the test's name and in the table.

KAFKA_NIO_STORM_SEED=7 pytest -m slow tests/faults/network/test_storm.py -k short      # one of your own
"""

import os
from random import Random

import pytest

from tests.faults.network.trial import CUT_OFF, MAX_BLOCK_MS, trial
from tests.faults.network.weather import LEAST_STRIKES, storm
from tests.faults.table import Note
from tests.support.fault_proxy import CLEAN

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SHORT_STORM_S = 3
LONG_STORM_S = 20
LONG_STORMS = range(1, 6)


def weather_a_storm(seed: int, seconds: float, note: Note) -> None:
    """Send through it, and look what is left."""
    random = Random(seed)
    recovery = random.choice(("none", "rebootstrap"))
    with trial(least_strikes=LEAST_STRIKES, metadata_recovery_strategy=recovery) as producing:
        if recovery == "rebootstrap":
            # It may find every broker gone and forget the topic, and then send waits until the topic is known again.
            producing.call_timeout_ms = MAX_BLOCK_MS
        with producing.under(CLEAN) as load:
            storm(producing.network, random, seconds)
            load.wait_until_each_partition_goes_on()
        name = f"{seconds:.0f} s of faults drawn at random, seed {seed}"
        producing.end(note, name, load, may_fail_with=CUT_OFF, remark=producing.struck)


@pytest.mark.parametrize("seed", [int(os.environ.get("KAFKA_NIO_STORM_SEED", "1"))])
def test_a_short_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, SHORT_STORM_S, note)


@pytest.mark.parametrize("seed", LONG_STORMS)
def test_a_long_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, LONG_STORM_S, note)
