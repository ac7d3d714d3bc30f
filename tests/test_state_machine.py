"""What follows from an event."""

from enum import Enum

import pytest

from kafka_nio.errors import IllegalStateError
from kafka_nio.state_machine import following


class Door(Enum):
    CLOSED = "closed"
    OPEN = "open"


class Hand(Enum):
    PUSH = "pushed"
    PULL = "pulled"


TRANSITIONS = {(Door.CLOSED, Hand.PUSH): Door.OPEN, (Door.OPEN, Hand.PULL): Door.CLOSED}


def test_the_table_says_what_follows() -> None:
    assert following(TRANSITIONS, Door.CLOSED, Hand.PUSH, "the door") is Door.OPEN


def test_what_the_table_does_not_have_cannot_happen_and_the_state_is_named() -> None:
    with pytest.raises(IllegalStateError, match=r"^the door is open, so it cannot be that pushed$"):
        following(TRANSITIONS, Door.OPEN, Hand.PUSH, "the door")
