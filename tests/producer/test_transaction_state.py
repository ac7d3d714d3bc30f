"""The automaton of a producer's id and transactions: each way through it, and what is no way."""

import pytest

from kafka_nio.errors import (
    AbortableTransactionError,
    FatalTransactionError,
    IllegalStateError,
    KafkaError,
    ProducerFencedError,
)
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.transaction_state import TRANSITIONS, Event, State, TransactionState


@pytest.fixture
def state() -> TransactionState:
    return TransactionState(IoThread())


def after(state: TransactionState, *events: Event) -> State:
    for event in events:
        state.transition_to(event, KafkaError("it failed") if "ERROR" in event.name else None)
    return state.state


READY = (Event.INITIALIZE, Event.PRODUCER_ID)
BEGUN = (*READY, Event.BEGIN)


@pytest.mark.parametrize(
    ("events", "becomes"),
    [
        (READY, State.READY),
        ((*BEGUN, Event.COMMIT, Event.DONE), State.READY),
        ((*BEGUN, Event.ABORT, Event.DONE), State.READY),
        ((*BEGUN, Event.ABORTABLE_ERROR, Event.ABORT, Event.DONE, Event.BEGIN), State.IN_TRANSACTION),
        ((*BEGUN, Event.COMMIT, Event.ABORTABLE_ERROR, Event.ABORT), State.ABORTING_TRANSACTION),
        ((*BEGUN, Event.ABORT, Event.DONE_BUT_NEW_EPOCH, Event.PRODUCER_ID), State.READY),
        ((*BEGUN, Event.ABORT, Event.PRODUCER_ID), State.READY),
        ((*READY, Event.GIVE_ID_UP, *READY), State.READY),
        ((Event.INITIALIZE, Event.ABORTABLE_ERROR, Event.GIVE_ID_UP), State.UNINITIALIZED),
    ],
    ids=str,
)
def test_each_way_round(state: TransactionState, events: tuple[Event, ...], becomes: State) -> None:
    assert after(state, *events) is becomes


@pytest.mark.parametrize("source", State)
def test_from_everywhere_it_can_fail_for_good(source: State) -> None:
    assert TRANSITIONS[source, Event.FATAL_ERROR] is State.FATAL_ERROR


def test_from_a_fatal_error_nothing_leads_away() -> None:
    assert {event for source, event in TRANSITIONS if source is State.FATAL_ERROR} == {Event.FATAL_ERROR}


def test_what_the_table_does_not_have_raises_and_changes_nothing(state: TransactionState) -> None:
    with pytest.raises(IllegalStateError, match="the producer is uninitialized, so it cannot be told to begin"):
        state.transition_to(Event.BEGIN)
    assert state.state is State.UNINITIALIZED


def test_on_the_senders_thread_an_impossible_event_is_fatal() -> None:
    """KAFKA-14831."""
    io_thread = IoThread()
    io_thread.is_current_from_now_on()
    state = TransactionState(io_thread)
    with pytest.raises(IllegalStateError):
        state.transition_to(Event.DONE)
    assert state.has_fatal_error


def test_an_error_while_aborting_is_not_noticed(state: TransactionState) -> None:
    after(state, *BEGUN, Event.ABORT, Event.ABORTABLE_ERROR)
    assert state.is_aborting
    assert state.last_error is None


def test_an_abort_forgets_the_error(state: TransactionState) -> None:
    after(state, *BEGUN, Event.ABORTABLE_ERROR)
    assert state.has_abortable_error
    after(state, Event.ABORT)
    state.raise_error("the producer")


def test_errors_that_can_be_aborted_are_told_from_fatal_ones(state: TransactionState) -> None:
    after(state, *BEGUN, Event.ABORTABLE_ERROR)
    with pytest.raises(AbortableTransactionError, match="must be aborted: it failed") as abortable:
        state.raise_error("the producer")
    after(state, Event.FATAL_ERROR)
    with pytest.raises(FatalTransactionError, match="the producer must be closed") as fatal:
        state.raise_error("the producer")
    assert (abortable.value.fatal, fatal.value.fatal) == (False, True)


def test_the_first_fatal_error_stays(state: TransactionState) -> None:
    state.transition_to(Event.FATAL_ERROR, ProducerFencedError())
    state.transition_to(Event.FATAL_ERROR, KafkaError("closed"))
    with pytest.raises(ProducerFencedError, match="the till was fenced off"):
        state.raise_error("the till")
