"""The long runs, in short."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from typing import TextIO

import pytest

from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import FutureRecordMetadata
from tests.endurance import hour, producers, verdict
from tests.endurance.broker_process import ROOT, BrokerProcess, BrokerProcessError, Counted, counted, value_of
from tests.endurance.hour import Hour
from tests.endurance.producers import ManyProducers
from tests.endurance.verdict import is_good, of_hour, of_producers, of_wide
from tests.endurance.wide import sent_to, wide

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="this machine has no /proc as Linux has")


@pytest.fixture
def broker() -> Iterator[BrokerProcess]:
    with BrokerProcess() as broker:
        yield broker


# An hour...


def test_a_producer_at_a_steady_rate_holds_no_more_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hour, "SAMPLE_S", 0.2)
    told: list[str] = []
    measured = Hour(3, 500, 100, lambda line, *, at_once=False: told.append(line)).run()
    findings = of_hour(measured)
    assert is_good(findings), findings
    assert measured.counted == Counted(measured.sent, 0, 0)
    assert measured.sent > 500
    assert measured.samples[-1].at_s >= 3
    assert told[-1] == "the broker reads all of it"


HOARDED_BYTES = 16 << 10
"""For each record. They are mapped, because others may be taken from what earlier tests have given back."""


def test_a_producer_that_keeps_what_it_is_sent_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Hoarder(KafkaProducer):
        def send(self, topic: str, value: object, **rest: object) -> FutureRecordMetadata:  # type: ignore[override]
            hoard.append(mmap(-1, HOARDED_BYTES))
            hoard[-1].write(bytes(HOARDED_BYTES))
            return super().send(topic, value, **rest)  # type: ignore[arg-type]

    hoard: list[mmap] = []
    monkeypatch.setattr(hour, "KafkaProducer", Hoarder)
    monkeypatch.setattr(hour, "SAMPLE_S", 0.2)
    monkeypatch.setattr(verdict, "SHORTEST_S", 1)
    findings = of_hour(Hour(2, 500, 100).run())
    assert [finding.what for finding in findings if not finding.is_good] == ["memory"]


def test_a_run_ends_when_somebody_wants_it_to_and_counts_what_it_has() -> None:
    handfuls: list[str] = []

    def tell(line: str, *, at_once: bool = False) -> None:
        handfuls.append(line)

    measured = Hour(3600, 500, 100, tell, is_over=lambda: len(handfuls) >= 5).run()
    assert measured.interrupted
    assert measured.sent == measured.acknowledged == measured.counted.records == 50


def test_ctrl_c_ends_the_sending_and_keeps_what_was_measured(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    command = [sys.executable, "-m", "tests.endurance", "hour", "--rate", "200", "--to", str(kept)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()  # it has begun
        process.send_signal(signal.SIGINT)
        told, complaints = process.communicate(timeout=60)
    assert process.returncode == 130
    assert complaints == "interrupted; what was measured is kept\n"
    assert "records: " in told
    assert json.loads(kept.read_text())["hour"]["interrupted"]


def test_records_that_came_twice_or_too_early_are_counted() -> None:
    with EmbeddedCluster() as cluster, KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        for number in (0, 1, 3, 2, 3, 4):
            producer.send("orders", value_of(number))
        producer.flush()
        assert counted(cluster.state.topic("orders")) == Counted(records=6, twice=1, out_of_order=1)


def test_a_broker_that_has_died_is_an_error(broker: BrokerProcess) -> None:
    for topic in ("no such topic", "orders"):
        with pytest.raises(BrokerProcessError, match="has ended with status 1"):
            broker.count(topic)


# Many producers...


def test_two_hundred_producers_leave_no_object_no_thread_and_no_descriptor(broker: BrokerProcess) -> None:
    left = ManyProducers(broker.bootstrap_servers, 200).run()
    findings = of_producers(left)
    assert is_good(findings), findings
    assert left.producers == 200
    assert left.acknowledged == broker.count(producers.TOPIC).records


def test_producers_that_somebody_keeps_are_seen(broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(producers, "WARM_UP", 2)
    kept: list[KafkaProducer] = []

    def kept_producer(bootstrap_servers: str) -> KafkaProducer:
        kept.append(KafkaProducer(bootstrap_servers=bootstrap_servers))
        return kept[-1]

    monkeypatch.setattr(producers, "KafkaProducer", kept_producer)
    left = ManyProducers(broker.bootstrap_servers, 3).run()
    assert left.objects["kafka_nio.producer.kafka_producer.KafkaProducer"] == 3
    assert not is_good(of_producers(left))


def test_threads_and_descriptors_that_stay_are_seen(
    broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(producers, "WARM_UP", 2)
    over = threading.Event()
    threads = [threading.Thread(target=over.wait) for _ in range(5)]
    files: list[TextIO] = []

    def forgetful(bootstrap_servers: str) -> KafkaProducer:
        threads[len(files)].start()
        files.append((tmp_path / str(len(files))).open("w"))
        return KafkaProducer(bootstrap_servers=bootstrap_servers)

    monkeypatch.setattr(producers, "KafkaProducer", forgetful)
    left = ManyProducers(broker.bootstrap_servers, 3).run()
    over.set()
    for thread, file in zip(threads, files, strict=True):
        thread.join()
        file.close()
    bad = {finding.what: finding.text for finding in of_producers(left) if not finding.is_good}
    assert bad.keys() == {"threads", "descriptors"}


# Many partitions, many topics...


def test_a_thousand_partitions_get_their_records() -> None:
    with BrokerProcess(partitions=1000) as broker:
        run = wide(broker.bootstrap_servers, ["orders"], partitions=1000, records_each=3)
    assert is_good(of_wide([run])), run
    assert run.read_back == 3000


@pytest.mark.parametrize("topics", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_many_topics_get_their_records(broker: BrokerProcess, topics: int) -> None:
    names = [f"orders-{number}" for number in range(topics)]
    run = wide(broker.bootstrap_servers, names, partitions=1, records_each=3)
    assert is_good(of_wide([run])), run
    assert run.read_back == 3 * topics


def test_what_a_partition_should_have_tells_it_from_the_others() -> None:
    assert sent_to(1, places=3, records_each=2) == [value_of(1), value_of(4)]


def test_a_partition_with_the_records_of_another_is_wrong(
    broker: BrokerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.endurance import consumer

    read = consumer.values_by_place

    def with_the_last_two_exchanged(
        bootstrap_servers: str, places: list[consumer.Place], count: int
    ) -> dict[consumer.Place, list[bytes]]:
        found = read(bootstrap_servers, places, count)
        found[places[-1]], found[places[-2]] = found[places[-2]], found[places[-1]]
        return found

    monkeypatch.setattr(consumer, "values_by_place", with_the_last_two_exchanged)
    run = wide(broker.bootstrap_servers, ["a", "b", "c"], partitions=1, records_each=2)
    assert run.wrong == 2
    assert not is_good(of_wide([run]))
