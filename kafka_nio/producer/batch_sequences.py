"""What a batch's number is, which batches must wait for others, and what an answer means for the numbers behind.

- A batch is numbered when it leaves for the first time, and keeps its number through all retries.
- If several batches of a partition come back to be sent again, they go one at a time: the broker would refuse the
  second before it has the first.
- A broker that has nothing of ours takes any number first, and none below it after that. So the first batch of a
  partition goes alone, until it is acknowledged; and none goes to another place before those under way went there. Java
  sends more, and loses the first one if it is refused for the time being.
- A batch that was given up after it was sent leaves a question: does the broker have it? Until that is answered by the
  batches behind it, no new one is sent; and if all of them are gone, the numbers begin anew under another epoch.
- OUT_OF_ORDER_SEQUENCE for a batch that is not the next one says only that an earlier one was refused. It is sent
  again after that. For the next one it says that the broker has lost something: another epoch.
  If a later one was taken already, it never will be: a broker that has nothing of ours yet, as after a topic was
  deleted and made anew, takes any number first. Then the batch fails, and what is numbered behind goes on.
- UNKNOWN_PRODUCER_ID says that the broker has forgotten us, since all that we wrote was deleted, say: another epoch.

A merely idempotent producer takes its next epoch by itself (KIP-360). A transactional one must abort, and gets it from
the coordinator with that or after that.

Belongs to the sender's thread.

Java: org.apache.kafka.clients.producer.internals.TransactionManager
"""

import itertools
import logging
from collections.abc import Iterable

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import ApiError, IllegalStateError, KafkaError, OutOfOrderSequenceError, UnknownProducerIdError
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import UNKNOWN_OFFSET
from kafka_nio.producer.sequence_numbers import TxnPartitionEntry, is_before
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.protocol.messages import PartitionProduceResponse
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class BatchSequences:
    """Numbers batches, and judges answers by their numbers."""

    def __init__(self, transactions: TransactionManager) -> None:
        self._transactions = transactions
        self._partitions = transactions.partitions

    @property
    def is_completing(self) -> bool:
        """Whether a transaction waits for its last batches."""
        return self._transactions.state.is_completing

    # Before a batch is sent...

    @span(Stage.RUN, show="batch return")
    def must_wait(self, batch: ProducerBatch) -> bool:
        """Whether the first batch of a queue may not leave yet.

        Java: RecordAccumulator.shouldStopDrainBatchesForPartition
        """
        transactions, entry = self._transactions, self._partitions[batch.topic_partition]
        if transactions.state.has_fatal_error or not transactions.producer.is_valid:
            return True
        if transactions.is_transactional and batch.topic_partition not in transactions.partitions_in_transaction:
            return True
        if batch.has_sequence:
            return entry.first_in_flight is not None and entry.first_in_flight is not batch
        # Numbers of a new epoch begin at 0, which must not overtake those of the old one.
        return entry.is_unresolved or (bool(entry.in_flight) and entry.producer != transactions.producer)

    def must_stay(self, batch: ProducerBatch) -> bool:
        """Whether a broker could take a new batch before one of its partition that is under way.

        It could if nothing is acknowledged yet under this id and epoch: it takes any number first, and refuses what is
        below for ever. And if one that is under way went elsewhere: to another leader, or another topic of this name.
        """
        entry = self._partitions[batch.topic_partition]
        if batch.has_sequence or not entry.in_flight:
            return False
        return not entry.any_acknowledged or any(other.destination != batch.destination for other in entry.in_flight)

    @span(Stage.RUN, show="batch")
    def assign(self, batch: ProducerBatch) -> None:
        """Number a batch that leaves for the first time. One that has left before keeps its number."""
        if batch.has_sequence:
            return
        entry = self._partitions[batch.topic_partition]
        if entry.producer != self._transactions.producer:
            entry.start_sequences_at_beginning(self._transactions.producer)
        entry.assign_sequence(batch, self._transactions.is_transactional)

    def place_in(self, queue: Iterable[ProducerBatch], returning: ProducerBatch) -> int:
        """Where in its queue a batch belongs that comes back: behind those that have a lower number."""
        lower = itertools.takewhile(
            lambda queued: queued.has_sequence and is_before(queued.base_sequence, returning.base_sequence), queue
        )
        return sum(1 for _ in lower)

    def split(self, batch: ProducerBatch, parts: list[ProducerBatch]) -> None:
        """Let the parts of a batch that was too large share its numbers."""
        entry = self._partitions[batch.topic_partition]
        entry.replace_in_flight(batch, parts, self._transactions.is_transactional)

    # After it was sent...

    def succeeded(self, batch: ProducerBatch, base_offset: int) -> None:
        """The broker has the batch."""
        self._partitions[batch.topic_partition].acknowledged(batch, base_offset)

    @span(Stage.COMPLETE, show="batch error return")
    def can_retry(self, batch: ProducerBatch, error: ApiError, answer: PartitionProduceResponse) -> bool:
        """Whether the same batch may succeed later, given what its number was."""
        entry = self._partitions[batch.topic_partition]
        if isinstance(error, UnknownProducerIdError):
            return self._can_retry_unknown_producer_id(batch, entry, answer.log_start_offset)
        if isinstance(error, OutOfOrderSequenceError):
            return self._can_retry_out_of_order(batch, entry)
        return error.retriable

    def _can_retry_unknown_producer_id(
        self, batch: ProducerBatch, entry: TxnPartitionEntry, log_start_offset: int
    ) -> bool:
        if log_start_offset == UNKNOWN_OFFSET or batch.sequence_has_been_reset:
            # The leader has moved while it answered; or the answer is about the number before the present one.
            return True
        if not self._transactions.is_transactional:
            self._request_epoch_bump(entry)
            return True
        if entry.last_acked_offset < log_start_offset:
            # All that we wrote was deleted, and we with it. Nothing was lost, so the transaction can go on.
            entry.start_sequences_at_beginning(self._transactions.producer)
            return True
        return False

    def _can_retry_out_of_order(self, batch: ProducerBatch, entry: TxnPartitionEntry) -> bool:
        if entry.has_overtaken(batch):
            return False
        is_next = entry.is_next(batch.base_sequence) and not batch.sequence_has_been_reset
        if not entry.is_unresolved and not is_next:
            return True
        if self._transactions.is_transactional:
            return False
        if not entry.is_unresolved or batch.base_sequence == entry.next_sequence_if_resolved:
            self._request_epoch_bump(entry)
        return True

    @span(Stage.COMPLETE, show="batch error is_certain")
    def failed(self, batch: ProducerBatch, error: KafkaError, *, is_certain: bool) -> None:
        """The batch was given up.

        Args:
            is_certain: whether the broker does not have it, so that its number is free.
        """
        entry = self._partitions[batch.topic_partition]
        try:
            self._transactions.maybe_transition_to_error_state(error)
        except IllegalStateError:
            log.exception("%r failed where nothing should be under way", batch)
        entry.remove_in_flight(batch)
        if self._transactions.state.has_fatal_error or not batch.has_sequence:
            return
        if isinstance(error, OutOfOrderSequenceError) and entry.has_overtaken(batch):
            return  # its number was passed over, and leaves no gap
        is_transactional = self._transactions.is_transactional
        if isinstance(error, UnknownProducerIdError) and is_transactional:
            # The broker will take 0 next; what else is under way to the partition will fail in the same way.
            self._partitions.remove(batch.topic_partition)
        elif not is_transactional and isinstance(error, OutOfOrderSequenceError):
            self._request_epoch_bump(entry)
        elif not is_transactional and is_certain:
            self._request_epoch_bump_behind(entry, batch.base_sequence)
        elif is_certain:
            entry.adjust_sequences_due_to_failed_batch(batch)

    def expired(self, batch: ProducerBatch, error: KafkaError) -> None:
        """The batch's time is over. If it was ever sent, nobody knows whether the broker has it."""
        self.failed(batch, error, is_certain=False)
        if batch.has_sequence:
            self._partitions[batch.topic_partition].mark_unresolved(batch)

    # At the beginning of each turn...

    @span(Stage.RUN)
    def maybe_resolve_sequences(self) -> None:
        """Find out, for each batch that was given up after it was sent, whether the broker has it after all."""
        for entry in self._partitions:
            if entry.is_unresolved and not entry.in_flight:
                entry.next_sequence_if_resolved = None
                if not entry.is_next(entry.next_sequence):
                    self._give_up_on(entry)

    def _give_up_on(self, entry: TxnPartitionEntry) -> None:
        """All batches behind were given up as well."""
        transactions = self._transactions
        if not transactions.is_transactional:
            self._request_epoch_bump(entry)
            return
        lost = f"records for {entry.topic_partition} were sent and never confirmed, and their time is over"
        with transactions.lock:
            if transactions.can_handle_abortable_error:
                transactions.epoch_bump_required |= transactions.must_ask_for_next_epoch
                transactions.abortable_error(KafkaError(f"{lost}; the transaction can be aborted"))
            else:
                transactions.fatal_error(KafkaError(f"{lost}; the brokers are too old for an abort to mend that"))

    def _request_epoch_bump(self, entry: TxnPartitionEntry) -> None:
        entry.must_restart = True
        entry.refused_sequence = None
        self._transactions.epoch_bump_required = True

    def _request_epoch_bump_behind(self, entry: TxnPartitionEntry, refused: int) -> None:
        """A batch was refused for good. Of several such, the first counts."""
        known = entry.refused_sequence
        if not entry.must_restart or (known is not None and is_before(refused, known)):
            entry.refused_sequence = refused
        entry.must_restart = True
        self._transactions.epoch_bump_required = True

    @span(Stage.RUN)
    def bump_idempotent_epoch_and_reset_id_if_needed(self) -> None:
        """Take the next epoch if the numbers of a partition must begin anew; ask for an id if there is none."""
        transactions = self._transactions
        if transactions.is_transactional:
            return
        if transactions.epoch_bump_required:
            transactions.bump_idempotent_epoch()
        if not transactions.producer.is_valid:
            transactions.request_idempotent_producer_id()
            return
        for entry in self._partitions:
            if entry.must_restart and entry.may_restart:
                entry.start_sequences_at_beginning(transactions.producer)

    def unresolved(self) -> list[TopicPartition]:
        """The partitions that wait for an answer to that question."""
        return [entry.topic_partition for entry in self._partitions if entry.is_unresolved]

    def __repr__(self) -> str:
        return f"<BatchSequences: {self._partitions!r}, {len(self.unresolved())} unresolved>"
