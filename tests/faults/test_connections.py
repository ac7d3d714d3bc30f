"""Connections are reset under a steady load: what was sent and not answered is sent again, and written once."""

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.faults.hop import Hop
from tests.faults.table import Note
from tests.faults.trial import Trial
from tests.support.kafka_cluster import KafkaCluster

pytestmark = [pytest.mark.faults, pytest.mark.slow]

RESETS = 20


@pytest.fixture
def hops(kafka_cluster: KafkaCluster) -> Iterator[list[Hop]]:
    """One before each node."""
    with ExitStack() as stack:
        ports = [node.ports for node in kafka_cluster.nodes.values()]
        yield [stack.enter_context(Hop(own.proxy, own.behind_proxy)) for own in ports]


def reset_again_and_again(trial: Trial, hops: list[Hop]) -> None:
    """At random moments; whoever has no connection then was reset a moment before."""
    seed = random.randrange(2**32)
    trial.say(f"seed {seed}")
    chance = random.Random(seed)
    number = 0
    while number < RESETS:
        time.sleep(chance.uniform(0.05, 0.5))
        trial.fault_begins()
        number += chance.choice(hops).reset()
    trial.goes_on()


def test_connections_are_reset(kafka_cluster: KafkaCluster, hops: list[Hop], note: Note) -> None:
    proxied = {"bootstrap_servers": kafka_cluster.proxied_bootstrap_servers}
    with Trial(kafka_cluster, note, f"{RESETS} connections reset", options=proxied, within_s=30) as trial:
        reset_again_and_again(trial, hops)


def test_without_idempotence_records_arrive_at_least_once(
    kafka_cluster: KafkaCluster, hops: list[Hop], note: Note
) -> None:
    """An answer that is lost makes a copy; a batch that is sent again may stand behind the next one."""
    with Trial(
        kafka_cluster,
        note,
        f"{RESETS} connections reset, then `kill -9` of a leader, without idempotence",
        options={
            "enable_idempotence": False,
            "acks": "all",
            "bootstrap_servers": kafka_cluster.proxied_bootstrap_servers,
        },
        allowed={"duplicated", "reordered"},
        within_s=60,
        remark="at least once: copies and another order are allowed",
    ) as trial:
        reset_again_and_again(trial, hops)
        trial.fault_begins()
        kafka_cluster.nodes[kafka_cluster.leader(trial.topic)].kill()
        trial.goes_on()
