"""How far the producer is with its id and its transaction: an automaton in one table.

`TRANSITIONS` is all of it; `transition_to` looks an event up there, and what is not there is a mistake. A merely
idempotent producer goes from UNINITIALIZED to READY and stays there. A transactional one goes round:

    READY → begin → IN_TRANSACTION → commit or abort → … → the coordinator has done it → READY

With two-phase commit (KIP-939) it can stop on the way, PREPARED_TRANSACTION, until somebody else has decided.

Two kinds of error. After an *abortable* one the transaction must be aborted, and then the next one may begin. After a
*fatal* one this producer can do nothing any more but close: another one has taken its place, or it is not allowed.

A mistake in the order of the application's calls raises and changes nothing. A transition that is impossible on the
sender's thread is our own mistake, and becomes a fatal error: no record may be committed that should not be
(KAFKA-14831).

Java: org.apache.kafka.clients.producer.internals.TransactionManager.State
"""

import logging
from enum import Enum

from kafka_nio.errors import (
    AbortableTransactionError,
    ClusterAuthorizationFailedError,
    FatalTransactionError,
    IllegalStateError,
    KafkaError,
    ProducerFencedError,
    TransactionalIdAuthorizationError,
    UnsupportedVersionError,
)
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class State(Enum):
    """How far the producer is."""

    UNINITIALIZED = "uninitialized"
    INITIALIZING = "initializing"
    READY = "ready"
    IN_TRANSACTION = "in a transaction"
    PREPARED_TRANSACTION = "in a transaction that is prepared and only needs its end"
    COMMITTING_TRANSACTION = "committing its transaction"
    ABORTING_TRANSACTION = "aborting its transaction"
    ABORTABLE_ERROR = "in a transaction that failed and must be aborted"
    FATAL_ERROR = "failed for good"


class Event(Enum):
    """What can happen to it."""

    INITIALIZE = "asked for a producer id"
    PRODUCER_ID = "given a producer id"
    PREPARED_TRANSACTION = "given a producer id, and a transaction to end"
    BEGIN = "told to begin a transaction"
    PREPARE = "told to prepare"
    COMMIT = "told to commit"
    ABORT = "told to abort"
    DONE = "told that the transaction is over"
    DONE_BUT_NEW_EPOCH = "told that the transaction is over while it needs a new epoch"
    ABORTABLE_ERROR = "failed in a way that an abort mends"
    FATAL_ERROR = "failed for good"
    GIVE_ID_UP = "left without a producer id"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.UNINITIALIZED, Event.INITIALIZE): State.INITIALIZING,
    (State.INITIALIZING, Event.PRODUCER_ID): State.READY,
    (State.INITIALIZING, Event.PREPARED_TRANSACTION): State.PREPARED_TRANSACTION,
    (State.READY, Event.BEGIN): State.IN_TRANSACTION,
    (State.IN_TRANSACTION, Event.PREPARE): State.PREPARED_TRANSACTION,
    (State.PREPARED_TRANSACTION, Event.COMMIT): State.COMMITTING_TRANSACTION,
    (State.PREPARED_TRANSACTION, Event.ABORT): State.ABORTING_TRANSACTION,
    (State.IN_TRANSACTION, Event.COMMIT): State.COMMITTING_TRANSACTION,
    (State.IN_TRANSACTION, Event.ABORT): State.ABORTING_TRANSACTION,
    (State.ABORTABLE_ERROR, Event.ABORT): State.ABORTING_TRANSACTION,
    (State.COMMITTING_TRANSACTION, Event.DONE): State.READY,
    (State.ABORTING_TRANSACTION, Event.DONE): State.READY,
    (State.ABORTING_TRANSACTION, Event.DONE_BUT_NEW_EPOCH): State.INITIALIZING,
    # The cluster has changed over to the second protocol meanwhile.
    (State.COMMITTING_TRANSACTION, Event.DONE_BUT_NEW_EPOCH): State.INITIALIZING,
    # The coordinator has forgotten the transaction, so there is nothing to abort but our side of it.
    (State.ABORTING_TRANSACTION, Event.PRODUCER_ID): State.READY,
    (State.INITIALIZING, Event.ABORTABLE_ERROR): State.ABORTABLE_ERROR,
    (State.IN_TRANSACTION, Event.ABORTABLE_ERROR): State.ABORTABLE_ERROR,
    (State.COMMITTING_TRANSACTION, Event.ABORTABLE_ERROR): State.ABORTABLE_ERROR,
    (State.ABORTABLE_ERROR, Event.ABORTABLE_ERROR): State.ABORTABLE_ERROR,
    (State.ABORTING_TRANSACTION, Event.ABORTABLE_ERROR): State.ABORTING_TRANSACTION,
    (State.ABORTABLE_ERROR, Event.GIVE_ID_UP): State.UNINITIALIZED,
    (State.READY, Event.GIVE_ID_UP): State.UNINITIALIZED,
    (State.UNINITIALIZED, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.INITIALIZING, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.READY, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.IN_TRANSACTION, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.PREPARED_TRANSACTION, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.COMMITTING_TRANSACTION, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.ABORTING_TRANSACTION, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.ABORTABLE_ERROR, Event.FATAL_ERROR): State.FATAL_ERROR,
    (State.FATAL_ERROR, Event.FATAL_ERROR): State.FATAL_ERROR,
}


FATAL_ERRORS = (
    ClusterAuthorizationFailedError,
    ProducerFencedError,
    TransactionalIdAuthorizationError,
    UnsupportedVersionError,
)
"""What no abort mends, if a batch fails with it."""


class TransactionState:
    """The state, and the error that led to it if it is one of the two error states.

    Changed with the transaction manager's lock held; a single look needs no lock.
    """

    def __init__(self, io_thread: IoThread) -> None:
        self._io_thread = io_thread
        self.state = State.UNINITIALIZED
        self.last_error: KafkaError | None = None

    @span(Stage.RUN, show="self event error return")
    def transition_to(self, event: Event, error: KafkaError | None = None) -> State:
        """Move to the state that follows this event.

        Args:
            error: what happened, if the event is an error.

        Raises:
            IllegalStateError: the event cannot happen in the present state.
        """
        following = TRANSITIONS.get((self.state, event))
        if following is None:
            raise self._impossible(event)
        log.debug("%r is %s, so it is %s now", self, event.value, following.value)
        if self.state is not State.FATAL_ERROR:
            self.last_error = error if following in (State.ABORTABLE_ERROR, State.FATAL_ERROR) else None
        self.state = following
        return following

    def _impossible(self, event: Event) -> IllegalStateError:
        mistake = IllegalStateError(f"the producer is {self.state.value}, so it cannot be {event.value}")
        if self._io_thread.is_current:
            self.state, self.last_error = State.FATAL_ERROR, mistake
        return mistake

    def raise_error(self, who: str) -> None:
        """Raise what keeps the producer from going on, if anything does.

        Raises:
            ProducerFencedError, FatalTransactionError: nothing but closing is left.
            AbortableTransactionError: the transaction must be aborted.
        """
        error = self.last_error
        if error is None:
            return
        if isinstance(error, ProducerFencedError):
            raise ProducerFencedError(
                f"{who} was fenced off: another one with the same transactional id has taken its place"
            )
        if self.has_fatal_error:
            raise FatalTransactionError(f"{who} must be closed: {error}") from error
        raise AbortableTransactionError(f"the transaction must be aborted: {error}") from error

    @property
    def has_fatal_error(self) -> bool:
        """Whether nothing but closing is left."""
        return self.state is State.FATAL_ERROR

    @property
    def has_abortable_error(self) -> bool:
        """Whether the transaction has failed and must be aborted."""
        return self.state is State.ABORTABLE_ERROR

    @property
    def has_error(self) -> bool:
        """Whether it is one of the two error states."""
        return self.has_fatal_error or self.has_abortable_error

    @property
    def is_prepared(self) -> bool:
        """Whether the transaction only needs its end."""
        return self.state is State.PREPARED_TRANSACTION

    @property
    def is_aborting(self) -> bool:
        """Whether an abort is under way."""
        return self.state is State.ABORTING_TRANSACTION

    @property
    def is_completing(self) -> bool:
        """Whether a commit or an abort is under way."""
        return self.is_aborting or self.state is State.COMMITTING_TRANSACTION

    @property
    def has_ongoing_transaction(self) -> bool:
        """Whether a transaction has begun that is not over yet."""
        return self.is_completing or self.state in (State.IN_TRANSACTION, State.ABORTABLE_ERROR)

    def __repr__(self) -> str:
        error = f": {self.last_error}" if self.last_error is not None else ""
        return f"<TransactionState {self.state.value}{error}>"
