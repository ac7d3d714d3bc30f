"""What every test of histories needs."""

import gc
from collections.abc import Iterator

import pytest

from kafka_nio.simulation import Verdict


@pytest.fixture
def garbage_kept() -> Iterator[None]:
    """The collector would look through everything many times for each history; it takes a fifth of the time."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def assert_kept(verdict: Verdict) -> None:
    seed = verdict.plan.seed
    assert not verdict.broken, f"seed {seed}: {verdict.broken}. Replay it: kafka-nio simulate --seed {seed}"
