"""`record` around a program of one's own: real threads, the wall clock, a producer that may be there already."""

import threading
from collections import Counter
from pathlib import Path

from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.tracing import Recording, record


def counts(recording: Recording) -> Counter[tuple[str, str]]:
    """How often each step happened on each thread."""
    counted: Counter[tuple[str, str]] = Counter()
    for step in recording.steps:
        counted[step.thread, step.name] += 1
    return counted


def test_a_program_with_a_producer_of_its_own(tmp_path: Path, cluster: EmbeddedCluster) -> None:
    path = tmp_path / "mine.otlp.jsonl"
    with record(path), KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        futures = [producer.send("orders", b"coffee") for _ in range(10)]
        assert all(future.result(timeout=10) for future in futures)
    recording = Recording.load(path)
    assert set(recording.threads) == {"app", "sender"}
    counted = counts(recording)
    assert counted["app", "KafkaProducer.send"] >= 1
    assert counted["sender", "Sender.run"] == 1
    assert counted["sender", "ProducerBatch.complete"] >= 1


def test_a_program_of_several_threads_names_them(tmp_path: Path, cluster: EmbeddedCluster) -> None:
    path = tmp_path / "mine.otlp.jsonl"
    with (
        record(path, thread_name=lambda thread: thread.name, lines=False),
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, client_id="till") as producer,
    ):
        waiters = [
            threading.Thread(target=producer.send, args=("orders", b"coffee"), name=f"waiter {number}")
            for number in range(3)
        ]
        for waiter in waiters:
            waiter.start()
        for waiter in waiters:
            waiter.join()
    counted = counts(Recording.load(path))
    assert [counted[f"waiter {number}", "KafkaProducer.send"] for number in range(3)] == [1, 1, 1]
    assert counted["kafka-producer-network-thread | till", "Sender.run"] == 1


def test_a_producer_that_is_there_already_is_recorded_from_its_next_step_on(
    tmp_path: Path, cluster: EmbeddedCluster
) -> None:
    path = tmp_path / "mine.otlp.jsonl"
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"before").result(timeout=10)
        with record(path):
            producer.send("orders", b"meanwhile").result(timeout=10)
        producer.send("orders", b"after").result(timeout=10)
    counted = counts(Recording.load(path))
    assert counted["app", "KafkaProducer.send"] == 1
    assert counted["sender", "ProducerBatch.complete"] == 1
    assert counted["sender", "Sender.run"] == 0  # it began before
