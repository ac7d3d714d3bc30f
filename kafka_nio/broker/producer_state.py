"""What a partition remembers of idempotent producers: which batches it has, and where an open transaction begins.

Every batch of such a producer carries its id, its epoch and the sequence number of its first record. Per id we keep the
epoch and the last five batches: a client may have up to five requests in flight on a connection, so five is how far
back a repeated batch can lie. Then there are three cases: the batch is the next one and is appended; it is among the
five and is answered as it was the first time; anything else means that records before it are missing, and it is
refused.

A new epoch begins again with 0. A producer that the partition does not know at all may begin with any number, because
a log may have known it once and forgotten.

A transaction is open from its first batch to the mark at its end. Records behind the first open transaction are not
stable: whether a careful consumer may see them is not decided yet.

Left out against Java: expiry of producers that fell silent, snapshots, the rules of transactions version 2 (KIP-890).

Java: org.apache.kafka.storage.internals.log.ProducerStateManager, ProducerAppendInfo, ProducerStateEntry
"""

from collections import deque
from dataclasses import dataclass, field

from kafka_nio.errors import InvalidProducerEpochError, InvalidTxnStateError, OutOfOrderSequenceError
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
    transaction_first_offset: int | None = None
    """Where its open transaction begins; None if it has none here."""

    @property
    def last_sequence(self) -> int:
        """The sequence number of its newest record here in this epoch, or `NO_SEQUENCE`."""
        return self.batches[-1].last_sequence if self.batches else NO_SEQUENCE

    def begin_epoch(self, epoch: int) -> None:
        """Forget the batches of an older epoch: sequence numbers begin again with 0."""
        if epoch != self.epoch:
            self.epoch = epoch
            self.batches.clear()

    def find_duplicate(self, batch: RecordBatch) -> BatchMetadata | None:
        """The batch with the very same epoch and sequence numbers, if it is among the last five."""
        wanted = _sequences(batch)
        same = (kept for kept in self.batches if (kept.first_sequence, kept.last_sequence) == wanted)
        return next(same, None) if batch.producer_epoch == self.epoch else None

    def ensure_follows(self, batch: RecordBatch) -> None:
        """Refuse a batch that is not the next one of this producer.

        Raises:
            InvalidProducerEpochError: a newer producer has taken over this id.
            OutOfOrderSequenceError: sequence numbers are missing before it, or it is a duplicate too old to be known.
            InvalidTxnStateError: it belongs to no transaction, and the producer has one open here.
        """
        _ensure_epoch(batch.producer_id, batch.producer_epoch, self.epoch)
        expected = 0 if batch.producer_epoch > self.epoch else increment_sequence(self.last_sequence, 1)
        if batch.base_sequence != expected:
            raise OutOfOrderSequenceError(
                f"producer {batch.producer_id} (epoch {batch.producer_epoch}) sent sequence number "
                f"{batch.base_sequence}, but {expected} is next"
            )
        if self.transaction_first_offset is not None and not batch.is_transactional:
            raise InvalidTxnStateError(
                f"producer {batch.producer_id} sent a batch without a transaction, and has one open since offset "
                f"{self.transaction_first_offset}"
            )


@dataclass(frozen=True, slots=True)
class CompletedTransaction:
    """A transaction that has ended in this partition: from its first record to its mark."""

    producer_id: int
    first_offset: int
    last_offset: int


class ProducerStateManager:
    """The producers of one partition by their ids. The log's lock guards it."""

    def __init__(self) -> None:
        self._producers: dict[int, ProducerStateEntry] = {}

    def check(self, batch: RecordBatch) -> BatchMetadata | None:
        """Decide whether a producer's batch may be appended; return the earlier one if it is a duplicate.

        Raises:
            InvalidProducerEpochError, OutOfOrderSequenceError, InvalidTxnStateError: see
                `ProducerStateEntry.ensure_follows`.
        """
        entry = self._producers.get(batch.producer_id) if batch.has_producer_id else None
        if entry is None:
            return None
        duplicate = entry.find_duplicate(batch)
        if duplicate is None:
            entry.ensure_follows(batch)
        return duplicate

    def update(self, batch: RecordBatch) -> None:
        """Remember a producer's batch that has been appended."""
        if not batch.has_producer_id:
            return
        entry = self._entry(batch)
        entry.batches.append(BatchMetadata(*_sequences(batch), batch.base_offset, batch.last_offset))
        if batch.is_transactional and entry.transaction_first_offset is None:
            entry.transaction_first_offset = batch.base_offset

    def check_marker(self, marker: RecordBatch) -> None:
        """Refuse the mark of a coordinator that has not heard of the producer's newest epoch.

        Raises:
            InvalidProducerEpochError: it is older than the newest batch.
        """
        entry = self._producers.get(marker.producer_id)
        if entry is not None:
            _ensure_epoch(marker.producer_id, marker.producer_epoch, entry.epoch)

    def end_transaction(self, marker: RecordBatch) -> CompletedTransaction | None:
        """Note that a mark has been appended; return what it ends, or None if nothing was open here."""
        entry = self._entry(marker)
        first_offset, entry.transaction_first_offset = entry.transaction_first_offset, None
        if first_offset is None:
            return None
        return CompletedTransaction(marker.producer_id, first_offset, marker.last_offset)

    @property
    def first_unstable_offset(self) -> int | None:
        """Where the oldest open transaction begins, or None if there is none."""
        offsets = [entry.transaction_first_offset for entry in self._producers.values()]
        return min((offset for offset in offsets if offset is not None), default=None)

    def _entry(self, batch: RecordBatch) -> ProducerStateEntry:
        entry = self._producers.setdefault(batch.producer_id, ProducerStateEntry(batch.producer_epoch))
        entry.begin_epoch(batch.producer_epoch)
        return entry


def _sequences(batch: RecordBatch) -> tuple[int, int]:
    return batch.base_sequence, batch.last_sequence


def _ensure_epoch(producer_id: int, sent: int, known: int) -> None:
    if sent < known:
        raise InvalidProducerEpochError(f"producer {producer_id} sent epoch {sent}, but its epoch is {known} by now")
