"""Who coordinates, and who is told to look elsewhere."""

import pytest

from kafka_nio.broker.coordinator_seat import CoordinatorSeat
from kafka_nio.errors import CoordinatorLoadInProgressError, NotCoordinatorError


def test_one_broker_answers_and_the_others_do_not() -> None:
    seat = CoordinatorSeat()
    seat.ensure_taken_by(0)
    with pytest.raises(NotCoordinatorError, match="broker 1 is not the coordinator: broker 0 is"):
        seat.ensure_taken_by(1)


def test_a_new_coordinator_may_have_to_load_first() -> None:
    seat = CoordinatorSeat()
    seat.move_to(1, is_loading=True)
    assert seat.epoch == 1
    with pytest.raises(CoordinatorLoadInProgressError):
        seat.ensure_taken_by(1)
    seat.is_loading = False
    seat.ensure_taken_by(1)
