"""One fault after the other, drawn at random for each broker: the seed is in the test's name and in the table.

KAFKA_NIO_STORM_SEED=7 pytest -m "faults and not slow" tests/faults/network/test_storm.py      # one of your own
"""

import os
from random import Random

import pytest

from tests.faults.network.trial import MAX_BLOCK_MS, trial
from tests.faults.network.weather import storm
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
    with trial(metadata_recovery_strategy=recovery) as producing:
        if recovery == "rebootstrap":
            # It may find every broker gone and forget the topic, and then send waits until the topic is known again.
            producing.call_timeout_ms = MAX_BLOCK_MS
        with producing.under(CLEAN) as load:
            storm(producing.network, random, seconds)
            load.wait_until_each_partition_goes_on()
        name = f"{seconds:.0f} s of faults drawn at random, seed {seed}"
        producing.end(note, name, load, may_fail=True, remark=f"metadata.recovery.strategy={recovery}")


@pytest.mark.parametrize("seed", [int(os.environ.get("KAFKA_NIO_STORM_SEED", "1"))])
def test_a_short_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, SHORT_STORM_S, note)


@pytest.mark.slow
@pytest.mark.parametrize("seed", LONG_STORMS)
def test_a_long_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, LONG_STORM_S, note)
