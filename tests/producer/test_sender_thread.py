"""What becomes of a producer that nobody closed."""

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import kafka_nio
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer
from kafka_nio.producer.sender_thread import SenderThread

LONG_S = 30


def sender_threads(client_id: str) -> list[SenderThread]:
    """The threads that run for the producer of this name."""
    threads = (thread for thread in threading.enumerate() if isinstance(thread, SenderThread))
    return [thread for thread in threads if thread.name.endswith(f"| {client_id}")]


def send_and_forget(
    cluster: EmbeddedCluster, count: int
) -> tuple[list[FutureRecordMetadata], weakref.ref[KafkaProducer]]:
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=60_000, client_id="forgotten")
    return [producer.send("orders", b"a") for _ in range(count)], weakref.ref(producer)


def test_a_producer_that_nobody_holds_any_more_sends_its_records_and_stops(cluster: EmbeddedCluster) -> None:
    futures, producer = send_and_forget(cluster, 10)
    gc.collect()
    assert producer() is None
    threads = sender_threads("forgotten")
    assert [future.result(LONG_S).offset for future in futures] == list(range(10))
    for thread in threads:
        thread.join(LONG_S)
    assert sender_threads("forgotten") == []


def test_a_closed_producer_leaves_no_thread(cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, client_id="shop") as producer:
        producer.send("orders", b"a")
        (thread,) = sender_threads("shop")
        assert thread.name == "kafka-producer-network-thread | shop"
        assert thread.daemon
    assert sender_threads("shop") == []


def run_program(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=Path(kafka_nio.__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=LONG_S,
        check=False,
    )


def test_records_survive_the_end_of_a_program_that_forgot_to_close(cluster: EmbeddedCluster) -> None:
    program = """
import sys
from kafka_nio.producer import KafkaProducer
producer = KafkaProducer(bootstrap_servers=sys.argv[1], linger_ms=60_000)
for number in range(100):
    producer.send("orders", b"%d" % number, partition=0)
"""
    ended = run_program(program, cluster.bootstrap_servers)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [record.value for record in cluster.log("orders", 0).records()] == [b"%d" % number for number in range(100)]


def test_records_survive_a_program_that_dies_of_an_exception(cluster: EmbeddedCluster) -> None:
    program = """
import sys
from kafka_nio.producer import KafkaProducer
producer = KafkaProducer(bootstrap_servers=sys.argv[1], linger_ms=60_000)
producer.send("orders", b"last words", partition=0)
raise ZeroDivisionError
"""
    ended = run_program(program, cluster.bootstrap_servers)
    assert ended.returncode == 1
    assert [record.value for record in cluster.log("orders", 0).records()] == [b"last words"]


def test_a_program_that_cannot_send_ends_in_time_and_says_how_many_records_it_gave_up() -> None:
    program = """
import sys
import kafka_nio.producer.sender_thread as sender_thread
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
sender_thread.ABANDONED_CLOSE_MS = 200
cluster = EmbeddedCluster()
cluster.start()
producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
producer.partitions_for("orders")
cluster.close()
for number in range(7):
    producer.send("orders", b"%d" % number, callback=lambda metadata, error: print(error))
"""
    ended = run_program(program)
    assert ended.returncode == 0
    assert "7 records were given up" in ended.stderr
    assert ended.stdout.count("dropped without close()") == 7
