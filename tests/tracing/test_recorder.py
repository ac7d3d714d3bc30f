"""Noting what marked functions do: nesting, values, errors, lines, the window, threads."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from kafka_nio.clock import MockClock
from kafka_nio.tracing.recorder import Recorder, lanes
from kafka_nio.tracing.recording import Step
from kafka_nio.tracing.steps import recording_of
from kafka_nio.tracing.weave import woven


@contextmanager
def watching(recorder: Recorder) -> Iterator[None]:
    with woven(recorder.around, "toykitchen") as spans:
        if recorder.line_counter is None:
            yield
        else:
            with recorder.line_counter.counting(spans):
                yield


def steps_of(recorder: Recorder) -> list[Step]:
    return list(recording_of("toy", recorder.calls).steps)


def recorded(kitchen: ModuleType, *dishes: str, lines: bool = False) -> list[Step]:
    recorder = Recorder(MockClock(), tick_ns=1000, lines=lines)
    with watching(recorder):
        recorder.begin()
        for dish in dishes:
            kitchen.cook(dish, times=2)
        recorder.end()
    return steps_of(recorder)


def test_steps_come_in_the_order_in_which_they_began_with_their_callers(kitchen: ModuleType) -> None:
    steps = recorded(kitchen, "soup")
    assert [(step.seq, step.name, step.parent, step.depth) for step in steps] == [
        (1, "cook", None, 0),
        (2, "stir", 1, 1),
        (3, "stir", 1, 1),
    ]


def test_no_two_events_have_the_same_time_even_if_the_clock_stands_still(kitchen: ModuleType) -> None:
    cook, first, second = recorded(kitchen, "soup")
    times = [cook.start_ns, first.start_ns, first.end_ns, second.start_ns, second.end_ns, cook.end_ns]
    assert [time - times[0] for time in times] == [0, 1000, 2000, 3000, 4000, 5000]
    assert times[0] == 1_700_000_000_000_000_000 + 1000


def test_arguments_and_result_are_shown(kitchen: ModuleType) -> None:
    cook, stir, _ = recorded(kitchen, "soup")
    assert cook.shown == {"dish": "soup", "times": 2, "return": "SOUP SOUP"}
    assert cook.result == "SOUP SOUP"
    assert stir.shown == {"dish": "soup"}


def test_defaults_and_keywords_are_shown(kitchen: ModuleType) -> None:
    recorder = Recorder(MockClock())
    with watching(recorder):
        recorder.begin()
        kitchen.Pot(9).fill(salt=1)
        kitchen.Pot(8).fill(amount=4)
        recorder.end()
    assert [dict(step.shown) for step in steps_of(recorder)] == [
        {"self": "of 9", "amount": 3, "options": "{salt: 1}"},
        {"self": "of 8", "amount": 4, "options": "{}"},
    ]


def test_a_failure_is_noted_and_goes_on_its_way(kitchen: ModuleType) -> None:
    recorder = Recorder(MockClock())
    with watching(recorder):
        recorder.begin()
        with pytest.raises(ValueError, match="a stone cannot be stirred"):
            kitchen.cook("stone")
        kitchen.stir("soup")
        recorder.end()
    steps = steps_of(recorder)
    assert [(step.name, step.error_type, step.error) for step in steps] == [
        ("cook", "ValueError", "a stone cannot be stirred"),
        ("stir", "ValueError", "a stone cannot be stirred"),
        ("stir", None, None),
    ]
    assert steps[2].parent is None


def test_a_value_that_cannot_be_described_does_not_disturb(kitchen: ModuleType) -> None:
    class Shy:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    recorder = Recorder(MockClock())
    with watching(recorder):
        recorder.begin()
        assert isinstance(kitchen.stir(Shy()), Shy)
        recorder.end()
    assert steps_of(recorder)[0].shown == {"dish": "Shy"}


def test_lines_are_counted_with_those_inside_a_comprehension_once(kitchen: ModuleType) -> None:
    cook, stir, _ = recorded(kitchen, "soup", lines=True)
    source = Path(str(kitchen.__file__)).read_text().splitlines()
    ran = {source[line - 1].strip(): hits for line, hits in cook.lines.items()}
    assert ran["done = []"] == 1
    assert ran["done.append(stir(dish))"] == 2
    assert ran["for _ in range(times):"] == 3
    assert ran["word.upper()"] == 1
    assert [source[line - 1].strip() for line in stir.lines] == ['if dish == "stone":', "return dish"]
    assert source[cook.line - 1].startswith("def cook")


def test_the_tracer_before_is_put_back(kitchen: ModuleType) -> None:
    def mine(frame: object, event: str, argument: object) -> None: ...

    before = sys.gettrace()
    sys.settrace(mine)
    try:
        recorded(kitchen, "soup", lines=True)
        assert sys.gettrace() is mine
        assert threading.gettrace() is not mine
    finally:
        sys.settrace(before)


def test_only_what_happens_in_the_window_is_noted(kitchen: ModuleType) -> None:
    recorder = Recorder(MockClock())
    with watching(recorder):
        kitchen.stir("before")
        recorder.begin()
        kitchen.stir("inside")
        recorder.end()
        kitchen.stir("after")
    assert [step.shown["dish"] for step in steps_of(recorder)] == ["inside"]


def test_calls_that_cross_the_windows_edges_are_clipped(kitchen: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder(MockClock(), tick_ns=1, lines=True)

    class Dish(str):
        """Opens the window when it is stirred for the first time, and closes it the third time."""

        stirred = 0

        def __eq__(self, other: object) -> bool:
            Dish.stirred += 1
            if Dish.stirred == 1:
                recorder.begin()
            if Dish.stirred == 3:
                recorder.end()
            return False

        __hash__ = str.__hash__

    with watching(recorder):
        kitchen.cook(Dish("soup"), times=4)
    steps = steps_of(recorder)
    assert [(step.name, step.clipped) for step in steps] == [
        ("cook", True),
        ("stir", True),
        ("stir", False),
        ("stir", True),
    ]
    cook = steps[0]
    assert cook.end_ns > steps[3].end_ns > steps[3].start_ns > cook.start_ns
    assert "return" not in cook.shown
    source = Path(str(kitchen.__file__)).read_text().splitlines()
    # The call under way counts, as do the two that began inside; the fourth came too late.
    assert {source[line - 1].strip(): hits for line, hits in cook.lines.items()} == {
        "done.append(stir(dish))": 3,
        "for _ in range(times):": 2,
    }


def test_threads_have_roles_and_others_are_left_alone(kitchen: ModuleType) -> None:
    recorder = Recorder(MockClock())
    with watching(recorder):
        recorder.begin()
        for name in ["kafka-producer-network-thread | demo", "broker-0 processor"]:
            thread = threading.Thread(target=kitchen.stir, args=(name,), name=name)
            thread.start()
            thread.join()
        kitchen.stir("mine")
        recorder.end()
    assert [(step.thread, step.shown["dish"]) for step in steps_of(recorder)] == [
        ("sender", "kafka-producer-network-thread | demo"),
        ("app", "mine"),
    ]


def test_the_application_is_the_thread_that_is_named_so() -> None:
    name = lanes(threading.current_thread())
    assert name(threading.current_thread()) == "app"
    assert name(threading.Thread(name="worker")) is None


def test_names_that_vary_are_replaced(kitchen: ModuleType) -> None:
    recorder = Recorder(MockClock())
    with watching(recorder):
        recorder.begin()
        kitchen.stir("to 127.0.0.1:40001")
        recorder.end()
    (step,) = recording_of("toy", recorder.calls, {"127.0.0.1:40001": "broker-0:9092"}).steps
    assert step.shown == {"dish": "to broker-0:9092"}
