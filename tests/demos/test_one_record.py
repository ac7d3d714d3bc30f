"""The first demo: what it shows, that it shows it every time, and that the kept recording is today's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.demos import DEMOS, Outcome, play, record_demo
from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer
from kafka_nio.spans import SPANS, Stage
from kafka_nio.tracing import Recording, Step, otlp
from kafka_nio.tracing.stale import difference, is_reference_python, without_lines

ROOT = Path(__file__).parents[2]
TRACE = ROOT / "traces" / "one-record.otlp.jsonl"
ONE_RECORD = DEMOS["one-record"]

IN_THE_RECORDING = [
    "KafkaProducer.send",
    "KafkaProducer.do_send",
    "KafkaProducer.wait_on_metadata",
    "RecordAccumulator.append",
    "Sender.wakeup",
    "NetworkClient.wakeup",
    "Selector.wakeup",
    "nio.Selector.wakeup",
    "Sender.run",
    "Sender.run_once",
    "RecordAccumulator.ready",
    "NetworkClient.ready",
    "NetworkClient.initiate_connect",
    "RecordAccumulator.drain",
    "RecordAccumulator.expired_batches",
    "Sender.send_produce_requests",
    "Sender.send_produce_request",
    "NetworkClient.send",
    "NetworkClient.do_send",
    "Selector.send",
    "KafkaChannel.set_send",
    "NetworkClient.poll",
    "MetadataUpdater.maybe_update",
    "Selector.poll",
    "Selector.clear",
    "Selector.select",
    "nio.Selector.select",
    "nio.Selector.select_now",
    "Selector.poll_selection_keys",
    "Selector.connect",
    "nio.SocketChannel.connect",
    "KafkaChannel.finish_connect",
    "KafkaChannel.write",
    "nio.SocketChannel.write",
    "KafkaChannel.read",
    "nio.SocketChannel.read",
    "Selector.add_to_completed_receives",
    "Selector.maybe_close_oldest_connection",
    "NetworkClient.handle_completed_sends",
    "NetworkClient.handle_completed_receives",
    "NetworkClient.handle_disconnections",
    "NetworkClient.handle_connections",
    "NetworkClient.handle_initiate_api_version_requests",
    "NetworkClient.handle_timed_out_requests",
    "NetworkClient.complete_responses",
    "ProduceResponses.handle_produce_response",
    "ProduceResponses.complete_batch",
    "ProducerBatch.complete",
    "FutureRecordMetadata.result",
]
"""The flow, as far as one record on a good day meets it."""

CONNECTING = {
    "NetworkClient.initiate_connect",
    "Selector.connect",
    "nio.SocketChannel.connect",
    "KafkaChannel.finish_connect",
}
"""On real threads the leader may be connected before the recorded part begins: if the sender is quick, it learns the
brokers' real names before the topic is asked for, and asks one of those."""

ELSEWHERE = [
    "Metadata.request_update",
    "Metadata.request_update_for_topic",
    "Metadata.await_update",
    "Metadata.update",
    "RecordAccumulator.mute_partition",
    "NetworkClient.handle_aborted_sends",
    "KafkaChannel.prepare",
    "KafkaChannel.close",
    "nio.SocketChannel.finish_connect",
]
"""The rest of the flow: known metadata, plain TCP and no failures leave it out of this recording."""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return record_demo(ONE_RECORD)


@pytest.fixture(scope="module")
def kept() -> Recording:
    return Recording.load(TRACE)


def names(steps: Iterator[Step] | list[Step] | tuple[Step, ...]) -> list[str]:
    return [step.name for step in steps]


# The flow is marked, and the recording shows it...


@pytest.mark.parametrize("name", IN_THE_RECORDING + ELSEWHERE)
def test_each_step_of_the_flow_is_marked(name: str) -> None:
    assert name in SPANS


@pytest.mark.parametrize("name", IN_THE_RECORDING)
def test_each_step_that_a_record_meets_is_in_the_kept_recording(name: str, kept: Recording) -> None:
    assert name in names(kept.steps)


def test_the_application_only_appends_wakes_the_sender_and_waits(outcome: Outcome) -> None:
    app = [("  " * step.depth + step.name) for step in outcome.recording.steps if step.thread == "app"]
    assert app == [
        "KafkaProducer.send",
        "  KafkaProducer.do_send",
        "    KafkaProducer.wait_on_metadata",
        "    KafkaProducer.partition",
        "    RecordAccumulator.append",
        "      RecordAccumulator.append_new_batch",
        "    Sender.wakeup",
        "      NetworkClient.wakeup",
        "        Selector.wakeup",
        "          nio.Selector.wakeup",
        "FutureRecordMetadata.result",
    ]


def test_the_story_begins_with_the_sender_asleep_in_a_select(outcome: Outcome) -> None:
    asleep = [step for step in outcome.recording.steps if step.clipped][:6]
    assert names(asleep) == [
        "Sender.run",
        "Sender.run_once",
        "NetworkClient.poll",
        "Selector.poll",
        "Selector.select",
        "nio.Selector.select",
    ]


def test_two_requests_are_written_and_two_answers_read(outcome: Outcome) -> None:
    story = ["KafkaChannel.finish_connect", "KafkaChannel.write", "KafkaChannel.read", "ProducerBatch.complete"]
    told = [
        step
        for step in outcome.recording.steps
        if step.name in story and step.result not in ("None", False)  # None: not a whole message yet
    ]
    assert names(told) == [
        "KafkaChannel.finish_connect",
        "KafkaChannel.write",  # ApiVersions, and its answer...
        "KafkaChannel.read",
        "KafkaChannel.write",  # Produce, and its answer...
        "KafkaChannel.read",
        "ProducerBatch.complete",
    ]


def test_only_the_clients_threads_are_shown(outcome: Outcome) -> None:
    assert set(outcome.recording.threads) == {"app", "sender"}
    assert all(step.stage != Stage.BROKER for step in outcome.recording.steps)


def test_no_step_failed(outcome: Outcome) -> None:
    assert [step for step in outcome.recording.steps if step.error is not None] == []


def test_every_step_has_lines_inside_its_function(outcome: Outcome) -> None:
    for step in outcome.recording.steps:
        source = SPANS[step.name].function.__code__
        assert step.lines, step
        assert min(step.lines) > step.line, step
        assert step.line >= source.co_firstlineno


def test_the_record_is_where_the_metadata_says(outcome: Outcome) -> None:
    metadata, leader = outcome.metadata, outcome.leader
    assert (metadata.topic, metadata.partition, metadata.offset) == ("demo", 0, 0)
    assert leader is not None
    assert (leader.host, leader.port) == ("broker-0", 9092)


# The same every time...


def test_nothing_that_varies_is_kept(outcome: Outcome) -> None:
    text = otlp.text_of(outcome.recording)
    assert "127.0.0.1" not in text
    assert "localhost" not in text
    assert str(ROOT) not in text
    assert " at 0x" not in text


def test_recording_five_times_gives_the_same_bytes() -> None:
    record = (
        "import sys; from kafka_nio.demos import DEMOS, record_demo; from kafka_nio.tracing import otlp;"
        "sys.stdout.buffer.write(otlp.text_of(record_demo(DEMOS['one-record']).recording).encode())"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", record],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in "12345"
    }
    assert len(texts) == 1
    assert len(texts.pop()) > 10_000


def test_recording_twice_in_one_process_gives_the_same_bytes(outcome: Outcome) -> None:
    assert otlp.text_of(record_demo(ONE_RECORD).recording) == otlp.text_of(outcome.recording)


def test_the_kept_recording_is_that_of_todays_code(outcome: Outcome, kept: Recording) -> None:
    what = difference(kept, outcome.recording, compare_lines=is_reference_python())
    assert what is None, f"traces/one-record.otlp.jsonl is stale ({what}); run: kafka-nio record --all"


def test_the_kept_file_is_todays_byte_for_byte(outcome: Outcome, kept: Recording) -> None:
    assert otlp.text_of(kept) == TRACE.read_text(encoding="utf-8")
    assert otlp.text_of(comparable(outcome.recording)) == otlp.text_of(comparable(kept))


def comparable(recording: Recording) -> Recording:
    """All of a recording that is the same under this Python as under the one that wrote the kept files."""
    return recording if is_reference_python() else without_lines(recording)


def test_a_recording_is_small() -> None:
    assert TRACE.stat().st_size <= 250_000


# By hand, on real threads...


def test_a_demo_runs_on_real_threads_against_any_broker() -> None:
    with EmbeddedCluster(partitions_per_topic=3) as cluster:
        played = play(ONE_RECORD, bootstrap_servers=cluster.bootstrap_servers, topic="mine")
        (batch_of_one,) = cluster.log("mine", played.metadata.partition).records()
    assert batch_of_one.value == b"hello"
    assert played.metadata.topic == "mine"
    assert set(names(played.recording.steps)) >= set(IN_THE_RECORDING) - CONNECTING


def test_marked_functions_are_untouched_after_a_demo() -> None:
    before = KafkaProducer.send
    play(ONE_RECORD)
    assert KafkaProducer.send is before


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        ("no-such-host.invalid:9092", r"no-such-host\.invalid:9092 cannot be resolved"),
        ("127.0.0.1:1", "connect to 127.0.0.1:1 failed: Connection refused"),
    ],
)
def test_a_failure_names_the_step_the_address_and_the_reason(servers: str, said: str) -> None:
    with pytest.raises(KafkaError, match=said):
        play(ONE_RECORD, bootstrap_servers=servers, timeout_s=0.5)


def test_a_topic_that_may_not_be_created_is_named_with_who_was_asked() -> None:
    with EmbeddedCluster(auto_create_topics=False) as cluster:
        said = f"metadata of topic demo from {cluster.bootstrap_servers}: .*does not host this topic"
        with pytest.raises(KafkaError, match=said):
            play(ONE_RECORD, bootstrap_servers=cluster.bootstrap_servers, timeout_s=0.5)


def test_a_leader_that_cannot_be_reached_is_a_failure_to_produce() -> None:
    with EmbeddedCluster(advertised=lambda node_id, address: ("127.0.0.1", 1)) as cluster:
        said = "produce to demo failed: .*connect to 127.0.0.1:1 failed: Connection refused"
        with pytest.raises(KafkaError, match=said):
            play(ONE_RECORD, bootstrap_servers=cluster.bootstrap_servers, timeout_s=1)
