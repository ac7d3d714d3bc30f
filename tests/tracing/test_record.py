"""`record`: watching a whole producer, in one `with`."""

import sys
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import Recording, record


def send_one(cluster: EmbeddedCluster) -> None:
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"hello").result(timeout=10)


def names(recording: Recording) -> list[str]:
    return [step.name for step in recording.steps]


def test_a_producer_is_recorded_from_its_making_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "mine.otlp.jsonl"
    with EmbeddedCluster() as cluster, record(path) as watch:
        send_one(cluster)
    recording = Recording.load(path)
    assert recording == watch.recording
    assert recording.name == "mine"
    assert set(recording.threads) == {"app", "sender"}
    assert {"KafkaProducer.send", "Metadata.update", "ProducerBatch.complete", "KafkaProducer.close"} <= {
        *names(recording)
    }
    assert [step for step in recording.steps if not step.lines] == []


def test_the_brokers_threads_are_recorded_if_they_are_given_names() -> None:
    with (
        record(thread_name=lambda thread: thread.name, lines=False, name="all") as watch,
        EmbeddedCluster() as cluster,
    ):
        send_one(cluster)
    assert "broker-0 processor" in watch.recording.threads
    assert "PartitionLog.append" in names(watch.recording)
    assert all(not step.lines for step in watch.recording.steps)


def test_only_what_is_asked_for_is_noted() -> None:
    with EmbeddedCluster() as cluster, record(begin=False) as watch:
        send_one(cluster)
        watch.begin()
        with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
            watch.end()
            producer.send("orders", b"unseen")
    assert "KafkaProducer.send" not in names(watch.recording)


def test_a_block_that_fails_writes_nothing_and_leaves_nothing_woven(tmp_path: Path) -> None:
    path = tmp_path / "failed.otlp.jsonl"
    before = KafkaProducer.send
    with pytest.raises(ZeroDivisionError), record(path):
        _ = 1 / 0
    assert not path.exists()
    assert KafkaProducer.send is before


def test_a_missing_opentelemetry_is_noticed_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "kafka_nio.tracing.otlp", raising=False)
    monkeypatch.delattr("kafka_nio.tracing.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    ran = []
    with pytest.raises(ModuleNotFoundError), record(tmp_path / "x.otlp.jsonl"):
        ran.append(True)
    assert ran == []
    with record() as watch:
        pass
    assert watch.recording.steps == ()
