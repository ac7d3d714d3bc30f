"""d01. The first demo: the whole flow, once."""

from collections.abc import Iterable

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.demos import DEMOS, Outcome, play
from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer
from kafka_nio.spans import SPANS, Stage
from kafka_nio.tracing import Step
from tests.demos import story

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
    return story.outcome("one-record")


def names(steps: Iterable[Step]) -> list[str]:
    return [step.name for step in steps]


# The flow is marked, and the recording shows it...


@pytest.mark.parametrize("name", IN_THE_RECORDING + ELSEWHERE)
def test_each_step_of_the_flow_is_marked(name: str) -> None:
    assert name in SPANS


@pytest.mark.parametrize("name", IN_THE_RECORDING)
def test_each_step_that_a_record_meets_is_in_the_recording(name: str, outcome: Outcome) -> None:
    assert name in names(outcome.recording.steps)


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
