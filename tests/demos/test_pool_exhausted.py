"""d13. send() waits when the memory is used up, and then everything is ready."""

from kafka_nio.demos.pool_exhausted import LINGER_MS
from tests.demos.story import decisions, milliseconds, produce_requests, steps, values

NAME = "pool-exhausted"


def test_the_applications_thread_waits_inside_send() -> None:
    (waits,) = steps(NAME, "BufferPool.wait_for_memory")
    send = steps(NAME, "KafkaProducer.send")[-1]
    assert waits.thread == "app"
    assert send.start_ns < waits.start_ns < waits.end_ns < send.end_ns


def test_it_waits_until_the_answer_gives_memory_back() -> None:
    (waits,) = steps(NAME, "BufferPool.wait_for_memory")
    completed = steps(NAME, "ProducerBatch.complete")
    assert waits.start_ns < completed[0].start_ns < waits.end_ns


def test_because_somebody_waits_everything_is_ready() -> None:
    first_look, *_ = decisions(NAME, "must_send_now", within="RecordAccumulator.ready")
    assert first_look.result is True
    assert first_look.operands["exhausted"] is True
    assert first_look.operands["flushing"] is False
    (drained,) = [step for step in steps(NAME, "RecordAccumulator.drain") if step.result != "{}"]
    assert str(drained.result).count("1 record") == 2


def test_both_batches_leave_long_before_their_linger_is_over() -> None:
    first, *_ = steps(NAME, "RecordAccumulator.append_new_batch")
    (left,) = steps(NAME, "Sender.send_produce_request")
    assert milliseconds(left) - milliseconds(first) < LINGER_MS / 10
    assert len(produce_requests(NAME)) == 1


def test_one_thread_stood_in_line() -> None:
    assert values(NAME, "pool waiting") == [1, 0]
