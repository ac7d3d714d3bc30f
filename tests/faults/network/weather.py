"""A network whose faults are drawn at random, for each broker's door another one, one after the other."""

import time
from collections.abc import Callable
from random import Random

from kafka_nio.protocol.api import ApiKey
from tests.faults.network.misbehaviour import (
    BlackHole,
    Chunks,
    CutAnywhere,
    CutMidFrame,
    Glued,
    HalfOpen,
    HangUp,
    Latency,
    Modem,
    Stranded,
    ZeroWindow,
)
from tests.support.fault_proxy import CLEAN, Door, Fault, FaultyNetwork

HALF_OPEN_AT = (
    ApiKey.API_VERSIONS,
    ApiKey.METADATA,
    ApiKey.FIND_COORDINATOR,
    ApiKey.INIT_PRODUCER_ID,
    ApiKey.PRODUCE,
    ApiKey.END_TXN,
)

KINDS: tuple[Callable[[Random], Fault], ...] = (
    lambda random: CLEAN,
    lambda random: Latency(ms=random.uniform(1, 100)),
    lambda random: Glued(ms=random.uniform(1, 60)),
    lambda random: Chunks([random.randint(1, 300)], [random.randint(1, 100)]),
    lambda random: Modem(bytes_per_s=random.uniform(10_000, 100_000)),
    lambda random: BlackHole(),
    lambda random: ZeroWindow(),
    lambda random: Stranded(ms=random.uniform(100, 1_500)),
    lambda random: HangUp(),
    lambda random: HalfOpen(random.choice(HALF_OPEN_AT), it_arrives=random.random() < 0.5),
    lambda random: CutMidFrame(
        to_client=random.random() < 0.5, after=random.randint(0, 8), times=3, reset=random.random() < 0.5
    ),
    lambda random: CutAnywhere(
        to_client=random.random() < 0.5, after_bytes=sorted(random.choices(range(3_000), k=3)), reset=False
    ),
)

LOOKS_AT_FRAMES = (HalfOpen, CutMidFrame)
"""These must see a connection from its beginning."""


LEAST_STRIKES = 0.2
"""Which share of the faults has to strike. Many do not: they last too short a time, or wait for a request that does not
come, or for a connection that nobody needs just then."""


def storm(network: FaultyNetwork, random: Random, seconds: float) -> None:
    """Let it rage for so long; at the end the network is sound again."""
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        struck, fault = random.choice(network.doors), random.choice(KINDS)(random)

        def is_struck(door: Door, struck: Door = struck) -> bool:
            return door is struck

        network.set_fault(fault, is_struck)
        if isinstance(fault, LOOKS_AT_FRAMES):
            network.end_connections(is_struck)
        time.sleep(random.uniform(0.02, 0.6))
    network.fault = CLEAN
