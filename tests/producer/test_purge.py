"""Giving records up on purpose, and counting those without an outcome."""

from collections.abc import Callable

import pytest

from kafka_nio.errors import IllegalStateError, PurgedError
from tests.producer.parts import NODE_0, ORDERS_0, ORDERS_1, Outcomes, SenderParts, answer, append, produce_response
from tests.producer.still import StillProducer


def one_sent_and_one_queued() -> tuple[SenderParts, Outcomes, Outcomes]:
    parts = SenderParts(guarantee_message_order=True)
    sent, queued = Outcomes(), Outcomes()
    append(parts.accumulator, ORDERS_0, callback=sent)
    parts.sender.run_once()
    append(parts.accumulator, ORDERS_0, callback=queued)
    return parts, sent, queued


def was_purged(outcomes: Outcomes) -> bool:
    return len(outcomes.errors) == 1 and isinstance(outcomes.errors[0], PurgedError)


def test_purge_gives_up_what_is_queued_and_what_is_under_way() -> None:
    parts, sent, queued = one_sent_and_one_queued()
    parts.sender.purge(True, True)
    assert not sent.errors
    assert parts.client.wakeups == 1
    parts.sender.run_once()
    assert was_purged(sent)
    assert was_purged(queued)
    assert not parts.accumulator.incomplete.has_open


def test_purge_may_leave_alone_what_is_under_way() -> None:
    parts, sent, queued = one_sent_and_one_queued()
    parts.sender.purge(True, False)
    parts.sender.run_once()
    assert was_purged(queued)
    parts.client.respond(produce_response(answer(base_offset=3)))
    assert sent.errors == [None]


def test_purge_may_leave_alone_what_is_queued() -> None:
    parts, sent, queued = one_sent_and_one_queued()
    parts.sender.purge(False, True)
    parts.sender.run_once()
    assert was_purged(sent)
    assert not queued.errors


@pytest.mark.behaviour(150)
def test_what_was_purged_under_way_keeps_its_memory_until_the_request_has_ended() -> None:
    parts, _, _ = one_sent_and_one_queued()
    pool = parts.accumulator.buffer_pool
    parts.sender.purge(True, True)
    parts.sender.run_once()
    assert pool.available_bytes < pool.total_bytes
    parts.client.respond(produce_response(answer(base_offset=3)))
    assert pool.available_bytes == pool.total_bytes


def test_a_close_gives_back_the_memory_of_what_was_purged_under_way() -> None:
    """Nobody will tell how the request ended."""
    parts, _, _ = one_sent_and_one_queued()
    pool = parts.accumulator.buffer_pool
    parts.sender.purge(True, True)
    parts.sender.run_once()
    assert pool.available_bytes < pool.total_bytes
    parts.sender.initiate_close()
    parts.sender.run()
    assert pool.available_bytes == pool.total_bytes
    assert len(parts.accumulator.incomplete) == 0


def test_a_purge_does_not_touch_what_comes_after_it() -> None:
    parts, _, _ = one_sent_and_one_queued()
    parts.sender.purge(True, True)
    parts.sender.run_once()
    later = append(parts.accumulator, ORDERS_1)
    parts.sender.run_once()
    parts.client.respond(produce_response(answer(partition=1, base_offset=3)), to=parts.client.requests[-1])
    assert later.result().offset == 3


def test_a_closed_producer_has_nothing_to_purge(still: Callable[..., StillProducer]) -> None:
    case = still()
    case.producer.close()
    with pytest.raises(IllegalStateError):
        case.producer.purge()


def test_the_length_of_a_producer_is_how_many_records_are_without_an_outcome(
    still: Callable[..., StillProducer],
) -> None:
    case = still()
    case.learn(NODE_0)
    assert len(case.producer) == 0
    assert case.producer
    for _ in range(3):
        case.producer.send("orders", b"a")
    assert len(case.producer) == 3
    case.producer.close(timeout=0)
    assert len(case.producer) == 0
