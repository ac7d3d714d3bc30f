"""d06. However often somebody is woken, he wakes once."""

from kafka_nio.demos.thousand_wakeups import WAKEUPS
from tests.demos.story import decisions, recording, selects, steps


def times(name: str) -> int:
    """How often a step happened before the record was sent: alike ones are kept once, with their number."""
    (send,) = steps("thousand-wakeups", "KafkaProducer.send")
    all_steps = {step.seq: step for step in recording("thousand-wakeups").steps}
    total = 0
    for step in steps("thousand-wakeups", name):
        if step.seq < send.seq:
            number, above = step.count, step.parent
            while above is not None:
                number, above = number * all_steps[above].count, all_steps[above].parent
            total += number
    return total


def test_there_are_a_thousand_wakeups() -> None:
    assert times("KafkaProducer.flush") == WAKEUPS
    assert times("nio.Selector.wakeup") == WAKEUPS


def test_they_end_one_select() -> None:
    (send,) = steps("thousand-wakeups", "KafkaProducer.send")
    last_flush = steps("thousand-wakeups", "KafkaProducer.flush")[-1]
    ended = [step for step in selects("thousand-wakeups") if step.start_ns < last_flush.start_ns < step.end_ns]
    assert len(ended) == 1
    assert ended[0].result == 0
    after = [step for step in selects("thousand-wakeups") if last_flush.end_ns < step.start_ns < send.start_ns]
    assert len(after) == 1, "it looks once whether there is something to do, and sleeps again"


def test_one_byte_is_written_for_all_of_them() -> None:
    written = [decided.result for decided in decisions("thousand-wakeups", "must_write")]
    assert written == [True, False, True], "for the first; not for the 999 others; and for the record"


def test_the_sender_sends_as_ever_afterwards() -> None:
    assert [step.shown["base_offset"] for step in steps("thousand-wakeups", "ProducerBatch.complete")] == [1]
