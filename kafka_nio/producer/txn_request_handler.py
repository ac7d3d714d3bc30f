"""A request to a coordinator: where it goes, when, and what an answer to it means.

An answer means one of five things. It is done. The coordinator has moved: look for it and ask again. It may work later:
ask again after a pause. The transaction must be aborted. Or the producer is at its end. Which errors mean what is said
once, in `handle_error`; the handlers (`transaction_handlers.py`, `offset_handlers.py`) say only where they differ.

Everything here runs on the sender's thread, with the transaction manager's lock held.

Java: org.apache.kafka.clients.producer.internals.TransactionManager.TxnRequestHandler
"""

import logging
from collections.abc import Iterable
from enum import IntEnum
from itertools import groupby
from typing import TYPE_CHECKING

from kafka_nio.client.requests import ClientResponse
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    ApiError,
    CoordinatorNotAvailableError,
    FatalTransactionError,
    GroupAuthorizationFailedError,
    InvalidPidMappingError,
    InvalidProducerEpochError,
    InvalidTxnStateError,
    KafkaError,
    NotCoordinatorError,
    ProducerFencedError,
    TopicAuthorizationFailedError,
    TransactionAbortableError,
    TransactionalIdAuthorizationError,
    UnknownProducerIdError,
)
from kafka_nio.producer.transaction_state import TransactionState
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.protocol.api import Message
from kafka_nio.protocol.messages.find_coordinator import TRANSACTION
from kafka_nio.spans import Stage, span

if TYPE_CHECKING:
    from kafka_nio.producer.transaction_manager import TransactionManager

log = logging.getLogger(__name__)


ABORTABLE = (TransactionAbortableError, GroupAuthorizationFailedError, TopicAuthorizationFailedError)
"""What an abort mends."""

NUMBERS_LOST = (UnknownProducerIdError, InvalidPidMappingError)
"""What a new epoch mends."""


class Priority(IntEnum):
    """What goes first. The end of a transaction comes after all that belongs to it, and a new epoch after that."""

    FIND_COORDINATOR = 0
    INIT_PRODUCER_ID = 1
    ADD_PARTITIONS_OR_OFFSETS = 2
    END_TXN = 3
    EPOCH_BUMP = 4


class TxnRequestHandler:
    """A request to a coordinator, and what becomes of its answer."""

    priority = Priority.ADD_PARTITIONS_OR_OFFSETS
    is_end_txn = False
    key_type: int | None = TRANSACTION
    """The type of coordinator that it goes to; None if any broker will do."""

    def __init__(self, manager: "TransactionManager", result: TransactionalRequestResult) -> None:
        self.manager = manager
        self.result = result
        self.not_before_ms = 0
        """When it may be sent again, if it was sent in vain."""
        # of the answer that is being handled:
        self.now_ms = 0
        self.api_version = 0

    @property
    def key(self) -> str:
        """Whose coordinator it goes to."""
        return self.manager.transactional_id or ""

    @property
    def identity(self) -> tuple[str, int, int]:
        """Who asks: transactional id, producer id and epoch, with which these requests begin."""
        return (self.manager.transactional_id or "", *self.manager.producer)

    def request(self) -> Message:
        """What is asked, as things are when it is sent."""
        raise NotImplementedError

    def handle_response(self, response: Message) -> None:
        """Take the answer."""
        raise NotImplementedError

    def goes_in(self, state: TransactionState) -> bool:
        """Whether it makes sense in an error state."""
        return False

    @span(Stage.COMPLETE, show="self response")
    def on_complete(self, response: ClientResponse, now_ms: int) -> None:
        """The request has ended, with an answer or without."""
        with self.manager.lock:
            if response.disconnected:
                log.debug("%r will be sent again: %s", self, response.failure)
                if self.key_type is not None:
                    self.manager.lookup_coordinator(self.key_type, self.key)
                self.try_again(now_ms)
            elif response.version_mismatch is not None:
                self.fatal_error(response.version_mismatch)
            elif response.response is not None:
                self.now_ms, self.api_version = now_ms, response.header.api_version
                self.handle_response(response.response)

    # What an answer can mean...

    def handle_error(self, error: ApiError) -> None:
        """What an error means, unless a handler knows better."""
        if isinstance(error, NotCoordinatorError | CoordinatorNotAvailableError) and self.key_type is not None:
            self.manager.lookup_coordinator(self.key_type, self.key)
            self.try_again(self.now_ms)
        elif error.retriable:
            self.try_again(self.now_ms)
        elif isinstance(error, InvalidProducerEpochError | ProducerFencedError):
            # Coordinators before KIP-588 say the former.
            self.fatal_error(ProducerFencedError())
        elif isinstance(error, NUMBERS_LOST) and self.manager.can_handle_abortable_error:
            self.manager.epoch_bump_required |= self.manager.must_ask_for_next_epoch
            self.abortable_error(error)
        elif isinstance(error, ABORTABLE):
            self.abortable_error(error)
        elif isinstance(error, TransactionalIdAuthorizationError | InvalidTxnStateError):
            self.fatal_error(error)
        else:
            self.unexpected_error(error)

    def unexpected_error(self, error: ApiError) -> None:
        """An error that has no meaning here, so that nobody knows what has become of the transaction."""
        self.fatal_error(error)

    def try_again(self, now_ms: int, backoff_ms: float | None = None) -> None:
        """Send it again after a pause."""
        self.not_before_ms = now_ms + int(self.manager.retry_backoff_ms if backoff_ms is None else backoff_ms)
        self.manager.enqueue(self)

    def abortable_error(self, error: KafkaError) -> None:
        """The transaction must be aborted."""
        self.result.fail(error)
        self.manager.abortable_error(error)

    def fatal_error(self, error: KafkaError) -> None:
        """The producer is at its end."""
        if not error.fatal:
            error = FatalTransactionError(f"{self.result.operation} failed, and the producer must be closed: {error}")
        self.result.fail(error)
        self.manager.fatal_error(error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.result.operation}>"


def by_topic(partitions: Iterable[TopicPartition]) -> Iterable[tuple[str, Iterable[TopicPartition]]]:
    """Partitions in groups, one a topic."""
    return groupby(sorted(partitions), key=lambda place: place.topic)
