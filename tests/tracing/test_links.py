"""What a step goes on from: wakeups, and the way of a record to its broker and back."""

import gc
from collections.abc import Iterator

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import Ending, Fault
from kafka_nio.errors import NotLeaderOrFollowerError
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.api import ApiKey
from kafka_nio.spans import SPANS
from kafka_nio.tracing import Recording, Watch, connections, links, record, wire
from kafka_nio.tracing.call import Call
from kafka_nio.tracing.connections import Connections
from kafka_nio.tracing.links import Links
from kafka_nio.tracing.recorder import Recorder
from kafka_nio.tracing.recording import Step
from kafka_nio.tracing.turns import VirtualClock
from kafka_nio.tracing.weave import woven
from kafka_nio.tracing.wire import Wire
from tests.tracing.runs import SERVER, Run, followed, named, recorded, send_one, sent_one


@pytest.fixture(autouse=True)
def nothing_goes_wrong(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A rule that fails is logged, so that the producer goes on."""
    yield
    assert not [one for one in caplog.records if one.name.startswith("kafka_nio.tracing")]


def way_back(recording: Recording, step: Step, whys: str) -> list[str]:
    """The steps that one comes to by following these links backwards."""
    names = []
    for why in whys.split():
        (step,) = followed(recording, step, why)
        names.append(step.name)
    return names


def test_the_rules_are_about_steps() -> None:
    assert not {*links.RULES, *connections.RULES, *wire.RULES} - set(SPANS)


def test_a_record_can_be_followed_from_its_result_back_to_its_send() -> None:
    recording = sent_one()
    (result,) = named(recording, "FutureRecordMetadata.result")
    (complete,) = followed(recording, result, "callback")
    assert (complete.name, complete.thread, result.thread) == ("ProducerBatch.complete", "sender", "app")
    (complete_batch,) = named(recording, "ProduceResponses.complete_batch")
    assert complete_batch.seq == complete.parent
    assert way_back(recording, complete_batch, "outcome response request batch") == [
        "NetworkClient.parse_response",
        "NetworkClient.do_send",
        "Drain.drain_batches_for_one_node",
        "RecordAccumulator.append",
    ]


def test_the_steps_of_a_record_say_which_record_batch_and_request_they_are_about() -> None:
    recording = sent_one()
    (send,) = named(recording, "KafkaProducer.send")
    (result,) = named(recording, "FutureRecordMetadata.result")
    (drain,) = named(recording, "Drain.drain_batches_for_one_node")
    produce = named(recording, "NetworkClient.do_send")[-1]
    (complete,) = named(recording, "ProduceResponses.complete_batch")
    assert send.about == result.about == ("record 1", "batch 1")
    assert drain.about == ("batch 1",)
    assert produce.about == ("request 4", "batch 1")
    assert complete.about == ("batch 1", "request 4")
    (read,) = named(recording, "KafkaChannel.read", "request 4")
    assert read.about == ("connection 1", "request 4")


def test_a_callback_belongs_to_its_record() -> None:
    def two_callbacks(run: Run) -> None:
        with run.producer(linger_ms=5) as producer:
            producer.send("orders", b"none")
            for value in (b"one", b"two"):
                producer.send("orders", value, callback=lambda metadata, error: None)

    recording = recorded(two_callbacks)
    callbacks = named(recording, "call_back")
    assert [step.about for step in callbacks] == [("record 2", "batch 1"), ("record 3", "batch 1")]
    assert {followed(recording, step, "callback")[0].name for step in callbacks} == {"ProducerBatch.complete"}


def test_two_records_go_in_one_batch_and_one_request() -> None:
    def two(run: Run) -> None:
        with run.producer(linger_ms=5) as producer:
            futures = [producer.send("orders", value) for value in (b"one", b"two")]
            for future in futures:
                future.result()

    recording = recorded(two)
    (drain,) = named(recording, "Drain.drain_batches_for_one_node")
    appends = named(recording, "RecordAccumulator.append")
    assert followed(recording, drain, "batch") == appends
    assert [step.about for step in appends] == [("record 1", "batch 1"), ("record 2", "batch 1")]
    assert len(named(recording, "NetworkClient.do_send", "batch 1")) == 1
    (complete,) = named(recording, "ProducerBatch.complete")
    for result in named(recording, "FutureRecordMetadata.result"):
        assert followed(recording, result, "callback") == [complete]


def test_one_request_carries_the_batches_of_two_partitions() -> None:
    def two_partitions(run: Run) -> None:
        run.cluster.create_topic("orders", 2)
        with run.producer(linger_ms=5) as producer:
            for partition in (0, 1):
                producer.send("orders", b"x", partition=partition)
            producer.flush()

    recording = recorded(two_partitions)
    (drain,) = named(recording, "Drain.drain_batches_for_one_node")
    assert drain.about == ("batch 1", "batch 2")
    (send,) = named(recording, "NetworkClient.do_send", "batch 2")
    assert send.about == ("request 4", "batch 1", "batch 2")
    assert followed(recording, send, "request") == [drain]
    assert [step.about[0] for step in named(recording, "ProduceResponses.complete_batch")] == ["batch 1", "batch 2"]


def test_a_batch_that_is_sent_again_goes_on_from_its_return_to_the_queue() -> None:
    def not_leader(run: Run) -> None:
        run.cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError))
        send_one(run)

    recording = recorded(not_leader)
    first, second = named(recording, "Drain.drain_batches_for_one_node", "batch 1")
    (back,) = followed(recording, second, "retry")
    assert back.name == "RecordAccumulator.reenqueue"
    assert back.about == ("batch 1",)
    assert followed(recording, first, "batch") == named(recording, "RecordAccumulator.append")
    assert len(named(recording, "NetworkClient.do_send", "batch 1")) == 2


def test_without_an_answer_the_outcome_comes_of_the_request() -> None:
    def no_answer(run: Run) -> None:
        with run.producer(acks=0, enable_idempotence=False) as producer:
            producer.send("orders", b"x").result()

    recording = recorded(no_answer)
    (complete,) = named(recording, "ProduceResponses.complete_batch")
    assert way_back(recording, complete, "outcome") == ["NetworkClient.do_send"]


def test_a_lost_connection_ends_in_a_retry_on_another_one() -> None:
    def lost(run: Run) -> None:
        run.cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.REQUEST_LOST))
        send_one(run)

    recording = recorded(lost)
    requests = [step.about[0] for step in named(recording, "NetworkClient.do_send", "batch 1")]
    sends = [step for request in requests for step in named(recording, "KafkaChannel.set_send", request)]
    assert [step.about[0] for step in sends] == ["connection 1", "connection 2"]


# Wakeups...


def test_a_wakeup_is_linked_to_the_select_that_it_ended() -> None:
    recording = sent_one()
    woken = [step for step in named(recording, "nio.Selector.select") if step.links]
    assert woken
    for select in woken:
        (wakeup,) = followed(recording, select, "wakeup")
        assert (wakeup.name, wakeup.thread, select.thread) == ("nio.Selector.wakeup", "app", "sender")
        assert wakeup.start_ns < select.end_ns


def test_many_wakeups_end_one_select_and_only_the_first_is_linked() -> None:
    def three(run: Run) -> None:
        with run.producer() as producer:
            producer.partitions_for("orders")
            run.clock.sleep(1)
            run.watch.begin()
            for _ in range(3):
                producer._sender.wakeup()
            run.clock.sleep(1)
            run.watch.end()

    recording = recorded(three, begin=False)
    (sender_wakeup,) = named(recording, "Sender.wakeup")
    (first,) = named(recording, "nio.Selector.wakeup")
    assert sender_wakeup.count == 3
    assert [link.to for step in named(recording, "nio.Selector.select") for link in step.links] == [first.seq]


def test_who_waits_for_metadata_is_told_which_update_ended_the_wait() -> None:
    recording = sent_one()
    (wait,) = named(recording, "Metadata.await_update")
    (update,) = followed(recording, wait, "metadata")
    assert (wait.thread, update.thread, update.name) == ("app", "sender", "Metadata.update")


def test_who_waits_for_memory_is_told_whose_it_was() -> None:
    def two_batches(run: Run) -> None:
        with run.producer(buffer_memory=1000, batch_size=1000, linger_ms=5) as producer:
            for partition in (0, 1):
                producer.send("orders", b"x", partition=partition)

    recording = recorded(two_batches, cluster={"partitions_per_topic": 2})
    (wait,) = named(recording, "BufferPool.wait_for_memory")
    (given_back,) = followed(recording, wait, "memory")
    assert (wait.thread, given_back.thread, given_back.name) == ("app", "sender", "BufferPool.deallocate")


def test_a_wakeup_whose_byte_is_not_written_yet_has_ended_nothing() -> None:
    """The select ends for another reason, just before the byte is written; the next one ends by the byte."""

    class Waker:
        _awake = False

    class Selector:
        _waker = Waker()

    seen, selector = Links(Connections()), Selector()
    waking, early, late = (
        Call(SPANS[f"nio.Selector.{name}"], "test", None, {}) for name in ("wakeup", "select", "select")
    )

    seen.entered(waking, (selector,), {})
    seen.entered(early, (selector,), {})
    seen.exited(early, 1, None)
    selector._waker._awake = True
    seen.exited(waking, None, None)
    seen.entered(late, (selector,), {})
    selector._waker._awake = False
    seen.exited(late, 0, None)

    assert early.links == ()
    assert late.links == ((waking, "wakeup"),)


# With the broker's lanes...


def test_a_request_is_followed_to_the_broker_and_back() -> None:
    recording = sent_one(brokers=True)
    assert set(recording.threads) == {"app", "sender", "broker-0 acceptor", "broker-0 processor"}
    (parse,) = named(recording, "NetworkClient.parse_response", "request 4")
    (answer,) = followed(recording, parse, "answer")
    assert (answer.name, answer.thread) == ("KafkaChannel.set_send", "broker-0 processor")
    assert way_back(recording, answer, "answer handling request") == [
        "KafkaApis.handle",
        "NetworkClient.do_send",
        "Drain.drain_batches_for_one_node",
    ]


def test_a_connection_has_one_number_at_both_ends() -> None:
    recording = sent_one(brokers=True)
    connects, accepts = (
        [step.about for step in named(recording, name)]
        for name in ("nio.SocketChannel.connect", "nio.ServerSocketChannel.accept")
    )
    assert connects == accepts == [("connection 0",), ("connection 1",)]


def test_muting_can_be_watched() -> None:
    recording = sent_one(brokers=True)
    story = [
        step.name
        for step in recording.steps
        if step.thread == "broker-0 processor"
        and step.name in ("Selector.mute", "KafkaApis.handle", "Selector.unmute", "KafkaChannel.write")
        and "connection 1" in step.about
    ]
    once = ["Selector.mute", "KafkaApis.handle", "KafkaChannel.write", "Selector.unmute"]
    assert story == once * 2  # ApiVersions, Produce


def test_the_brokers_are_left_alone_unless_asked_for() -> None:
    recording = sent_one()
    assert recording.threads == ("app", "sender")
    assert {link.why for step in recording.steps for link in step.links} == {
        *("wakeup", "metadata", "batch", "request", "response", "outcome", "callback")
    }


# In programs that were not made for it...


def test_links_on_real_threads() -> None:
    with (
        record(lines=False, state=False, name="real") as watch,
        EmbeddedCluster() as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        futures = [producer.send("orders", str(number).encode()) for number in range(200)]
        offsets = [future.result(timeout=10).offset for future in futures]
    recording = watch.recording
    assert offsets == list(range(200))
    batches = {step.about[1] for step in named(recording, "RecordAccumulator.append")}
    linked = {link.to for step in named(recording, "Drain.drain_batches_for_one_node") for link in step.links}
    assert {step.seq for step in named(recording, "RecordAccumulator.append")} >= linked
    assert len(linked) >= len(batches)
    assert all(step.links for step in named(recording, "FutureRecordMetadata.result"))
    assert all(step.links for step in named(recording, "ProduceResponses.complete_batch"))


def test_a_producer_that_is_watched_for_long_fills_no_memory() -> None:
    clock = VirtualClock()
    ends = Connections()
    seen, bytes_seen = Links(ends), Wire(ends)
    recorder = Recorder(clock, observers=[ends, seen, bytes_seen])
    with (
        woven(recorder.around),
        EmbeddedCluster(clock=clock, advertised=lambda node, address: SERVER) as cluster,
    ):
        with Run(Watch("none", recorder), cluster, clock).producer() as producer:
            for _ in range(10):
                producer.send("orders", b"x").result()
            gc.collect()
            assert len(seen._batches) <= 1
            assert not seen.requests(producer._sender._client)
            assert len(bytes_seen._bytes) == len(ends.ends._by_channel) == 2
        del producer
        gc.collect()
        assert len(bytes_seen._bytes) == len(ends.ends._by_channel) == 0
        assert not [call for call in (*ends._given, *seen._given) if call not in recorder._under_way]
        assert not [call for call in seen._carried if call not in recorder._under_way]


def test_nothing_is_linked_if_nobody_asks() -> None:
    assert not [step for step in recorded(send_one, links=False).steps if step.links]


def test_numbers_begin_with_the_window() -> None:
    def second(run: Run) -> None:
        with run.producer() as producer:
            producer.send("orders", b"before").result()
            run.watch.begin()
            producer.send("orders", b"inside").result()
            run.watch.end()

    recording = recorded(second, begin=False)
    (send,) = named(recording, "KafkaProducer.send")
    assert send.about == ("record 1", "batch 1")
    assert {entity for step in recording.steps for entity in step.about} == {
        *("record 1", "batch 1", "request 5", "connection 0")
    }
