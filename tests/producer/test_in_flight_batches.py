"""Batches that are on their way and unanswered."""

from kafka_nio.clock import NEVER, MockClock
from kafka_nio.producer.in_flight_batches import InFlightBatches
from tests.producer.parts import ORDERS_0, ORDERS_1, batch


def test_batches_that_are_too_late_are_taken_out() -> None:
    clock = MockClock()
    in_flight = InFlightBatches(delivery_timeout_ms=100)
    early = batch(clock, ORDERS_0)
    clock.sleep(10)
    late = batch(clock, ORDERS_1)
    in_flight.add(early)
    in_flight.add(late)
    assert in_flight.expired(99) == []
    assert in_flight.next_expiry_ms == 100
    assert in_flight.expired(100) == [early]
    assert in_flight.next_expiry_ms == 110
    assert in_flight.expired(110) == [late]
    assert in_flight.next_expiry_ms == NEVER


def test_an_answered_batch_does_not_expire() -> None:
    clock = MockClock()
    in_flight = InFlightBatches(delivery_timeout_ms=100)
    first, second = batch(clock), batch(clock)
    in_flight.add(first)
    in_flight.add(second)
    in_flight.remove(first)
    assert in_flight.expired(100) == [second]


def test_removing_what_has_expired_already_is_fine() -> None:
    clock = MockClock()
    in_flight = InFlightBatches(delivery_timeout_ms=100)
    expired = batch(clock)
    in_flight.add(expired)
    in_flight.expired(100)
    in_flight.remove(expired)
    assert len(in_flight) == 0


def test_it_tells_how_many_are_under_way() -> None:
    clock = MockClock()
    in_flight = InFlightBatches(delivery_timeout_ms=100)
    for topic_partition in (ORDERS_0, ORDERS_0, ORDERS_1):
        in_flight.add(batch(clock, topic_partition))
    assert repr(in_flight) == "<InFlightBatches: 3 in 2 partitions>"
