"""The bug gallery: each bug is at work only while it is switched on, only in the producer, and shows what it is."""

import pytest

from kafka_nio.demos import BUGS, DEMOS, play, record_demo
from kafka_nio.errors import KafkaError
from kafka_nio.spans import SPANS
from kafka_nio.tracing import otlp
from kafka_nio.tracing.lint import lint
from tests.demos.story import milliseconds, outcome, recording, shown, steps

BUDGET = 250_000
"""Bytes a recording may take."""


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_gone_when_it_is_switched_off(name: str) -> None:
    bug = BUGS[name]
    marks = dict(SPANS)
    assert vars(bug.owner)[bug.replaced] is bug.right
    with bug.stand_in.at_work() as places:
        assert vars(bug.owner)[bug.replaced] is bug.wrong
        with bug.stand_in.sparing_brokers(places):
            assert vars(bug.owner)[bug.replaced] not in (bug.right, bug.wrong)
        assert vars(bug.owner)[bug.replaced] is bug.right
    assert vars(bug.owner)[bug.replaced] is bug.right
    assert marks == SPANS


@pytest.mark.parametrize("name", BUGS)
def test_a_bugs_demo_is_small_and_goes_the_same_way_every_time(name: str) -> None:
    text = otlp.text_of(recording(f"bug-{name}"))
    assert len(text.encode()) <= BUDGET
    assert otlp.text_of(record_demo(DEMOS[f"bug-{name}"]).recording) == text


@pytest.mark.parametrize("name", [name for name in BUGS if name != "blocking-callback"])
def test_what_is_recorded_is_the_wrong_function(name: str) -> None:
    module = f"kafka_nio.demos.bugs.{name.replace('-', '_')}."
    assert any(step.function.startswith(module) and step.lines for step in recording(f"bug-{name}").steps)


@pytest.mark.parametrize("name", ["write-interest-stuck", "key-not-consumed", "blocking-wakeup", "blocking-callback"])
def test_on_real_threads_a_bug_is_caught_too(name: str) -> None:
    findings = lint(play(DEMOS[f"bug-{name}"]).recording)
    assert BUGS[name].lint in {finding.lint for finding in findings}


# What one sees of each...


def test_a_stuck_write_interest_makes_a_hundred_rounds_of_one_sleep() -> None:
    spins = [step for step in steps("bug-write-interest-stuck", "Selector.poll") if step.count > 1]
    assert sum(step.count for step in spins) > 80


def test_a_key_that_was_not_consumed_is_read_in_vain() -> None:
    in_vain = [step for step in steps("bug-key-not-consumed", "KafkaChannel.read") if step.shown["self"] == "-1: ready"]
    assert len(in_vain) > 3
    assert set(shown(in_vain, "return")) == {"None"}


def test_the_third_wakeup_waits_for_the_sender_to_come_back() -> None:
    wakeups = steps("bug-blocking-wakeup", "nio.Selector.wakeup")
    took_ms = [(step.end_ns - step.start_ns) // 1_000_000 for step in wakeups]
    assert took_ms[:2] == [0, 0]
    assert took_ms[2] == 64


def test_the_application_changes_an_interest_and_the_sender_undoes_it() -> None:
    changed = [
        (step.thread, change.values["channel -1 interest"])
        for step in recording("bug-interest-from-wrong-thread").steps
        for change in step.changes
        if "channel -1 interest" in change.values
    ]
    assert changed[:2] == [("app", "read|write"), ("sender", "read")]


def test_a_refused_connection_is_asked_for_its_versions() -> None:
    name = "bug-connected-when-writable"
    believed = steps(name, "nio.SocketChannel.finish_connect")[0]
    (refused,) = [step for step in steps(name, "nio.SocketChannel.read") if step.error_type == "ConnectionRefusedError"]
    asked = next(step for step in steps(name, "NetworkClient.do_send") if step.seq > believed.seq)
    assert str(asked.shown["request"]).startswith("ApiVersions")
    assert believed.seq < asked.seq < refused.seq


def test_an_answer_that_is_handed_over_twice_costs_the_connection_and_the_record() -> None:
    name = "bug-receives-not-cleared"
    first, *again = steps(name, "NetworkClient.parse_response")
    assert first.error_type is None
    assert {step.error_type for step in again} == {"ProtocolError"}
    assert isinstance(outcome(name).results[-1], KafkaError)


def test_a_record_sent_during_a_callback_leaves_when_the_callback_is_over() -> None:
    name = "bug-blocking-callback"
    sent = [milliseconds(step) for step in steps(name, "KafkaProducer.send")]
    written = [milliseconds(step) for step in steps(name, "nio.SocketChannel.write")]
    assert written[0] - sent[0] < 5
    assert written[1] - sent[1] > 200
