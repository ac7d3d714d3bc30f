"""The watched state: what it shows of the producer's objects, and on which step a change is noted."""

import socket
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.clock import MockClock
from kafka_nio.demos import DEMOS, record_demo
from kafka_nio.network import NetworkSend, Selector
from kafka_nio.nio import ServerSocketChannel, SocketAddress
from kafka_nio.producer import KafkaProducer
from kafka_nio.spans import SPANS
from kafka_nio.tracing import Recording, record
from kafka_nio.tracing.call import Call
from kafka_nio.tracing.probes import Values, values_of
from kafka_nio.tracing.recording import Step
from kafka_nio.tracing.state import StateWatcher, Thing


@pytest.fixture(scope="module")
def one_record() -> Recording:
    return record_demo(DEMOS["one-record"]).recording


def changes(steps: list[Step]) -> dict[str, object]:
    return {path: value for step in steps for change in step.changes for path, value in change.values.items()}


def named(recording: Recording, name: str) -> list[Step]:
    return [step for step in recording.steps if step.name == name]


# Which step did it...


def test_a_change_is_noted_on_the_step_whose_code_made_it(one_record: Recording) -> None:
    assert changes(named(one_record, "nio.Selector.wakeup")) == {"wakeup pending": True}
    assert changes(named(one_record, "RecordAccumulator.append_new_batch")) == {
        "queue demo-0": "1 batch, 1 record, open"
    }
    taken = changes(named(one_record, "KafkaChannel.set_send"))
    assert taken["channel 0 interest"] == "read|write"
    assert str(taken["channel 0 send"]).startswith("Produce #3, 0 of ")
    left = changes(named(one_record, "KafkaChannel.write"))
    assert left == {"channel 0 interest": "read", "channel 0 send": None}


def test_the_wakeup_is_used_up_by_the_select_that_it_ended(one_record: Recording) -> None:
    select = next(step for step in named(one_record, "nio.Selector.select") if step.clipped)
    assert [dict(change.values) for change in select.changes] == [{"wakeup pending": False}]
    assert one_record.state_after(select.seq)["wakeup pending"] is False


def test_the_state_of_the_first_step_is_full(one_record: Recording) -> None:
    state = one_record.state_at(1)
    assert state["pool available"] == 33554432
    assert state["pool waiting"] == 0
    assert state["metadata"] == "version 2, demo, no update due"
    assert state["leader demo-0"] == "0"
    assert state["connection -1"] == "ready"
    assert state["channel -1 interest"] == "read"


def test_working_the_state_out_from_one_full_state_to_the_next_leads_to_that(one_record: Recording) -> None:
    keyframes = [step for step in one_record.steps if step.state is not None]
    assert len(keyframes) >= 5
    (first, *others) = keyframes
    steps = tuple(step if step is first else _without_state(step) for step in one_record.steps)
    worked_out = Recording("one-record", steps)
    for step in others:
        assert worked_out.state_at(step.seq) == step.state


def _without_state(step: Step) -> Step:
    return replace(step, state=None)


def test_only_what_has_changed_is_noted(one_record: Recording) -> None:
    state: dict[str, object] = dict(one_record.state_at(1))
    for change in sorted((c for step in one_record.steps for c in step.changes), key=lambda change: change.at_ns):
        for path, value in change.values.items():
            assert state.get(path) != value, path
        state |= change.values


def test_state_can_be_left_off() -> None:
    with (
        EmbeddedCluster() as cluster,
        record(state=False, lines=False) as watch,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        producer.send("orders", b"x").result(timeout=10)
    assert all(not step.changes and step.state is None for step in watch.recording.steps)


def test_it_works_with_threads_that_run_at_the_same_time() -> None:
    with (
        EmbeddedCluster() as cluster,
        record(lines=False, brokers=True) as watch,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        for _ in range(20):
            producer.send("orders", b"x").result(timeout=10)
    everything = {path for step in watch.recording.steps for change in step.changes for path in change.values}
    assert {"queue orders-0", "pool available", "in flight 0", "wakeup pending"} <= everything
    assert any(path.startswith("broker-0 channel ") and path.endswith(" interest") for path in everything)
    assert "transaction" in everything


def test_a_second_producer_has_a_number() -> None:
    with EmbeddedCluster() as cluster, record(lines=False) as watch:
        for _ in range(2):
            with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
                producer.send("orders", b"x").result(timeout=10)
    everything = {path for step in watch.recording.steps for change in step.changes for path in change.values}
    assert {"queue orders-0", "#2 queue orders-0"} <= everything


# What the objects show...


def shown(thing: object) -> Mapping[str, object]:
    return dict(values_of(thing, {}))


@pytest.fixture
def selector() -> Iterator[Selector]:
    """A selector with a connection `0` on which a message waits to be sent."""
    listener = ServerSocketChannel.open(SocketAddress(socket.AF_INET, ("127.0.0.1", 0)))
    selector = Selector()
    selector.connect("0", listener.local_address)
    while not selector.connected:
        selector.poll(100)
    yield selector
    selector.close()
    listener.close()


def test_a_selector_shows_its_channels_and_what_the_last_poll_brought(selector: Selector) -> None:
    assert shown(selector) == {
        "channel 0": "ready",
        "channel 0 interest": "read",
        "channel 0 ready": "connect",
        "connected": "0",
    }
    send = NetworkSend("0", [b"hello"])
    selector.send(send)
    selector.mute("0")
    assert shown(selector)["channel 0 send"] == "0 of 9 bytes"
    assert dict(values_of(selector, {id(send): "Produce #4"}))["channel 0 send"] == "Produce #4, 0 of 9 bytes"
    assert shown(selector)["channel 0 muted"] is True
    assert shown(selector)["channel 0 interest"] == "write"
    selector.poll(100)
    assert shown(selector)["completed sends"] == "0"


def test_most_things_show_nothing() -> None:
    assert shown(object()) == {}


def test_what_cannot_be_read_just_now_keeps_its_former_value() -> None:
    class Restless:
        is_changing = False

    def probe(thing: Restless, sends: dict[int, str]) -> Values:
        yield "restless", "a value"
        if thing.is_changing:
            raise RuntimeError("dictionary changed size during iteration")

    thing = Thing(Restless(), "broker-0 ")
    thing.probe = probe
    thing.former = thing.look({})
    Restless.is_changing = True
    assert thing.look({}) == {"broker-0 restless": "a value"}


def test_what_changes_while_nobody_is_in_a_step_is_noted_on_the_last_one() -> None:
    clock = MockClock()
    listener = ServerSocketChannel.open(SocketAddress(socket.AF_INET, ("127.0.0.1", 0)))
    selector = Selector(clock=clock)
    selector.connect("0", listener.local_address)
    watcher = StateWatcher()
    span = SPANS["Selector.clear"]
    first, second = Call(span, "app", None, {}), Call(span, "app", None, {})
    watcher.begun(())
    watcher.entered(first, (selector,), {})
    first.end_ns = 10
    watcher.exited(first, None, None)
    selector.mute("0")
    second.start_ns = 20
    watcher.entered(second, (selector,), {})
    selector.close()
    listener.close()
    assert first.state is not None
    assert [(change.at_ns, dict(change.values)) for change in first.changes] == [(20, {"channel 0 muted": True})]
