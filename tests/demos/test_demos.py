"""All demos: what each has to be, that it goes the same way every time, and that the kept recordings are today's."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.demos import DEMOS, Demo, play
from kafka_nio.demos.demo import Outcome
from kafka_nio.errors import KafkaError
from kafka_nio.spans import SPANS
from kafka_nio.tracing import Recording, otlp
from kafka_nio.tracing.stale import difference, is_reference_python, without_lines
from tests.demos.story import outcome, recording

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "traces"

SCENARIOS = [demo for demo in DEMOS.values() if demo.id.startswith("d")]
PLAYED_ANYWHERE = [demo.name for demo in SCENARIOS if not demo.own_broker]

each_demo = pytest.mark.parametrize("name", DEMOS)
each_scenario = pytest.mark.parametrize("demo", SCENARIOS, ids=lambda demo: demo.name)


def kept(name: str) -> Path:
    return TRACES / f"{name}.otlp.jsonl"


# What a demo is...


def test_there_are_sixteen_scenarios_in_their_order() -> None:
    ids = [demo.id for demo in SCENARIOS]
    assert sorted(set(ids)) == [f"d{number:02}" for number in range(1, 17)]
    assert ids == sorted(ids)


def test_three_of_them_are_pairs() -> None:
    pairs = {demo.pair for demo in SCENARIOS if demo.pair}
    assert pairs == {("linger-0", "linger-5"), ("connect-at-once", "connect-in-progress"), ("order-lost", "order-kept")}
    for pair in pairs:
        assert [DEMOS[name].pair for name in pair] == [pair, pair]
        assert DEMOS[pair[0]].keep == DEMOS[pair[1]].keep, "or they could not be compared step by step"


@each_scenario
def test_its_docstring_introduces_it_to_a_learner(demo: Demo) -> None:
    module = inspect.getmodule(demo.run)
    assert module is not None
    assert module.__doc__ is not None
    assert "Who believes that" in module.__doc__


@each_scenario
def test_it_says_in_a_sentence_what_one_sees(demo: Demo) -> None:
    assert demo.sentence.endswith(".")
    assert demo.watch_for
    assert all(sentence.endswith(".") for sentence in demo.watch_for)


@each_scenario
def test_it_keeps_only_steps_that_there_are(demo: Demo) -> None:
    assert set(demo.keep) <= set(SPANS)
    assert len(demo.keep) == len(set(demo.keep))


@each_scenario
def test_its_recording_is_small(demo: Demo) -> None:
    assert len(otlp.text_of(recording(demo.name)).encode()) <= 250_000


# The same every time...


@each_demo
def test_nothing_that_varies_is_kept(name: str) -> None:
    text = otlp.text_of(recording(name))
    for varying in ("127.0.0.1", "localhost", str(ROOT), " at 0x", "/tmp"):
        assert varying not in text


def test_recording_in_another_process_gives_the_same_bytes() -> None:
    record = (
        "import logging, sys; logging.disable(logging.CRITICAL);"
        "from kafka_nio.demos import DEMOS, record_demo; from kafka_nio.tracing import otlp;"
        "[sys.stdout.buffer.write(otlp.text_of(record_demo(demo).recording).encode()) for demo in DEMOS.values()]"
    )
    there = subprocess.run(
        [sys.executable, "-c", record],
        env={**os.environ, "PYTHONHASHSEED": "2017", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        timeout=240,
    ).stdout
    assert there == "".join(otlp.text_of(recording(name)) for name in DEMOS).encode()


@each_demo
def test_the_kept_recording_is_that_of_todays_code(name: str) -> None:
    what = difference(Recording.load(kept(name)), recording(name), compare_lines=is_reference_python())
    assert what is None, f"{kept(name).relative_to(ROOT)} is stale ({what}); run: kafka-nio record --all"


@each_demo
def test_the_kept_file_is_todays_byte_for_byte(name: str) -> None:
    of_file = Recording.load(kept(name))
    assert otlp.text_of(of_file) == kept(name).read_text(encoding="utf-8")
    assert otlp.text_of(comparable(recording(name))) == otlp.text_of(comparable(of_file))


def comparable(found: Recording) -> Recording:
    """All of a recording that is the same under this Python as under the one that wrote the kept files."""
    return found if is_reference_python() else without_lines(found)


def test_all_recordings_together_are_small() -> None:
    assert sum(file.stat().st_size for file in TRACES.iterdir()) <= 6_000_000


# By hand, on real threads...


def fates(played: Outcome) -> list[bool]:
    """Which of the records were written."""
    return [not isinstance(result, KafkaError) for result in played.results]


@each_scenario
def test_on_real_threads_the_same_becomes_of_its_records(demo: Demo) -> None:
    played = play(demo)
    assert fates(played) == fates(outcome(demo.name))
    assert {step.name for step in played.recording.steps} <= set(demo.keep or SPANS)


@pytest.mark.parametrize("name", PLAYED_ANYWHERE)
def test_without_a_fault_to_order_it_can_be_played_on_any_cluster(name: str) -> None:
    with EmbeddedCluster(partitions_per_topic=3) as cluster:
        played = play(DEMOS[name], bootstrap_servers=cluster.bootstrap_servers, topic="mine")
        assert sum(len(list(cluster.log("mine", partition).records())) for partition in range(3)) > 0
    assert all(fates(played))


@pytest.mark.parametrize("demo", [demo for demo in SCENARIOS if demo.own_broker], ids=lambda demo: demo.name)
def test_with_one_to_order_it_says_why_it_brings_its_own_broker(demo: Demo) -> None:
    with pytest.raises(KafkaError, match=f"{demo.name} brings its own broker: it .*Leave out --bootstrap-servers"):
        play(demo, bootstrap_servers="localhost:1")


@pytest.mark.parametrize(("name", "needed"), [("ride-along", 2), ("pool-exhausted", 3)])
def test_too_few_partitions_are_told(name: str, needed: int) -> None:
    with EmbeddedCluster() as cluster, pytest.raises(KafkaError, match=f"needs a topic with {needed} partitions"):
        play(DEMOS[name], bootstrap_servers=cluster.bootstrap_servers)
