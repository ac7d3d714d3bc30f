"""Whoever sends faster than the sender's thread gets its turns gives it a moment."""

from collections.abc import Callable

import pytest

from kafka_nio.producer.catching_up import MOMENT_MS, PILE
from tests.producer.parts import NODE_0
from tests.producer.still import StillProducer

Make = Callable[..., StillProducer]
A_BATCH = b"x" * 20_000


@pytest.fixture
def known(still: Make) -> StillProducer:
    """A producer that knows the three partitions of `orders`."""
    made = still()
    made.learn(NODE_0, NODE_0, NODE_0)
    return made


def passed_ms(made: StillProducer, batches: int, partition: int = 0) -> int:
    """How much time passes while so many batches are filled for a partition."""
    began_ms = made.clock.now_ms()
    for _ in range(batches):
        made.producer.send("orders", A_BATCH, partition=partition)
    return made.clock.now_ms() - began_ms


def test_send_does_not_wait_while_few_batches_are_queued(known: StillProducer) -> None:
    assert passed_ms(known, PILE - 1) == 0


def test_each_batch_on_a_pile_costs_a_moment(known: StillProducer) -> None:
    passed_ms(known, PILE - 1)
    assert passed_ms(known, 3) == 3 * MOMENT_MS


def test_a_record_that_joins_the_last_batch_of_a_pile_costs_nothing(known: StillProducer) -> None:
    passed_ms(known, PILE - 1)
    known.producer.send("orders", b"a", partition=0)
    began_ms = known.clock.now_ms()
    for _ in range(10):
        known.producer.send("orders", b"a", partition=0)
    assert known.clock.now_ms() == began_ms


def test_another_partition_has_no_pile(known: StillProducer) -> None:
    passed_ms(known, PILE)
    assert passed_ms(known, 1, partition=1) == 0


def test_the_senders_own_thread_does_not_wait_for_itself(known: StillProducer) -> None:
    passed_ms(known, PILE - 1)
    known.producer._io_thread.is_current_from_now_on()
    assert passed_ms(known, 3) == 0


def test_who_may_not_be_held_up_is_not(still: Make) -> None:
    made = still(max_block_ms=0)
    made.learn(NODE_0)
    assert passed_ms(made, PILE + 2) == 0
