"""A recording drawn in a terminal."""

import pytest
from rich.cells import cell_len

from kafka_nio.cli.picture import picture
from kafka_nio.spans import Stage
from kafka_nio.tracing import Recording, Step


def step(seq: int, name: str, depth: int = 0, thread: str = "app", **changes: object) -> Step:
    return Step(
        seq,
        name,
        Stage.POLL,
        thread,
        f"kafka_nio.{name}",
        "kafka_nio/x.py",
        1,
        "0123456789ab",
        seq,
        seq,
        depth=depth,
        **changes,  # type: ignore[arg-type]
    )


def drawn(*steps: Step, width: int = 80) -> list[str]:
    return [row.plain for row in picture(Recording("toy", steps), width)][1:]


def test_each_thread_has_a_column_and_calls_are_indented() -> None:
    rows = drawn(
        step(1, "KafkaProducer.send"),
        step(2, "Sender.wakeup", 1),
        step(3, "Sender.run", 0, "sender"),
        step(4, "Sender.run_once", 1, "sender"),
    )
    column = rows[0].index("│")
    assert [row.split("│") for row in rows] == [
        [f"{'KafkaProducer.send':{column}}", ""],
        [f"{' Sender.wakeup':{column}}", ""],
        [" " * column, " Sender.run"],
        [" " * column, "  Sender.run_once"],
    ]


def test_what_fits_stands_behind_the_name_and_the_rest_below() -> None:
    shown = {"self": "0: ready", "timeout_ms": 100, "return": 1}
    assert drawn(step(1, "A.poll", shown=shown)) == ["A.poll 0: ready  timeout_ms=100 → 1"]
    more = {"self": "0: ready", "timeout_ms": 100, "interest": "READ", "return": 1}
    assert drawn(step(1, "A.poll", shown=more), width=40) == ["A.poll", "  0: ready  timeout_ms=100  interes… → 1"]


def test_a_name_too_long_for_its_column_loses_its_class() -> None:
    (row,) = drawn(step(1, "NetworkClient.handle_initiate_api_version_requests"), width=40)
    assert row == ".handle_initiate_api_version_requests"


def test_failures_and_clipped_steps_are_told() -> None:
    (row,) = drawn(step(1, "A.poll", clipped=True, error="no route", error_type="OSError"))
    assert row == "…A.poll ✗ OSError: no route"


def test_in_a_file_nothing_is_cut() -> None:
    shown = {"topic": "orders", "partition": 3, "key": 'b"a key of some length"', "return": "an open future"}
    steps = [step(1, "NetworkClient.handle_initiate_api_version_requests", 4), step(2, "A.send", 4, shown=shown)]
    rows = [row.plain for row in picture(Recording("toy", steps), 40, cuts=False)][1:]
    assert rows == [
        "    .handle_initiate_api_version_request",
        "    s",
        "    A.send",
        '      topic=orders  partition=3  key=b"a',
        '      key of some length" → an open',
        "      future",
    ]


@pytest.mark.parametrize("width", [40, 41, 80, 81, 120, 200])
def test_no_row_is_wider_than_the_terminal(width: int) -> None:
    steps = [
        step(seq, "RecordAccumulator.expired_batches", depth, thread, shown={"x": "y" * 90, "return": "z" * 90})
        for seq, (depth, thread) in enumerate([(0, "app"), (9, "app"), (0, "sender"), (9, "sender"), (40, "sender")])
    ]
    assert all(cell_len(row) <= width for row in drawn(*steps, width=width))
