"""The parts of the sender's turns."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from tests.benchmarks.staircase import turns
from tests.benchmarks.staircase.cut import CutError
from tests.benchmarks.staircase.sender_parts import PARTS, REST, Part, apart
from tests.benchmarks.staircase.stepped import stepped_producer
from tests.benchmarks.staircase.turns import IN_A_ROW, Load, fastest_ns, measure

TOPIC = "turns"


def test_each_part_is_found_in_the_turns_that_send_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WARM_UP", 1)
    with EmbeddedCluster(partitions_per_topic=2) as cluster:
        outcome = measure(
            {"batches": 2, "repetitions": IN_A_ROW, "bootstrap_servers": cluster.bootstrap_servers, "topic": TOPIC}
        )
    assert 100 < outcome["records"] < 163, "16 KiB of records of 100 bytes and a little more"
    assert set(outcome["batch_ns"]) == {part.name for part in (*PARTS, REST)}


def test_a_part_that_is_never_called_is_said() -> None:
    gone = Part(name="gone", said="", function="kafka_nio.producer.sender:Sender.purge")
    with (
        EmbeddedCluster() as cluster,
        stepped_producer(cluster.bootstrap_servers, TOPIC) as producer,
        pytest.raises(CutError, match=r"does not call .*Sender\.purge any more"),
    ):
        fastest_ns(gone, Load(producer, TOPIC, 1, 1))


def test_parts_without_those_inside_them_make_up_the_whole() -> None:
    inclusive = {part.name: 1.0 for part in PARTS} | {REST.name: 100.0}
    inclusive["take the batches out"] = 20.0
    inclusive["close a batch"] = 10.0
    own = apart(inclusive)
    assert own["take the batches out"] == 10.0
    assert own["close a batch"] == 8.0
    assert sum(own.values()) == 100.0
