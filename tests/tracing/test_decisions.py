"""Decisions: which are marked, and how they are read out of functions that run."""

import importlib
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.clock import MockClock
from kafka_nio.demos import DEMOS, record_demo
from kafka_nio.network import Selector
from kafka_nio.nio import ServerSocketChannel, SocketAddress
from kafka_nio.producer import KafkaProducer
from kafka_nio.spans import DECISIONS, SPANS, DecisionMark
from kafka_nio.tracing import Recording, record
from kafka_nio.tracing.recorder import Recorder
from kafka_nio.tracing.recording import Decision, Step
from kafka_nio.tracing.steps import recording_of
from kafka_nio.tracing.weave import woven

GUARD = '''
from kafka_nio.spans import Stage, decision, span


class Guest:
    def __init__(self, age):
        self.age = age

    @property
    def is_invited(self):
        raise AssertionError("a property must not be asked")


def identity(value, *more):
    return value


@span(Stage.SEND, show="")
@decision("may_enter", "guest.age limit guest.is_invited reason")
def enter(guest, limit=18):
    """Let somebody in."""
    may_enter = identity(
        guest.age >= limit,
        guest,
    )
    if may_enter:
        return "in"
    reason = "too young"
    return reason


@span(Stage.SEND)
@decision("is_even", "number")
def count(numbers):
    """Look at each."""
    evens = 0
    for number in numbers:
        is_even = number % 2 == 0
        if is_even:
            evens += 1
    return evens


@span(Stage.SEND)
def ask(value):
    """Ask somebody else."""
    return is_small(value)


@decision("return", "value limit")
def is_small(value):
    limit = 10
    if value < 0:
        raise ValueError(value)
    return value < limit


@span(Stage.SEND)
@decision("good", "value")
def careful(value):
    """Survive what goes wrong."""
    good = None
    try:
        good = is_small(value)
    except ValueError:
        return "survived"
    return good
'''


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module `toydoor.guard`."""
    folder = tmp_path / "toydoor"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "guard.py").write_text(GUARD)
    monkeypatch.syspath_prepend(str(tmp_path))
    spans, decisions = dict(SPANS), list(DECISIONS)
    yield importlib.import_module("toydoor.guard")
    SPANS.clear()
    SPANS.update(spans)
    DECISIONS[:] = decisions
    for name in [name for name in sys.modules if name.partition(".")[0] == "toydoor"]:
        del sys.modules[name]


def steps_of(play: Callable[[], object]) -> tuple[Step, ...]:
    recorder = Recorder(MockClock(), tick_ns=1000, lines=True)
    assert recorder.line_counter is not None
    with woven(recorder.around, "toydoor") as spans, recorder.line_counter.counting(spans):
        recorder.begin()
        play()
        recorder.end()
    return recording_of("toy", recorder.calls).steps


def text_at(line: int) -> str:
    return GUARD.splitlines()[line - 1].strip()


# How they are read...


def test_a_decision_is_noted_with_operands_and_result_when_the_variable_has_got_its_value(door: ModuleType) -> None:
    (step,) = steps_of(lambda: door.enter(door.Guest(20)))
    (decision,) = step.decisions
    assert (decision.name, decision.operands, decision.result) == ("may_enter", {"guest.age": 20, "limit": 18}, True)
    assert text_at(decision.line) == "may_enter = identity("
    assert decision.function == ""


def test_a_branch_that_is_not_taken_is_told_too(door: ModuleType) -> None:
    (step,) = steps_of(lambda: door.enter(door.Guest(12)))
    assert [(one.operands["guest.age"], one.result) for one in step.decisions] == [(12, False)]


def test_in_a_loop_each_round_is_noted(door: ModuleType) -> None:
    (step,) = steps_of(lambda: door.count([1, 2, 3]))
    assert [(one.operands["number"], one.result) for one in step.decisions] == [(1, False), (2, True), (3, False)]


def test_what_a_function_that_is_no_step_decides_is_noted_on_the_step_that_asked(door: ModuleType) -> None:
    (step,) = steps_of(lambda: door.ask(5))
    (decision,) = step.decisions
    assert decision == Decision("is_small", decision.line, {"value": 5, "limit": 10}, True, "toydoor.guard.is_small")
    assert text_at(decision.line) == "return value < limit"


def test_an_exception_is_no_decision(door: ModuleType) -> None:
    def ask() -> None:
        with pytest.raises(ValueError, match="-1"):
            door.ask(-1)

    (step,) = steps_of(ask)
    assert step.decisions == ()


def test_a_line_that_failed_has_decided_nothing(door: ModuleType) -> None:
    careful, again = steps_of(lambda: (door.careful(-1), door.careful(3)))
    assert [one.result for one in careful.decisions] == ["None"]  # the first line alone, before the failure
    assert [(one.name, one.result) for one in again.decisions] == [("good", "None"), ("is_small", True), ("good", True)]


def test_lines_come_in_the_order_in_which_they_first_ran(door: ModuleType) -> None:
    (step,) = steps_of(lambda: door.count([2, 2]))
    assert [text_at(line) for line in step.lines] == [
        "evens = 0",
        "for number in numbers:",
        "is_even = number % 2 == 0",
        "if is_even:",
        "evens += 1",
        "return evens",
    ]


# Which there are...


def test_there_are_enough_of_them() -> None:
    assert len(DECISIONS) >= 15


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str], set[str]]:
    """By function and name of a decision, the operands with which it was seen."""
    demos = [DEMOS["one-record"], DEMOS["not-leader"]]
    recordings = [*(record_demo(demo).recording for demo in demos), brokers(), idle_connection()]
    operands: dict[tuple[str, str], set[str]] = {}
    for step in (step for recording in recordings for step in recording.steps):
        for decision in step.decisions:
            key = decision.function or step.function, decision.name
            operands.setdefault(key, set()).update(decision.operands)
    return operands


def brokers() -> Recording:
    """What a broker does for one record."""
    with (
        record(brokers=True) as watch,
        EmbeddedCluster() as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        producer.send("orders", b"hello").result(timeout=10)
    return watch.recording


def idle_connection() -> Recording:
    """A connection that is silent for too long."""
    clock = MockClock()
    listener = ServerSocketChannel.open(SocketAddress(socket.AF_INET, ("127.0.0.1", 0)))
    with record(clock=clock) as watch:
        selector = Selector(connections_max_idle_ms=10, clock=clock)
        selector.connect("0", listener.local_address)
        clock.sleep(20)
        selector.maybe_close_oldest_connection(clock.now_ns())
        selector.close()
    listener.close()
    return watch.recording


def name_of(mark: DecisionMark) -> str:
    return f"{mark.function.__qualname__}: {mark.name}"


@pytest.mark.parametrize("mark", DECISIONS, ids=map(name_of, DECISIONS))
def test_each_can_be_seen_with_all_that_it_depends_on(
    mark: DecisionMark, seen: dict[tuple[str, str], set[str]]
) -> None:
    function = f"{mark.function.__module__}.{mark.function.__qualname__}"
    assert seen.get((function, mark.name)) == set(mark.operands)
