"""One transactional id, as the coordinator knows it: who may write under it, and how far its transaction has come.

`TRANSITIONS` is the whole automaton. A transaction ends in two steps. PREPARE_COMMIT is the decision, from which there
is no way back; then the mark is written into every partition that took part, and when all have it the state is
COMPLETE_COMMIT. A producer that comes in between is told to wait: CONCURRENT_TRANSACTIONS.

In the second protocol (KIP-890) the end of a transaction is also the end of its epoch: the mark carries the next one,
and so does the next transaction. It can be aborted even before the coordinator has heard of it, because a batch may be
on its way to begin it.

Left out against Java: the log in which Kafka keeps this, expiry of ids nobody uses.

Java: kafka.coordinator.transaction.TransactionMetadata
"""

from collections.abc import Set
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from kafka_nio.clock import NEVER
from kafka_nio.cluster import TopicPartition
from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH, NO_PRODUCER_ID
from kafka_nio.spans import Stage, span
from kafka_nio.state_machine import following

LARGEST_EPOCH = 2**15 - 2
"""The last epoch that a producer gets. One more fits into the field; it is kept for fencing that producer."""

FIRST_EPOCH = 0

NO_TIMEOUT_MS = 2**31 - 1
"""The timeout of a transaction that takes part in a two-phase commit: it has none."""


class ProducerIdAndEpoch(NamedTuple):
    """Under which a producer numbers its batches."""

    producer_id: int
    epoch: int


def next_epoch(producer: ProducerIdAndEpoch) -> ProducerIdAndEpoch:
    """The same id with its next epoch."""
    return ProducerIdAndEpoch(producer.producer_id, producer.epoch + 1)


class TransactionState(Enum):
    """How far a transaction has come."""

    EMPTY = "empty"
    ONGOING = "ongoing"
    PREPARE_COMMIT = "being committed"
    PREPARE_ABORT = "being aborted"
    COMPLETE_COMMIT = "committed"
    COMPLETE_ABORT = "aborted"
    PREPARE_EPOCH_FENCE = "being fenced"


class TransactionEvent(Enum):
    """What can happen to it."""

    INITIALIZE = "a producer begins to use the id"
    ADD_PARTITIONS = "partitions are added"
    COMMIT = "it is to be committed"
    ABORT = "it is to be aborted"
    FENCE = "its producer is to be locked out"
    MARKERS_WRITTEN = "its end is marked in every partition"


TRANSITIONS: dict[tuple[TransactionState, TransactionEvent], TransactionState] = {
    (TransactionState.EMPTY, TransactionEvent.INITIALIZE): TransactionState.EMPTY,
    (TransactionState.COMPLETE_COMMIT, TransactionEvent.INITIALIZE): TransactionState.EMPTY,
    (TransactionState.COMPLETE_ABORT, TransactionEvent.INITIALIZE): TransactionState.EMPTY,
    (TransactionState.EMPTY, TransactionEvent.ADD_PARTITIONS): TransactionState.ONGOING,
    (TransactionState.ONGOING, TransactionEvent.ADD_PARTITIONS): TransactionState.ONGOING,
    (TransactionState.COMPLETE_COMMIT, TransactionEvent.ADD_PARTITIONS): TransactionState.ONGOING,
    (TransactionState.COMPLETE_ABORT, TransactionEvent.ADD_PARTITIONS): TransactionState.ONGOING,
    (TransactionState.ONGOING, TransactionEvent.COMMIT): TransactionState.PREPARE_COMMIT,
    (TransactionState.ONGOING, TransactionEvent.ABORT): TransactionState.PREPARE_ABORT,
    # In the second protocol: there may be a batch on its way that would have begun it.
    (TransactionState.EMPTY, TransactionEvent.ABORT): TransactionState.PREPARE_ABORT,
    (TransactionState.COMPLETE_COMMIT, TransactionEvent.ABORT): TransactionState.PREPARE_ABORT,
    (TransactionState.COMPLETE_ABORT, TransactionEvent.ABORT): TransactionState.PREPARE_ABORT,
    (TransactionState.ONGOING, TransactionEvent.FENCE): TransactionState.PREPARE_EPOCH_FENCE,
    (TransactionState.PREPARE_EPOCH_FENCE, TransactionEvent.ABORT): TransactionState.PREPARE_ABORT,
    (TransactionState.PREPARE_COMMIT, TransactionEvent.MARKERS_WRITTEN): TransactionState.COMPLETE_COMMIT,
    (TransactionState.PREPARE_ABORT, TransactionEvent.MARKERS_WRITTEN): TransactionState.COMPLETE_ABORT,
}

ENDING = (TransactionState.PREPARE_COMMIT, TransactionState.PREPARE_ABORT)
"""Decided, but not yet marked everywhere."""

COMMITTING = (TransactionState.PREPARE_COMMIT, TransactionState.COMPLETE_COMMIT)
ABORTING = (TransactionState.PREPARE_ABORT, TransactionState.COMPLETE_ABORT)


@dataclass
class TransactionMetadata:
    """What the coordinator keeps of one transactional id. The coordinator's lock guards it."""

    transactional_id: str
    producer_id: int
    epoch: int = NO_PRODUCER_EPOCH
    last_epoch: int = NO_PRODUCER_EPOCH
    """The epoch before, if it was the same producer that asked for a new one (KIP-360)."""
    previous_producer_id: int = NO_PRODUCER_ID
    timeout_ms: int = 0
    state: TransactionState = TransactionState.EMPTY
    partitions: set[TopicPartition] = field(default_factory=set)
    start_ms: int = 0
    """When the first partition was added, by the clock's `now_ms`."""
    ended_by: ProducerIdAndEpoch | None = None
    """Whose epoch was over with its last transaction, so that it may ask for the end again."""
    prepared: ProducerIdAndEpoch | None = None
    """Who has written the ongoing transaction, if another one is to end it (KIP-939)."""
    marker: ProducerIdAndEpoch | None = None
    """Under whose name the end is marked, once it is decided."""

    @span(Stage.BROKER, show="self event return")
    def transition_to(self, event: TransactionEvent) -> TransactionState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        self.state = following(TRANSITIONS, self.state, event, f"the transaction of {self.transactional_id}")
        return self.state

    @property
    def producer(self) -> ProducerIdAndEpoch:
        """Who may write."""
        return ProducerIdAndEpoch(self.producer_id, self.epoch)

    @property
    def is_epoch_exhausted(self) -> bool:
        """Whether the next producer needs a new id, because there are no epochs left."""
        return self.epoch >= LARGEST_EPOCH

    @property
    def deadline_ms(self) -> float:
        """When an ongoing transaction has taken too long."""
        return NEVER if self.timeout_ms == NO_TIMEOUT_MS else self.start_ms + self.timeout_ms

    def may_be_continued_by(self, expected: ProducerIdAndEpoch) -> bool:
        """Whether a producer that says who it was may go on: nobody else has used the id since."""
        is_retry_of_rotation = expected.producer_id == self.previous_producer_id and expected.epoch >= LARGEST_EPOCH
        return self.epoch == NO_PRODUCER_EPOCH or expected.producer_id == self.producer_id or is_retry_of_rotation

    def add(self, partitions: Set[TopicPartition], now_ms: int) -> None:
        """Let partitions take part. The first ones begin the transaction."""
        if self.state is not TransactionState.ONGOING:
            self.start_ms = now_ms
            self.ended_by = None
        self.transition_to(TransactionEvent.ADD_PARTITIONS)
        self.partitions |= partitions

    def fence(self) -> None:
        """Give the next epoch to nobody, so that whoever wrote until now is refused everywhere."""
        self.transition_to(TransactionEvent.FENCE)
        self.epoch += 1
        self.last_epoch = NO_PRODUCER_EPOCH

    def hand_over(self, successor: ProducerIdAndEpoch) -> None:
        """Let a successor go on, and nobody else."""
        self.last_epoch, self.previous_producer_id = self.epoch, self.producer_id
        self.producer_id, self.epoch = successor

    def prepare_end(self, event: TransactionEvent, successor: ProducerIdAndEpoch | None = None) -> None:
        """Decide how it ends.

        Args:
            event: the decision.
            successor: in the second protocol, under whose name the producer goes on.
        """
        self.transition_to(event)
        prepared, self.prepared = self.prepared, None
        if prepared is not None and prepared.producer_id != self.producer_id:
            self.marker = next_epoch(prepared)
        else:
            self.marker = self.producer if successor is None else next_epoch(self.producer)
        if successor is not None:
            self.ended_by = self.producer
            self.hand_over(successor)

    def __repr__(self) -> str:
        return (
            f"<TransactionMetadata {self.transactional_id}: {self.state.value}, producer {self.producer_id} "
            f"epoch {self.epoch}, {len(self.partitions)} partitions>"
        )
