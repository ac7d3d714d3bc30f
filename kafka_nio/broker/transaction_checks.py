"""What the transaction coordinator asks of a transactional id before it does anything, and how it refuses.

Java: kafka.coordinator.transaction.TransactionCoordinator
"""

from typing import NoReturn

from kafka_nio.broker.transaction_state import ABORTING, COMMITTING, ENDING, ProducerIdAndEpoch, TransactionMetadata
from kafka_nio.errors import (
    ConcurrentTransactionsError,
    InvalidRequestError,
    InvalidTxnStateError,
    ProducerFencedError,
)


def ensure_named(transactional_id: str) -> None:
    """Raise InvalidRequestError for an id that is no name."""
    if not transactional_id:
        raise InvalidRequestError("a transactional id cannot be empty")


def ensure_ended(metadata: TransactionMetadata, *, committed: bool) -> None:
    """Raise InvalidTxnStateError unless it has ended like this, ConcurrentTransactionsError if it still is ending."""
    if metadata.state not in (COMMITTING if committed else ABORTING):
        asked = "committed" if committed else "aborted"
        raise InvalidTxnStateError(
            f"the transaction of {metadata.transactional_id} is {metadata.state.value}, so it cannot be {asked}"
        )
    ensure_not_ending(metadata)


def may_abort_nothing(metadata: TransactionMetadata, committed: bool) -> bool:
    """Whether what is to end has not begun, and may be aborted even so. Only in the second protocol."""
    ensure_not_ending(metadata)
    return not committed


def ensure_not_ending(metadata: TransactionMetadata) -> None:
    """Raise ConcurrentTransactionsError while the last transaction is not marked everywhere."""
    if metadata.state in ENDING:
        raise ConcurrentTransactionsError(f"the transaction of {metadata.transactional_id} is still being ended")


def marker_of(metadata: TransactionMetadata) -> ProducerIdAndEpoch:
    """Under whose name the end is marked that has been decided."""
    assert metadata.marker is not None, "an end that is decided has a name to be marked under"
    return metadata.marker


def fenced(metadata: TransactionMetadata, producer: ProducerIdAndEpoch) -> NoReturn:
    """Raise ProducerFencedError: this one is not who writes under the id by now."""
    raise ProducerFencedError(
        f"{metadata.transactional_id} belongs to producer {metadata.producer_id} epoch {metadata.epoch} by now; "
        f"the request came from {producer.producer_id} epoch {producer.epoch}"
    )
