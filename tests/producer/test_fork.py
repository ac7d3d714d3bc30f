"""A fork copies the producer and not its thread: the child is told so, whatever it does, and the parent goes on."""

import subprocess
import sys

import pytest

from kafka_nio.broker import EmbeddedCluster

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")

BEGINNING = """
import os, sys, warnings
warnings.simplefilter("ignore")  # Python 3.12 warns of a fork where there are threads
from kafka_nio import KafkaProducer
from kafka_nio.errors import IllegalStateError
producer = KafkaProducer(bootstrap_servers=sys.argv[1], linger_ms=60_000)
open_future = producer.send("orders", b"from the parent", partition=0)
"""

IN_THE_CHILD = """
def refused(call):
    try:
        call()
    except IllegalStateError as error:
        return "a fork does not copy its thread" in str(error)
    return False

calls = [
    lambda: producer.send("orders", b"from the child", partition=0),
    lambda: producer.send("unknown", b"from the child"),
    lambda: producer.partitions_for("orders"),
    lambda: producer.flush(),
    lambda: producer.purge(),
    lambda: open_future.result(),
    lambda: producer.metrics(),
    lambda: len(producer),
]
if os.fork() == 0:
    answers = [refused(call) for call in calls]
    producer.close()
    print(answers, flush=True)
    sys.exit(0)
os.wait()
producer.close()
print(open_future.result().offset)
"""


def run(program: str, servers: str) -> str:
    command = [sys.executable, "-c", BEGINNING + program, servers]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def values(cluster: EmbeddedCluster) -> list[bytes | None]:
    return [record.value for record in cluster.log("orders", 0).records()]


def test_every_use_in_the_child_is_refused_and_the_parent_goes_on(cluster: EmbeddedCluster) -> None:
    assert run(IN_THE_CHILD, cluster.bootstrap_servers).split("\n")[:2] == [str([True] * 8), "0"]
    assert values(cluster) == [b"from the parent"]


def test_the_childs_end_neither_hangs_nor_sends_the_parents_records(cluster: EmbeddedCluster) -> None:
    """The child ends as a program does, with its `atexit` functions; the parent then gives its record up."""
    ending = """
if os.fork() == 0:
    del open_future, producer
    sys.exit(0)
_, status = os.wait()
producer.close(timeout=0)
print(status, open_future.exception())
"""
    assert run(ending, cluster.bootstrap_servers).startswith("0 the producer was closed by force")
    assert values(cluster) == []


def test_the_child_may_make_a_producer_of_its_own(cluster: EmbeddedCluster) -> None:
    own = """
if os.fork() == 0:
    with KafkaProducer(bootstrap_servers=sys.argv[1]) as mine:
        mine.send("orders", b"from the child", partition=0).result()
    sys.exit(0)
os.wait()
producer.close()
"""
    run(own, cluster.bootstrap_servers)
    assert values(cluster) == [b"from the child", b"from the parent"]
