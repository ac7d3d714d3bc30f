"""The level "steps": every marked function as a span, nested as they ran."""

import asyncio
import inspect
from pathlib import Path

import kafka_nio
from kafka_nio import AsyncKafkaProducer, KafkaProducer
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.spans import SPANS
from kafka_nio.tracing import instrument
from tests.tracing.live.telemetry import Telemetry, attributes, span_id

ROOT = Path(kafka_nio.__file__).parent.parent


def watch_one_record(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    instrument(telemetry.tracer_provider, telemetry.meter_provider, level="steps")
    with (
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
        telemetry.tracer.start_as_current_span("take the order"),
    ):
        producer.send("orders", b"coffee").result(timeout=10)


def path_to(telemetry: Telemetry, name: str) -> list[str]:
    """The names from the root down to the first span of that name."""
    spans = {span_id(span): span for span in telemetry.spans}
    span = next(span for span in telemetry.spans if span.name == name)
    path = [span.name]
    while span.parent is not None:
        span = spans[span.parent.span_id]
        path.insert(0, span.name)
    return path


def test_steps_nest_as_they_ran_with_the_messages_spans_among_them(
    unwatched: Telemetry, cluster: EmbeddedCluster
) -> None:
    watch_one_record(unwatched, cluster)
    assert path_to(unwatched, "RecordAccumulator.append") == [
        "take the order",
        "KafkaProducer.send",
        "create orders",
        "KafkaProducer.do_send",
        "RecordAccumulator.append",
    ]
    assert path_to(unwatched, "send orders")[:4] == [
        "Sender.run_once",
        "Sender.send_producer_data",
        "Sender.send_produce_requests",
        "send orders",
    ]


def test_a_step_tells_its_code_its_thread_and_its_stage(unwatched: Telemetry, cluster: EmbeddedCluster) -> None:
    watch_one_record(unwatched, cluster)
    step = next(span for span in unwatched.spans if span.name == "KafkaProducer.do_send")
    function = SPANS["KafkaProducer.do_send"].function
    told = attributes(step)
    assert told["code.function.name"] == "kafka_nio.producer.kafka_producer.KafkaProducer.do_send"
    assert told["thread.name"] == "MainThread"
    assert told["kafka_nio.stage"] == "send"
    line = (ROOT / told["code.file.path"]).read_text().splitlines()[told["code.line.number"] - 1]
    assert line.strip() == "def do_send("
    assert inspect.getsourcefile(function) == str(ROOT / told["code.file.path"])


def test_every_turn_of_the_sender_is_a_trace_of_its_own(unwatched: Telemetry, cluster: EmbeddedCluster) -> None:
    watch_one_record(unwatched, cluster)
    turns = [span for span in unwatched.steps if span.name == "Sender.run_once"]
    assert len(turns) > 1
    assert {span.parent for span in turns} == {None}
    assert len({span.context.trace_id for span in turns if span.context}) == len(turns)
    assert all("kafka-producer-network-thread" in attributes(span)["thread.name"] for span in turns)
    assert not [span for span in unwatched.spans if span.name == "Sender.run"]


def test_a_step_that_raises_has_failed(unwatched: Telemetry) -> None:
    instrument(unwatched.tracer_provider, level="steps")
    with (
        EmbeddedCluster(auto_create_topics=False) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, max_block_ms=20) as producer,
    ):
        producer.send("orders", b"coffee")
    step = next(span for span in unwatched.steps if span.name == "KafkaProducer.wait_on_metadata")
    assert attributes(step)["error.type"] == "kafka_nio.errors.KafkaTimeoutError"
    assert not step.status.is_ok


def test_steps_of_an_event_loop_nest_in_their_tasks(unwatched: Telemetry, cluster: EmbeddedCluster) -> None:
    async def take(number: int) -> None:
        with unwatched.tracer.start_as_current_span(f"order {number}"):
            await producer.send("orders", b"coffee")

    async def main() -> None:
        nonlocal producer
        async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
            await producer.partitions_for("orders")
            await asyncio.gather(*(take(number) for number in range(5)))

    instrument(unwatched.tracer_provider, level="steps")
    producer: AsyncKafkaProducer
    asyncio.run(main())
    spans = {span_id(span): span for span in unwatched.spans}
    appends = [span for span in unwatched.steps if span.name == "RecordAccumulator.append"]
    creates = [spans[span.parent.span_id] for span in appends if span.parent is not None]
    tasks = [spans[span.parent.span_id].name for span in creates if span.parent is not None]
    assert [span.name for span in creates] == ["create orders"] * 5
    assert sorted(tasks) == [f"order {number}" for number in range(5)]
