"""d02. Linger is how long a batch stays open, and what it buys is fewer requests."""

from tests.demos.story import milliseconds, offsets, outcome, produce_requests, selects, shown, steps


def test_without_linger_three_records_are_three_requests() -> None:
    assert len(produce_requests("linger-0")) == 3
    assert len(steps("linger-0", "nio.Selector.wakeup")) == 3


def test_with_linger_three_records_are_one_request() -> None:
    assert len(produce_requests("linger-5")) == 1
    assert shown(steps("linger-5", "Sender.send_produce_request"), "batches") == ["[demo-0: 3 records, full]"]


def test_with_linger_only_the_first_record_wakes_the_sender() -> None:
    first, *others = steps("linger-5", "RecordAccumulator.append")
    (wakeup,) = steps("linger-5", "nio.Selector.wakeup")
    assert first.seq < wakeup.seq < others[0].seq
    assert len(others) == 2


def test_the_batch_leaves_five_milliseconds_after_its_first_record() -> None:
    sent = [milliseconds(step) for step in steps("linger-5", "KafkaProducer.send")]
    (left,) = [milliseconds(step) for step in steps("linger-5", "Sender.send_produce_request")]
    assert [left - at for at in sent] == [5, 4, 3]


def test_without_linger_each_record_leaves_when_it_is_sent() -> None:
    sent = [milliseconds(step) for step in steps("linger-0", "KafkaProducer.send")]
    left = [milliseconds(step) for step in steps("linger-0", "Sender.send_produce_request")]
    assert left == sent


def test_all_records_are_written_in_both() -> None:
    assert offsets("linger-0") == offsets("linger-5") == [1, 2, 3]


def test_the_sender_sleeps_less_often_with_linger() -> None:
    assert len(selects("linger-5")) <= len(selects("linger-0")) / 2


def test_both_are_the_same_program() -> None:
    sent = [shown(steps(name, "KafkaProducer.send"), "topic") for name in ("linger-0", "linger-5")]
    assert sent[0] == sent[1]
    assert len(outcome("linger-0").results) == len(sent[0])
