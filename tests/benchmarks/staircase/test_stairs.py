"""The stairs lead up the code as it is now."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import kafka_nio
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from tests.benchmarks.staircase.climb import LARGE_BATCH, one_repetition_ns
from tests.benchmarks.staircase.cut import replaced
from tests.benchmarks.staircase.stairs import LANDINGS, STAIRS, WAY, WHOLE, Stair
from tests.benchmarks.staircase.stepped import VALUE, SteppedClock, stepped_producer

PACKAGE = str(Path(kafka_nio.__file__).parent)
TOPIC = "staircase"


@pytest.fixture(scope="module")
def producer() -> Iterator[KafkaProducer]:
    """All its records are of the same millisecond: one of another runs more lines."""
    with pytest.MonkeyPatch.context() as patch, EmbeddedCluster() as cluster:
        patch.setattr(SteppedClock, "time_ms", lambda self: 1_700_000_000_000)
        with stepped_producer(cluster.bootstrap_servers, TOPIC, LARGE_BATCH) as producer:
            yield producer


def lines_run(stair: Stair, producer: KafkaProducer) -> int:
    """How many lines of the package run for one record in an open batch, where all tables are filled already."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        count += event == "line"
        return trace

    producer.send(TOPIC, VALUE)
    counts = []
    with replaced(stair.cuts()):
        before = sys.gettrace()
        for _ in range(3):
            count = 0
            sys.settrace(trace)
            try:
                producer.send(TOPIC, VALUE)
            finally:
                sys.settrace(before)
            counts.append(count)
    return min(counts)


def test_each_stair_is_higher_than_the_one_before(producer: KafkaProducer) -> None:
    heights = [lines_run(stair, producer) for stair in STAIRS]
    assert heights == sorted(set(heights)), list(zip(heights, (stair.name for stair in STAIRS), strict=True))


def test_the_last_stair_is_send_as_it_is() -> None:
    assert STAIRS[-1].name == WHOLE
    assert STAIRS[-1].cuts() == {}
    assert all(stair.cuts() for stair in STAIRS[:-1])


def test_each_stair_ends_on_the_way_of_a_record() -> None:
    assert {stair.function for stair in STAIRS} <= set(WAY)


@pytest.mark.parametrize("stair", STAIRS, ids=lambda stair: stair.name)
def test_a_stair_can_be_timed_and_leaves_everything_as_it_was(stair: Stair, producer: KafkaProducer) -> None:
    assert one_repetition_ns(stair, producer, TOPIC) > 0
    assert len(producer) == 0
    future = producer.send(TOPIC, VALUE)
    producer.flush()
    assert future.result(0).topic == TOPIC


@pytest.mark.parametrize("landing", LANDINGS, ids=lambda stair: stair.name)
def test_a_landing_can_be_timed(landing: Stair) -> None:
    with (
        EmbeddedCluster() as cluster,
        stepped_producer(cluster.bootstrap_servers, TOPIC, {**LARGE_BATCH, **landing.options}) as producer,
    ):
        assert one_repetition_ns(landing, producer, TOPIC) > 0
