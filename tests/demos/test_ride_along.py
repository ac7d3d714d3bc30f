"""d04. What becomes ready is a broker, and a request takes what there is for it."""

from kafka_nio.demos.ride_along import HEAD_START_MS, LINGER_MS
from tests.demos.story import decisions, milliseconds, produce_requests, shown, steps


def test_one_request_carries_two_partitions() -> None:
    assert len(produce_requests("ride-along")) == 1
    (request,) = steps("ride-along", "Sender.send_produce_request")
    # The drain goes on where the last one stopped, which here happens to be the unripe batch.
    assert request.shown["batches"] == "[demo-1: 1 record, full, demo-0: 1 record, full]"


def test_one_of_them_has_not_lingered_long_enough() -> None:
    ripe, unripe = steps("ride-along", "RecordAccumulator.append_new_batch")
    (left,) = steps("ride-along", "Sender.send_produce_request")
    assert milliseconds(left) - milliseconds(ripe) == LINGER_MS
    assert milliseconds(left) - milliseconds(unripe) == LINGER_MS - HEAD_START_MS


def test_the_broker_is_ready_because_of_the_first_alone() -> None:
    asked = [decided for decided in decisions("ride-along", "sendable") if decided.result]
    assert len(asked) == 1
    assert asked[0].operands["must_send_now"] is False
    (ready,) = [step for step in steps("ride-along", "Drain.batch_ready") if asked[0] in step.decisions]
    assert ready.shown["batch"] == "demo-0: 1 record, pending"


def test_one_answer_tells_of_both() -> None:
    answers = shown(steps("ride-along", "NetworkClient.parse_response"), "return")
    assert answers == ["[Produce v13 #4 to 0, ProduceResponse]"]
    assert len(steps("ride-along", "ProducerBatch.complete")) == 2
