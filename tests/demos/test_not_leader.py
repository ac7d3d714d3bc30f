"""d14. A retry is neither immediate nor silent: backoff, metadata, a connection to the new leader."""

from tests.demos.story import decisions, milliseconds, offsets, requests, shown, steps

NAME = "not-leader"


def test_the_record_is_sent_twice_and_metadata_is_asked_for_in_between() -> None:
    assert requests(NAME) == [
        "Produce #4 to 0",
        "Metadata #5 to 0",
        "Metadata #6 to 0",
        "ApiVersions #7 to 1",
        "Produce #8 to 1",
    ]


def test_the_first_broker_refuses_and_the_batch_goes_back_into_its_queue() -> None:
    refused, written = steps(NAME, "ProduceResponses.complete_batch")
    assert refused.shown["answer"] == "error 6"  # NOT_LEADER_OR_FOLLOWER
    assert written.shown["answer"] == "offset 1"
    assert shown(steps(NAME, "ProduceResponses.can_retry"), "return") == [True]
    assert len(steps(NAME, "RecordAccumulator.reenqueue")) == 1


def test_the_batch_has_to_wait_for_its_backoff() -> None:
    backing_off = [decided for decided in decisions(NAME, "sendable") if decided.operands["is_backing_off"]]
    assert backing_off
    assert not any(decided.result for decided in backing_off)


def test_the_first_answer_names_no_leader_and_the_second_does() -> None:
    first, second = steps(NAME, "Metadata.update")
    looked_at = [step.seq for step in steps(NAME, "Drain.batch_ready") if step.seq > first.seq]
    assert min(looked_at) > second.seq, "a batch that nobody leads is not looked at"
    leaders = [step.shown["leader"] for step in steps(NAME, "Drain.batch_ready") if step.seq > second.seq]
    assert set(leaders) == {"broker-1:9092 (node 1)"}


def test_the_second_question_comes_after_a_backoff() -> None:
    first, second = [
        milliseconds(step) for step in steps(NAME, "NetworkClient.do_send") if "Metadata" in str(step.shown["request"])
    ]
    assert 80 <= second - first <= 120


def test_the_new_leader_is_connected_first() -> None:
    assert shown(steps(NAME, "NetworkClient.initiate_connect"), "node") == ["broker-1:9092 (node 1)"]


def test_only_the_producers_selector_is_seen_to_be_woken() -> None:
    assert len(steps(NAME, "nio.Selector.wakeup")) == 1


def test_nothing_is_lost() -> None:
    assert offsets(NAME) == [1]
