"""Eleven points in which what is told about Kafka's producer is loose. Each is shown by a recording.

They are those of two widely copied articles on the network model of Kafka 0.10.2, held against its source.
"""

from kafka_nio.cli.picture import picture
from kafka_nio.network import NetworkSend
from tests.demos.story import (
    decisions,
    inside,
    milliseconds,
    outcome,
    polls,
    recording,
    selects,
    shown,
    steps,
    values,
)


def test_1_a_wakeup_follows_a_new_batch_or_a_full_one() -> None:
    """Not only a new one."""
    reasons = [
        (decided.operands["new_batch_created"], decided.operands["batch_is_full"], decided.result)
        for decided in decisions("full-batch", "must_wake")
    ]
    assert reasons == [(True, False, True), (False, True, True), (True, False, True)]
    # Neither: the second and the third record just join a batch, and nobody is woken for them.
    assert len(steps("linger-5", "RecordAccumulator.append")) == 3
    assert len(steps("linger-5", "nio.Selector.wakeup")) == 1


def test_1_full_also_means_that_another_batch_stands_behind() -> None:
    first_look, *_ = decisions("full-batch", "is_full", within="RecordAccumulator.ready")
    assert first_look.operands["queue"] == "[demo-0: 2 records, full, demo-0: 1 record, pending]"
    assert first_look.result is True


def test_2_batches_leave_for_more_reasons_than_size_and_time() -> None:
    """Somebody waits for memory; and, as the operands say, a flush, the end of a transaction, or a close."""
    first_look, *_ = decisions("pool-exhausted", "must_send_now", within="RecordAccumulator.ready")
    assert [name for name, holds in first_look.operands.items() if holds] == ["exhausted"]
    assert set(first_look.operands) == {"flushing", "exhausted", "self._closed", "completing"}
    (sendable,) = [decided for decided in decisions("pool-exhausted", "sendable") if decided.result]
    assert sendable.operands["time_left_ms"] != 0


def test_3_metadata_is_asked_of_the_node_with_the_fewest_requests_in_flight() -> None:
    """Not of the one with the fewest connections: that would be broker 1, which has none."""
    first, *_ = [
        step for step in steps("not-leader", "NetworkClient.do_send") if "Metadata" in str(step.shown["request"])
    ]
    before = recording("not-leader").state_at(first.seq)
    assert first.shown["request"] == "Metadata #5 to 0"
    assert before["connection 0"] == "ready"
    assert "connection 1" not in before
    assert "in flight 0" not in before


def test_4_the_second_call_of_poll_selection_keys_is_for_connections_that_stood_at_once() -> None:
    """Not for all new ones: over TCP it finds nothing."""
    finished_in = {}
    for name in ("connect-at-once", "connect-in-progress"):
        (finish,) = steps(name, "KafkaChannel.finish_connect")
        (call,) = [step for step in steps(name, "Selector.poll_selection_keys") if step.seq == finish.parent]
        finished_in[name] = call.shown["is_immediately_connected"]
    assert finished_in == {"connect-at-once": True, "connect-in-progress": False}


def test_5_one_receive_of_a_connection_is_completed_in_a_poll() -> None:
    """Not all of them; and what stays staged makes the next timeout 0."""
    name = "two-responses-one-read"
    (reading,) = [poll for poll in polls(name) if inside(name, poll, "KafkaChannel.read")]
    assert len([read for read in inside(name, reading, "KafkaChannel.read") if read.result != "None"]) == 2
    first, second = steps(name, "NetworkClient.parse_response")
    (between,) = [step for step in selects(name) if first.seq < step.seq < second.seq]
    assert between.name == "nio.Selector.select_now"


def test_6_handle_disconnections_is_not_only_for_failed_connects() -> None:
    """Here the peer has closed a connection that stood for long."""
    name = "request-timeout"
    *_, end = steps(name, "KafkaChannel.close")
    assert end.shown["error"] == "the peer closed the connection"
    handled = next(step for step in steps(name, "NetworkClient.handle_disconnections") if step.seq > end.seq)
    (failed,) = [step for step in steps(name, "ProducerBatch.complete_exceptionally") if step.seq > handled.seq]
    assert failed.seq > handled.seq
    assert values(name, "disconnected") != []


def test_7_a_request_that_times_out_takes_all_others_of_its_connection_along() -> None:
    name = "request-timeout"
    close, *_ = steps(name, "KafkaChannel.close")
    before, after = recording(name).state_at(close.seq), recording(name).state_after(close.seq)
    assert str(before["in flight 0"]).count("Produce") == 3
    assert after["channel 0"] == "closed by us"
    assert len({str(result) for result in outcome(name).results[:3]}) == 1


def test_8_a_network_send_has_a_destination_and_a_message_and_extends_nothing() -> None:
    """`NetworkSend extends ByteBufferSend` was so in 0.10.2; since 2.8 it holds one."""
    (handed_over,) = steps("ride-along", "KafkaChannel.set_send")
    assert str(handed_over.shown["send"]).startswith("to 0: 0 of ")
    assert handed_over.frame is not None
    assert handed_over.frame.fields[0].length == 4, "the size in front is its own"
    assert NetworkSend.__bases__ == (object,)


def test_9_there_is_no_official_drawing_so_ours_is_made_from_a_run() -> None:
    """Both columns, all steps, nothing else."""
    run = recording("one-record")
    rows = [row.plain for row in picture(run, width=400)]
    assert "app: your thread" in rows[0]
    assert "sender: the producer's thread" in rows[0]
    drawn = [step for step in run.steps if any(step.name in row for row in rows)]
    assert len(drawn) == len(run.steps)


def test_10_an_unknown_leader_is_not_waited_for() -> None:
    """The sender flags it and goes on; the question is asked inside the poll."""
    name = "not-leader"
    unknown, *_, known = steps(name, "Metadata.update")
    turns = [turn for turn in steps(name, "Sender.run_once") if unknown.seq < turn.seq < known.seq]
    assert len(turns) > 1
    for turn in turns:
        assert [step.name for step in inside(name, turn, "Metadata.request_update", "RecordAccumulator.drain")] == [
            "Metadata.request_update",
            "RecordAccumulator.drain",
        ]
        assert inside(name, turn, "nio.Selector.select"), "the turn goes on to its end"
    asked = [step for step in steps(name, "NetworkClient.do_send") if "Metadata" in str(step.shown["request"])]
    parents = {step.seq: step for step in recording(name).steps}
    assert {parents[step.parent or 0].name for step in asked} == {"MetadataUpdater.maybe_update"}


def test_11_a_batch_is_given_up_for_its_age_and_for_nothing_else() -> None:
    """Not because metadata is missing, although that was the motive."""
    asked = decisions("full-batch", "has_reached_delivery_timeout")
    assert asked
    for decided in asked:
        assert set(decided.operands) == {"self.created_ms", "now_ms", "delivery_timeout_ms"}
    # And age counts from the batch's making: it is the same batch, sent again, that is asked about.
    made, *_ = steps("not-leader", "RecordAccumulator.append_new_batch")
    sent_again = steps("not-leader", "NetworkClient.do_send")[-1]
    assert milliseconds(sent_again) > milliseconds(made)
    assert shown(steps("not-leader", "ProducerBatch.complete"), "base_offset") == [1]
