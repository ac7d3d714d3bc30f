"""The transaction coordinator: it knows each transactional id, and it alone decides how a transaction ends.

A transaction runs over partitions that many brokers lead. Four requests come here:

    InitProducerId       who writes under this id from now on; whoever did before is locked out
    AddPartitionsToTxn   these partitions take part; AddOffsetsToTxn: so do the offsets of a group
    EndTxn               commit or abort: decided here, then marked in every partition that took part

The records go to the partitions' leaders, which ask here whether the partition takes part (KIP-890, part 1). In the
second protocol (part 2) they ask that it may take part, so nothing has to be added before. And each transaction is
written under an epoch of its own: the end of one brings the epoch of the next.

Why a lock around asking and appending: the leader asks and hears yes; the transaction times out and the mark is
written; the leader goes on and appends a record of a transaction that is over, which nobody will ever end.

Two-phase commit (KIP-939): a producer may find the transaction that one before it has left open, and end that.

Left out against Java: its log (see `coordinator_seat`), queues of markers for other brokers.

Java: kafka.coordinator.transaction.TransactionCoordinator
"""

import logging
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager

from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.control_record import ControlRecordType, end_transaction_marker
from kafka_nio.broker.coordinator_seat import CoordinatorSeat
from kafka_nio.broker.group_coordinator import OFFSETS_PARTITION, GroupCoordinator
from kafka_nio.broker.transaction_checks import (
    ensure_ended,
    ensure_named,
    ensure_not_ending,
    fenced,
    marker_of,
    may_abort_nothing,
)
from kafka_nio.broker.transaction_state import (
    COMMITTING,
    ENDING,
    FIRST_EPOCH,
    NO_TIMEOUT_MS,
    ProducerIdAndEpoch,
    TransactionEvent,
    TransactionMetadata,
    TransactionState,
    next_epoch,
)
from kafka_nio.clock import NEVER, Clock
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    ConcurrentTransactionsError,
    InvalidPidMappingError,
    InvalidProducerEpochError,
    InvalidTxnStateError,
    InvalidTxnTimeoutError,
    TransactionAbortableError,
    TransactionalIdAuthorizationError,
)
from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH
from kafka_nio.spans import Stage, span

logger = logging.getLogger(__name__)


class TransactionCoordinator:
    """All transactional ids of the cluster. Every broker's processor can get here, hence the lock."""

    def __init__(self, cluster: ClusterState, groups: GroupCoordinator, config: BrokerConfig, clock: Clock) -> None:
        self.seat = CoordinatorSeat()
        self._cluster = cluster
        self._groups = groups
        self._config = config
        self._clock = clock
        self._lock = threading.RLock()
        # guarded by the lock:
        self._transactions: dict[str, TransactionMetadata] = {}
        self._ongoing: dict[str, TransactionMetadata] = {}
        self._holds_markers = False

    def state_of(self, transactional_id: str) -> TransactionState | None:
        """How far the newest transaction of an id has come; None if nobody has used the id."""
        with self._lock:
            metadata = self._transactions.get(transactional_id)
            return None if metadata is None else metadata.state

    # Who writes...

    @span(Stage.BROKER, show="transactional_id expected return")
    def init_producer_id(
        self,
        transactional_id: str,
        timeout_ms: int,
        expected: ProducerIdAndEpoch | None = None,
        *,
        two_phase_commit: bool = False,
    ) -> ProducerIdAndEpoch:
        """Give the id to a producer, and lock out whoever had it.

        Args:
            transactional_id: under which it will write.
            timeout_ms: how long each of its transactions may take.
            expected: who it was, if it wants to go on after an error (KIP-360).
            two_phase_commit: whether they never take too long.

        Raises:
            ConcurrentTransactionsError: the last transaction has to end first. If nobody had ended it, this call has
                begun to abort it.
            ProducerFencedError: another producer has used the id since.
            InvalidRequestError, InvalidTxnTimeoutError: an argument makes no sense.
            TransactionalIdAuthorizationError: two-phase commit is not allowed here.
        """
        timeout_ms = self._checked_timeout_ms(transactional_id, timeout_ms, two_phase_commit)
        with self._lock:
            metadata = self._metadata_or_new(transactional_id)
            if expected is not None and not metadata.may_be_continued_by(expected):
                fenced(metadata, expected)
            self._ensure_no_transaction_is_open(metadata)
            self._bump_epoch(metadata, expected)
            metadata.timeout_ms = timeout_ms
            metadata.ended_by = None
            metadata.transition_to(TransactionEvent.INITIALIZE)
            return metadata.producer

    @span(Stage.BROKER, show="transactional_id return")
    def keep_prepared_transaction(
        self, transactional_id: str, timeout_ms: int
    ) -> tuple[ProducerIdAndEpoch, ProducerIdAndEpoch | None]:
        """Give the id to a producer as `init_producer_id` does, but leave it the transaction that is open.

        Returns:
            Who it is, and who has written that transaction; None if none is open.
        """
        timeout_ms = self._checked_timeout_ms(transactional_id, timeout_ms, two_phase_commit=True)
        with self._lock:
            metadata = self._metadata_or_new(transactional_id)
            if metadata.state is not TransactionState.ONGOING:
                return self.init_producer_id(transactional_id, timeout_ms, two_phase_commit=True), None
            metadata.prepared = metadata.prepared or metadata.producer
            metadata.hand_over(self._successor_of(metadata))
            metadata.timeout_ms = timeout_ms
            return metadata.producer, metadata.prepared

    def _checked_timeout_ms(self, transactional_id: str, timeout_ms: int, two_phase_commit: bool) -> int:
        ensure_named(transactional_id)
        if two_phase_commit:
            if not self._config.transaction_two_phase_commit_enable:
                raise TransactionalIdAuthorizationError("two-phase commit is off in this cluster")
            return NO_TIMEOUT_MS
        max_ms = self._config.transaction_max_timeout_ms
        if not 0 < timeout_ms <= max_ms:
            raise InvalidTxnTimeoutError(f"a transaction may take from 1 to {max_ms} ms, not {timeout_ms}")
        return timeout_ms

    def _successor_of(self, metadata: TransactionMetadata) -> ProducerIdAndEpoch:
        if metadata.is_epoch_exhausted:
            return ProducerIdAndEpoch(self._cluster.next_producer_id(), FIRST_EPOCH)
        return next_epoch(metadata.producer)

    def _metadata_or_new(self, transactional_id: str) -> TransactionMetadata:
        metadata = self._transactions.get(transactional_id)
        if metadata is None:
            metadata = TransactionMetadata(transactional_id, self._cluster.next_producer_id())
            self._transactions[transactional_id] = metadata
        return metadata

    def _ensure_no_transaction_is_open(self, metadata: TransactionMetadata) -> None:
        if metadata.state is TransactionState.ONGOING:
            self._fence_and_abort(metadata)
            raise ConcurrentTransactionsError(f"the transaction of {metadata.transactional_id} had to be aborted first")
        ensure_not_ending(metadata)

    def _bump_epoch(self, metadata: TransactionMetadata, expected: ProducerIdAndEpoch | None) -> None:
        is_current = expected is None or expected.epoch == metadata.epoch
        if metadata.is_epoch_exhausted and is_current:
            metadata.previous_producer_id = metadata.producer_id
            metadata.producer_id = self._cluster.next_producer_id()
            metadata.last_epoch = NO_PRODUCER_EPOCH if expected is None else metadata.epoch
            metadata.epoch = FIRST_EPOCH
        elif is_current or metadata.epoch == NO_PRODUCER_EPOCH:
            metadata.last_epoch = NO_PRODUCER_EPOCH if expected is None else metadata.epoch
            metadata.epoch += 1
        elif expected is not None and expected.epoch != metadata.last_epoch:
            fenced(metadata, expected)
        # else: this is the same question again, because the answer got lost. The epoch has been bumped already.

    # What takes part...

    @span(Stage.BROKER, show="transactional_id producer")
    def add_partitions(
        self, transactional_id: str, producer: ProducerIdAndEpoch, partitions: Set[TopicPartition]
    ) -> None:
        """Let partitions take part in the producer's transaction; the first ones begin it.

        Raises:
            ConcurrentTransactionsError: the last transaction is not marked everywhere.
            InvalidPidMappingError, ProducerFencedError: somebody else uses the id.
        """
        with self._lock:
            metadata = self._metadata_of(transactional_id, producer)
            ensure_not_ending(metadata)
            self._add(metadata, partitions)

    def _add(self, metadata: TransactionMetadata, partitions: Set[TopicPartition]) -> None:
        metadata.add(partitions, self._clock.now_ms())
        self._ongoing[metadata.transactional_id] = metadata

    @contextmanager
    def kept_open(
        self, transactional_id: str, producer: ProducerIdAndEpoch, partition: TopicPartition, *, may_add: bool = False
    ) -> Iterator[None]:
        """Make sure that a partition takes part in the producer's transaction, and goes on so while this is held.

        Args:
            transactional_id, producer, partition: who and where.
            may_add: whether it is let to take part, if it does not yet. Only in the second protocol.

        Raises:
            TransactionAbortableError: it does not take part.
            ConcurrentTransactionsError, InvalidPidMappingError, ProducerFencedError: see `add_partitions`.
        """
        with self._lock:
            metadata = self._metadata_of(transactional_id, producer)
            ensure_not_ending(metadata)
            if may_add and self._cluster.features.is_transaction_v2:
                self._add(metadata, {partition})
            elif partition not in metadata.partitions:
                raise TransactionAbortableError(f"{partition} was not added to the transaction of {transactional_id}")
            yield

    # How it ends...

    @span(Stage.BROKER, show="transactional_id producer committed")
    def end_transaction(
        self, transactional_id: str, producer: ProducerIdAndEpoch, *, committed: bool, ends_epoch: bool = False
    ) -> ProducerIdAndEpoch:
        """Commit or abort. The same request again is answered as the first time.

        Args:
            transactional_id, producer: who asks.
            committed: what for.
            ends_epoch: whether the producer's epoch ends with the transaction, as in the second protocol.

        Returns:
            Under which id and epoch to go on.

        Raises:
            InvalidTxnStateError: there is no transaction, or it has ended the other way.
            ConcurrentTransactionsError: it was asked for already and is being done.
            InvalidPidMappingError, ProducerFencedError: somebody else uses the id.
        """
        with self._lock:
            ended = self._transactions.get(transactional_id)
            if ends_epoch and ended is not None and ended.ended_by == producer:
                ensure_ended(ended, committed=committed)
                return ended.producer
            metadata = self._metadata_of(transactional_id, producer)
            if metadata.state is TransactionState.ONGOING or (ends_epoch and may_abort_nothing(metadata, committed)):
                successor = self._successor_of(metadata) if ends_epoch else None
                event = TransactionEvent.COMMIT if committed else TransactionEvent.ABORT
                self._prepare_end(metadata, event, successor)
            elif ends_epoch:
                raise InvalidTxnStateError(f"there is no transaction of {transactional_id} to commit")
            else:
                ensure_ended(metadata, committed=committed)
            return metadata.producer

    def _prepare_end(
        self, metadata: TransactionMetadata, event: TransactionEvent, successor: ProducerIdAndEpoch | None = None
    ) -> None:
        metadata.prepare_end(event, successor)
        self._ongoing.pop(metadata.transactional_id, None)
        if not self._holds_markers:
            self._write_markers(metadata)

    def _fence_and_abort(self, metadata: TransactionMetadata) -> None:
        metadata.fence()
        self._prepare_end(metadata, TransactionEvent.ABORT)

    def _write_markers(self, metadata: TransactionMetadata) -> None:
        committed = metadata.state in COMMITTING
        for topic_partition in sorted(metadata.partitions):
            if topic_partition == OFFSETS_PARTITION:
                self._groups.end_transaction(marker_of(metadata).producer_id, committed=committed)
            else:
                self._write_marker(metadata, topic_partition, committed)
        metadata.partitions.clear()
        metadata.transition_to(TransactionEvent.MARKERS_WRITTEN)

    def _write_marker(self, metadata: TransactionMetadata, topic_partition: TopicPartition, committed: bool) -> None:
        kind = ControlRecordType.COMMIT if committed else ControlRecordType.ABORT
        marker = end_transaction_marker(*marker_of(metadata), self.seat.epoch, kind, self._clock.time_ms())
        try:
            self._cluster.partition(topic_partition).append_marker(marker)
        except InvalidProducerEpochError as error:
            # Somebody wrote under this producer id without asking us. What is in that partition stays open.
            name = metadata.transactional_id
            logger.warning("The end of %r cannot be marked in %s: %s", name, topic_partition, error)
        self._cluster.partition_changed(topic_partition)

    def hold_markers(self) -> None:
        """Write no more marks: transactions stay between decision and end, and producers have to wait."""
        with self._lock:
            self._holds_markers = True

    def release_markers(self) -> None:
        """Write the marks that were held back, and hold back no more."""
        with self._lock:
            self._holds_markers = False
            for metadata in self._transactions.values():
                if metadata.state in ENDING:
                    self._write_markers(metadata)

    # When it takes too long...

    @property
    def next_deadline_ms(self) -> float:
        """When the next ongoing transaction will have taken too long, by the clock's `now_ms`."""
        with self._lock:
            return min((metadata.deadline_ms for metadata in self._ongoing.values()), default=NEVER)

    @span(Stage.BROKER)
    def abort_timed_out_transactions(self, now_ms: int) -> None:
        """Abort what has taken too long, and lock the producer out, since it may be alive and slow.

        In the second protocol it can come back: when it aborts, it is given the next epoch.
        """
        with self._lock:
            for metadata in tuple(self._ongoing.values()):
                if metadata.deadline_ms <= now_ms:
                    logger.info("The transaction of %r took too long and is aborted", metadata.transactional_id)
                    owner = metadata.producer
                    may_come_back = self._cluster.features.is_transaction_v2 and not metadata.is_epoch_exhausted
                    self._fence_and_abort(metadata)
                    metadata.ended_by = owner if may_come_back else None

    def _metadata_of(self, transactional_id: str, producer: ProducerIdAndEpoch) -> TransactionMetadata:
        ensure_named(transactional_id)
        metadata = self._transactions.get(transactional_id)
        if metadata is None or metadata.producer_id != producer.producer_id:
            raise InvalidPidMappingError(f"{transactional_id} does not belong to producer {producer.producer_id}")
        if metadata.epoch != producer.epoch:
            fenced(metadata, producer)
        return metadata

    def __repr__(self) -> str:
        return f"<TransactionCoordinator at broker {self.seat.node_id}: {len(self._transactions)} transactional ids>"
