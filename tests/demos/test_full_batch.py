"""d03. Linger is a time to wait at most: a full batch leaves at once."""

from kafka_nio.demos.full_batch import BATCH_SIZE, LINGER_MS
from tests.demos.story import decisions, milliseconds, shown, steps


def test_the_first_batch_leaves_long_before_its_linger_is_over() -> None:
    opened, _ = steps("full-batch", "RecordAccumulator.append_new_batch")
    (left,) = steps("full-batch", "Sender.send_produce_request")
    assert milliseconds(left) - milliseconds(opened) < LINGER_MS / 10
    assert left.shown["batches"] == "[demo-0: 2 records, full]"


def test_it_is_ready_because_it_is_full() -> None:
    (ready,) = [decided for decided in decisions("full-batch", "sendable") if decided.result]
    assert ready.operands["must_send_now"] is True
    assert ready.operands["time_left_ms"] == LINGER_MS
    full, *_ = decisions("full-batch", "is_full", within="RecordAccumulator.ready")
    assert (full.result, full.operands["batch.is_full"]) == (True, True)
    assert full.operands["queue"] == "[demo-0: 2 records, full, demo-0: 1 record, pending]"


def test_the_second_record_fills_it_to_the_last_byte() -> None:
    opened, filled, *_ = decisions("full-batch", "has_room")
    after = [
        int(decided.operands["self.estimated_size"]) + int(decided.operands["size"]) for decided in (opened, filled)
    ]
    assert after[0] < after[1] == BATCH_SIZE


def test_new_batches_and_full_ones_wake_the_sender() -> None:
    appended = steps("full-batch", "RecordAccumulator.append")
    assert shown(appended, "return") == [
        "[an open future, False, True]",  # a new batch
        "[an open future, True, False]",  # a full one
        "[an open future, False, True]",  # a new one
    ]
    assert len(steps("full-batch", "nio.Selector.wakeup")) == 3


def test_the_second_batch_stays_to_linger() -> None:
    later = steps("full-batch", "RecordAccumulator.ready")[1:]
    waits = {str(step.result) for step in later}
    assert waits == {f"ready: nobody; look again in {LINGER_MS} ms"}
