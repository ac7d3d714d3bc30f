"""d15. Retries keep the order only if a partition has one batch under way."""

from tests.demos.story import decisions, offsets, produce_requests, shown, steps


def test_with_five_in_flight_the_order_is_lost() -> None:
    first, second = offsets("order-lost")
    assert (first, second) == (2, 1)


def test_with_one_in_flight_it_is_kept() -> None:
    first, second = offsets("order-kept")
    assert (first, second) == (1, 2)


def test_in_both_the_first_batch_is_refused_once() -> None:
    for name in ("order-lost", "order-kept"):
        assert shown(steps(name, "ProduceResponses.complete_batch"), "answer")[0] == "error 19"  # NOT_ENOUGH_REPLICAS
        assert len(steps(name, "RecordAccumulator.reenqueue")) == 1
        assert len(produce_requests(name)) == 3


def test_with_five_the_second_leaves_before_the_first_is_answered() -> None:
    _, second, _ = steps("order-lost", "NetworkClient.do_send")
    answer, *_ = steps("order-lost", "NetworkClient.parse_response")
    assert second.seq < answer.seq
    assert steps("order-lost", "RecordAccumulator.mute_partition") == []


def test_with_one_the_partition_is_muted_while_a_batch_is_under_way() -> None:
    muting = ("RecordAccumulator.mute_partition", "RecordAccumulator.unmute_partition")
    assert [step.name for step in steps("order-kept", *muting)] == list(muting) * 3


def test_muted_means_that_nobody_looks_at_the_queue() -> None:
    muted = [decided for decided in decisions("order-kept", "is_muted") if decided.result]
    assert muted
    (mute, *_), (unmute, *_) = (
        steps("order-kept", f"RecordAccumulator.{what}_partition") for what in ("mute", "unmute")
    )
    between = [step for step in steps("order-kept", "Drain.batch_ready") if mute.seq < step.seq < unmute.seq]
    assert between == []
