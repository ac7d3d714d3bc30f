"""A learner's file: what is wrong with it is told in a sentence, and what is right takes the real function's place."""

import threading
from pathlib import Path

import pytest

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.exercises.attempt import AttemptError, load
from kafka_nio.exercises.catalogue import find
from kafka_nio.exercises.exercise import Exercise
from kafka_nio.exercises.text import solution_text, start_text
from kafka_nio.spans import SPANS
from kafka_nio.tracing import record

IMPORTS = "from __future__ import annotations\n"


@pytest.fixture
def exercise() -> Exercise:
    found = find("e15")
    assert found is not None
    return found


@pytest.fixture
def file(tmp_path: Path, exercise: Exercise) -> Path:
    return tmp_path / f"{exercise.stem}.py"


def refused(exercise: Exercise, file: Path) -> str:
    with pytest.raises(AttemptError) as refusal:
        load(exercise, file)
    return str(refusal.value)


def test_a_blank_one_is_not_run(exercise: Exercise, file: Path) -> None:
    file.write_text(start_text(exercise))
    last = len(start_text(exercise).splitlines())
    assert refused(exercise, file) == (
        f"can_send_more is not written yet: write what is missing in {file.name}, from line {last} on"
    )


def test_a_deleted_file(exercise: Exercise, file: Path) -> None:
    assert refused(exercise, file) == f"{file.name} is gone. A fresh one: kafka-nio learn reset e15"


def test_a_syntax_error_has_a_line(exercise: Exercise, file: Path) -> None:
    file.write_text("x = 1\ndef can_send_more(self, node)\n")
    assert refused(exercise, file) == f"{file.name}, line 2: Python cannot read this: expected ':'"


def test_a_file_that_is_no_text(exercise: Exercise, file: Path) -> None:
    file.write_bytes(b"x = 1\n\xff")
    assert refused(exercise, file) == f"{file.name} is not UTF-8 text, from byte 6 on"


def test_a_file_with_a_null_byte(exercise: Exercise, file: Path) -> None:
    file.write_bytes(b"x = \0")
    assert f"{file.name}" in refused(exercise, file)


def test_a_failure_on_import_has_a_line(exercise: Exercise, file: Path) -> None:
    file.write_text("import os\n\nnumber = 1 / 0\n")
    assert refused(exercise, file) == f"{file.name}, line 3: ZeroDivisionError: division by zero"


def test_a_function_that_was_renamed(exercise: Exercise, file: Path) -> None:
    file.write_text("def can_send(self, node): return True\n")
    assert refused(exercise, file) == (
        f"{file.name} has no function can_send_more any more, and that is the one to write"
    )


def test_a_function_with_other_arguments(exercise: Exercise, file: Path) -> None:
    file.write_text("def can_send_more(self): return True\n")
    assert refused(exercise, file) == (
        f"{file.name}: can_send_more is called with (self, node), and yours takes (self)"
    )


def test_it_takes_the_real_functions_place_for_the_block(exercise: Exercise, file: Path) -> None:
    file.write_text(IMPORTS + "def can_send_more(self, node): return 'mine'\n")
    before, marks = InFlightRequests.can_send_more, dict(SPANS)
    with load(exercise, file).in_place():
        assert InFlightRequests(1).can_send_more("1") == "mine"  # type: ignore[comparison-overlap]
    assert InFlightRequests.can_send_more is before
    assert marks == SPANS


def test_a_recording_shows_it_at_work(exercise: Exercise, file: Path) -> None:
    file.write_text(IMPORTS + "def can_send_more(self, node):\n    return False\n")
    with load(exercise, file).in_place(), record(name="mine", bytes=False) as watch:
        InFlightRequests(1).can_send_more("1")
    (step,) = watch.recording.steps
    assert step.name == "InFlightRequests.can_send_more"
    assert step.file == f"exercises/{file.name}"
    assert step.result is False
    assert list(step.lines) == [3]


def test_the_brokers_of_the_process_keep_the_real_one(exercise: Exercise, file: Path) -> None:
    file.write_text(IMPORTS + "def can_send_more(self, node): return 'mine'\n")
    found: list[object] = []
    with load(exercise, file).in_place() as sparing_brokers, sparing_brokers():
        broker = threading.Thread(
            target=lambda: found.append(InFlightRequests(1).can_send_more("1")), name="broker-0 processor"
        )
        broker.start()
        broker.join()
        found.append(InFlightRequests(1).can_send_more("1"))
    assert found == [True, "mine"]


def test_the_solution_is_read_as_well(exercise: Exercise, file: Path) -> None:
    file.write_text(solution_text(exercise))
    with load(exercise, file).in_place():
        assert InFlightRequests(1).can_send_more("1")
