"""What a partition remembers of idempotent producers, so that a batch sent twice is kept once.

Every batch of such a producer carries its id, its epoch and the sequence number of its first record. Per id we keep the
epoch and the last five batches: a client may have up to five requests in flight on a connection, so five is how far
back a repeated batch can lie. Then there are three cases: the batch is the next one and is appended; it is among the
five and is answered as it was the first time; anything else means that records before it are missing, and it is
refused.

Left out against Java: expiry of producers that fell silent, snapshots, transactions. One thing is stricter here: Kafka
takes any first sequence number from a producer it does not know, because it may have known it once and forgotten; this
log forgets nothing, so the first sequence number must be 0.

Java: org.apache.kafka.storage.internals.log.ProducerStateManager
"""

from collections import deque
from dataclasses import dataclass, field

from kafka_nio.errors import InvalidProducerEpochError, OutOfOrderSequenceError
from kafka_nio.protocol.record_batch import RecordBatch, increment_sequence
from kafka_nio.protocol.record_batch_header import NO_SEQUENCE

BATCHES_TO_RETAIN = 5
"""`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`: no more requests than that may be in flight for one connection."""


@dataclass(frozen=True, slots=True)
class BatchMetadata:
    """What is kept of an appended batch."""

    first_sequence: int
    last_sequence: int
    first_offset: int
    last_offset: int


@dataclass(slots=True)
class ProducerStateEntry:
    """One producer, as this partition knows it."""

    epoch: int
    batches: deque[BatchMetadata] = field(default_factory=lambda: deque(maxlen=BATCHES_TO_RETAIN))

    @property
    def last_sequence(self) -> int:
        """The sequence number of its newest record here, or `NO_SEQUENCE`."""
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE

    def find_duplicate(self, batch: RecordBatch) -> BatchMetadata | None:
        """The batch with the very same sequence numbers, if it is among the last five."""
        wanted = _sequences(batch)
        return next((kept for kept in self.batches if (kept.first_sequence, kept.last_sequence) == wanted), None)


class ProducerStateManager:
    """The producers of one partition by their ids. The log's lock guards it."""

    def __init__(self) -> None:
        self._producers: dict[int, ProducerStateEntry] = {}

    def check(self, batch: RecordBatch) -> BatchMetadata | None:
        """Decide whether the batch may be appended; return the earlier one if it is a duplicate.

        Raises:
            InvalidProducerEpochError: a newer producer has taken over this id.
            OutOfOrderSequenceError: sequence numbers are missing before it, or it is a duplicate too old to be known.
        """
        if not batch.has_producer_id:
            return None
        entry = self._producers.get(batch.producer_id, ProducerStateEntry(batch.producer_epoch))
        if batch.producer_epoch < entry.epoch:
            raise InvalidProducerEpochError(
                f"producer {batch.producer_id} sent epoch {batch.producer_epoch}, but its epoch is {entry.epoch} by now"
            )
        is_new_epoch = batch.producer_epoch > entry.epoch
        duplicate = None if is_new_epoch else entry.find_duplicate(batch)
        if duplicate is None:
            _check_sequence(batch, NO_SEQUENCE if is_new_epoch else entry.last_sequence)
        return duplicate

    def update(self, batch: RecordBatch) -> None:
        """Remember a batch that has been appended."""
        if not batch.has_producer_id:
            return
        entry = self._producers.get(batch.producer_id)
        if entry is None or entry.epoch != batch.producer_epoch:
            entry = self._producers[batch.producer_id] = ProducerStateEntry(batch.producer_epoch)
        entry.batches.append(BatchMetadata(*_sequences(batch), batch.base_offset, batch.last_offset))


def _sequences(batch: RecordBatch) -> tuple[int, int]:
    return batch.base_sequence, batch.last_sequence


def _check_sequence(batch: RecordBatch, last_sequence: int) -> None:
    expected = increment_sequence(last_sequence, 1)
    if batch.base_sequence != expected:
        raise OutOfOrderSequenceError(
            f"producer {batch.producer_id} (epoch {batch.producer_epoch}) sent sequence number {batch.base_sequence}, "
            f"but {expected} is next"
        )
