"""The automaton of a transaction."""

import pytest

from kafka_nio.broker.transaction_state import (
    ENDING,
    TRANSITIONS,
    TransactionEvent,
    TransactionMetadata,
    TransactionState,
)
from kafka_nio.errors import IllegalStateError


@pytest.mark.parametrize("state", TransactionState)
def test_every_state_is_left_again(state: TransactionState) -> None:
    assert [following for (before, _), following in TRANSITIONS.items() if before is state]


def test_a_decision_is_never_taken_back() -> None:
    for state in ENDING:
        assert {event for before, event in TRANSITIONS if before is state} == {TransactionEvent.MARKERS_WRITTEN}


def test_what_cannot_happen_is_a_mistake_that_names_the_state() -> None:
    with pytest.raises(IllegalStateError, match="the transaction of payments is empty"):
        TransactionMetadata("payments", 7).transition_to(TransactionEvent.COMMIT)


def test_it_says_how_far_it_is() -> None:
    assert repr(TransactionMetadata("payments", 7)) == (
        "<TransactionMetadata payments: empty, producer 7 epoch -1, 0 partitions>"
    )
