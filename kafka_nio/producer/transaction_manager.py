"""Which producer id we have, what takes part in the transaction, and which requests to the coordinator come next.

The application's calls change the state (`transaction_state.py`) and leave a request in the queue. The sender's thread
takes the requests out, one at a time, by their priority (`transactional_requests.py`), and their handlers bring the
answers back (`transaction_handlers.py`). What a batch's number is and what an answer means for it, is told in
`batch_sequences.py`.

A transaction on the wire:

    InitProducerId        once: our id, and an epoch that fences off whoever had this transactional id before
    AddPartitionsToTxn    before the first batch to a partition, so that the coordinator knows where to mark the end
    Produce …             to the partitions' leaders, in batches that say that they are part of a transaction
    AddOffsetsToTxn, TxnOffsetCommit      if offsets of a consumer group take part
    EndTxn                commit or abort, once every batch has its outcome

In the second protocol (KIP-890) the two Add… are left out: Produce and TxnOffsetCommit say it by themselves. And the
answer to EndTxn brings the epoch of the next transaction (`producer_identity.py`).

A call that was waited for in vain can be made again, and until it has ended no other is allowed.

Java: org.apache.kafka.clients.producer.internals.TransactionManager
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from kafka_nio.client.finalized_features import FinalizedFeatures
from kafka_nio.clock import Clock
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import (
    IllegalStateError,
    InvalidPidMappingError,
    KafkaError,
)
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.offset_handlers import AddOffsetsToTxnHandler, TxnOffsetCommitHandler
from kafka_nio.producer.pending_requests import PendingRequests
from kafka_nio.producer.producer_identity import ProducerIdentity
from kafka_nio.producer.sequence_numbers import NOBODY, ProducerIdAndEpoch
from kafka_nio.producer.transaction_handlers import (
    AddPartitionsToTxnHandler,
    EndTxnHandler,
    FindCoordinatorHandler,
    InitProducerIdHandler,
)
from kafka_nio.producer.transaction_partitions import TransactionPartitions
from kafka_nio.producer.transaction_state import FATAL_ERRORS, Event, State
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.producer.txn_request_handler import TxnRequestHandler
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class PendingTransition(NamedTuple):
    """A call whose outcome the application has not learned yet."""

    result: TransactionalRequestResult
    event: Event


class TransactionManager(ProducerIdentity):
    """The producer's id and, if it has a transactional id, its transactions.

    Args:
        transactional_id: the name under which the next one of us is recognized; None for a merely idempotent producer.
        transaction_timeout_ms: how long the coordinator lets a transaction stay open.
        retry_backoff_ms: the pause before a request to a coordinator is sent again.
        features: what the cluster has agreed to use.
        clock, io_thread: where time comes from; which thread is the sender's.
        is_2pc_enabled: whether transactions take part in a two-phase commit, so that they never time out (KIP-939).
    """

    def __init__(
        self,
        *,
        transactional_id: str | None,
        transaction_timeout_ms: int,
        retry_backoff_ms: int,
        features: FinalizedFeatures,
        clock: Clock,
        io_thread: IoThread,
        is_2pc_enabled: bool = False,
    ) -> None:
        super().__init__(transactional_id, features, io_thread)
        self.is_2pc_enabled = is_2pc_enabled
        self.transaction_timeout_ms = transaction_timeout_ms
        self.retry_backoff_ms = retry_backoff_ms
        self._clock = clock
        # guarded by the lock:
        self.prepared: ProducerIdAndEpoch = NOBODY
        """Under whom the transaction was written that is prepared, if one is."""
        self.transaction_started = False
        """Whether the coordinator knows of the transaction, so that its end must be told."""
        self.partitions_in_transaction = TransactionPartitions()
        self._pending_requests = PendingRequests()
        self._pending_transition: PendingTransition | None = None
        # belongs to the sender's thread:
        self.coordinators: dict[int, Node] = {}
        """By the type of the key, GROUP or TRANSACTION."""

    # The application's calls...

    @span(Stage.SEND, show="return")
    def initialize_transactions(self, *, keep_prepared_txn: bool = False) -> TransactionalRequestResult:
        """Ask for a producer id, which fences off whoever had our transactional id before."""
        request = partial(self._request_producer_id, keep_prepared_txn=keep_prepared_txn)
        return self._begin(Event.INITIALIZE, "init_transactions", request)

    @span(Stage.SEND)
    def begin_transaction(self) -> None:
        """Let records be sent. The coordinator learns of it with the first of them."""
        with self.lock:
            self._refuse_while_pending("begin_transaction")
            self.state.raise_error(self.name)
            self.state.transition_to(Event.BEGIN)

    @span(Stage.SEND, show="return")
    def prepare_transaction(self) -> ProducerIdAndEpoch:
        """Take no more records: all that were sent are with the brokers, and from here on only its end can come."""
        with self.lock:
            self._refuse_while_pending("prepare_transaction")
            self.state.raise_error(self.name)
            self.state.transition_to(Event.PREPARE)
            self.prepared = self.producer
            return self.prepared

    @span(Stage.SEND, show="return")
    def begin_commit(self) -> TransactionalRequestResult:
        """Send what is there, then commit."""
        return self._begin(Event.COMMIT, "commit_transaction", lambda: self._complete(committed=True))

    @span(Stage.SEND, show="return")
    def begin_abort(self) -> TransactionalRequestResult:
        """Drop what was not sent yet, then abort."""
        mapping_lost = isinstance(self.state.last_error, InvalidPidMappingError)
        return self._begin(Event.ABORT, "abort_transaction", lambda: self._complete(False, mapping_lost))

    @span(Stage.SEND, show="return")
    def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: ConsumerGroupMetadata
    ) -> TransactionalRequestResult:
        """Let the offsets of a consumer group take part."""
        with self.lock:
            self.ensure_may_send("send_offsets_to_transaction")
            result = self._result("send_offsets_to_transaction")
            if self.is_transaction_v2_enabled:
                self.transaction_started = True
                self.enqueue(TxnOffsetCommitHandler(self, result, dict(offsets), group))
            else:
                self.enqueue(AddOffsetsToTxnHandler(self, result, offsets, group))
            return result

    def ensure_may_send(self, operation: str = "send") -> None:
        """Raise unless a record may be sent now: without an error and, if transactional, in a transaction."""
        if self.state.last_error is None and not self.is_transactional:
            return  # without a lock, for this is asked with each record
        if self.state.state is State.IN_TRANSACTION and self._pending_transition is None:
            return
        with self.lock:
            self.state.raise_error(self.name)
            if self.is_transactional:
                self._refuse_while_pending(operation)
                if self.state.state is not State.IN_TRANSACTION:
                    raise IllegalStateError(f"the producer is {self.state.state.value}, so it cannot {operation}")

    def maybe_add_partition(self, topic_partition: TopicPartition) -> None:
        """A record was sent to this partition, so it takes part."""
        if self.is_transactional and topic_partition not in self.partitions_in_transaction:
            with self.lock:
                if self.is_transaction_v2_enabled:
                    self.partitions_in_transaction.added([topic_partition])
                    self.transaction_started = True
                else:
                    self.partitions_in_transaction.add(topic_partition)

    def maybe_transition_to_error_state(self, error: KafkaError) -> None:
        """A record or a batch has failed, and a transaction with it, or even the producer."""
        with self.lock:
            if isinstance(error, FATAL_ERRORS):
                self.fatal_error(error)
            elif self.is_transactional:
                if self.must_ask_for_next_epoch and not self.state.is_completing:
                    self.epoch_bump_required = True
                self.abortable_error(error)

    def _begin(
        self, event: Event, operation: str, start: Callable[[], TransactionalRequestResult]
    ) -> TransactionalRequestResult:
        """Change the state and start what follows from it; or find the result of the same call, made before."""
        with self.lock:
            pending = self._pending_transition
            if pending is not None and not pending.result.is_acked and pending.event is event:
                return pending.result
            self._refuse_while_pending(operation)
            if not (event is Event.ABORT and self.state.has_abortable_error):
                self.state.raise_error(self.name)
            self.state.transition_to(event)
            result = start()
            result.operation = operation
            self._pending_transition = PendingTransition(result, event)
            return result

    def _complete(self, committed: bool, mapping_lost: bool = False) -> TransactionalRequestResult:
        """Leave what ends the transaction in the queue; where a new epoch is needed, that comes last."""
        if not committed:
            self.partitions_in_transaction.drop_new()
        if not mapping_lost:
            end = EndTxnHandler(self, self._result("EndTxn"), committed)
            # It ends as it began. What comes next may be of the other protocol, and that is known before the answer.
            self.maybe_update_transaction_v2_enabled(on_initialization=False)
            self.enqueue(end)
            if not self.epoch_bump_required:
                return end.result
        return self._request_producer_id(self.producer)

    def _refuse_while_pending(self, operation: str) -> None:
        pending = self._pending_transition
        if pending is not None and not pending.result.is_acked:
            raise IllegalStateError(f"{operation} must wait, call {pending.result.operation} again: it has not ended")
        self._pending_transition = None

    # The queue of requests...

    def _result(self, operation: str) -> TransactionalRequestResult:
        return TransactionalRequestResult(operation, self._clock)

    def enqueue(self, handler: TxnRequestHandler) -> None:
        """Leave a request for the sender's thread. Requests of the same priority go in order."""
        with self.lock:
            self._pending_requests.put(handler)

    def lookup_coordinator(self, key_type: int, key: str) -> None:
        """Forget where this coordinator is, and ask."""
        self.coordinators.pop(key_type, None)
        self.enqueue(FindCoordinatorHandler(self, self._result("FindCoordinator"), key_type, key))

    @property
    def has_pending_requests(self) -> bool:
        """Whether a coordinator must be told something."""
        return len(self._pending_requests) > 0 or self.partitions_in_transaction.any_new

    @span(Stage.RUN, show="has_batches return")
    def next_request(self, has_batches: bool) -> TxnRequestHandler | None:
        """Take out the request that comes next. The end of the transaction waits for its batches.

        Args:
            has_batches: whether a batch is without an outcome, or still on its way to a broker.
        """
        with self.lock:
            if self.partitions_in_transaction.any_new and not self.state.has_error:
                new = self.partitions_in_transaction.take_new()
                self.enqueue(AddPartitionsToTxnHandler(self, self._result("AddPartitionsToTxn"), new))
            while (handler := self._pending_requests.take(has_batches)) is not None:
                if not self._needs_no_answer(handler):
                    return handler
            return None

    def _needs_no_answer(self, handler: TxnRequestHandler) -> bool:
        """Settle a request that need not be sent: after an error, or to end what the coordinator knows nothing of."""
        if self.state.last_error is not None and not handler.goes_in(self.state):
            handler.result.fail(self.state.last_error)
            return True
        if handler.is_end_txn and not self.transaction_started:
            log.debug("The coordinator knows of no transaction, so it need not end one")
            self.complete_transaction()
            handler.result.done()
            return True
        return False

    # What the handlers bring about (the sender's thread)...

    def _request_producer_id(
        self, producer: ProducerIdAndEpoch = NOBODY, *, keep_prepared_txn: bool = False
    ) -> TransactionalRequestResult:
        """Ask for an id, or for the next epoch of the one that we have."""
        handler = InitProducerIdHandler(self, self._result("InitProducerId"), producer, keep_prepared_txn)
        self.enqueue(handler)
        return handler.result

    def request_idempotent_producer_id(self) -> None:
        """Ask for an id if there is none. A transactional producer asks when it is told to."""
        with self.lock:
            if self.state.state is State.UNINITIALIZED:
                self.state.transition_to(Event.INITIALIZE)
                self._request_producer_id()

    def producer_id_received(self, producer: ProducerIdAndEpoch, *, is_epoch_bump: bool) -> None:
        """We have an id, and with it nothing stands in the way of a transaction."""
        self.producer = producer
        self.state.transition_to(Event.PRODUCER_ID)
        if is_epoch_bump:
            self.begin_epoch(producer)
            self._forget_transaction()

    def prepared_transaction_kept(self, producer: ProducerIdAndEpoch, ongoing: ProducerIdAndEpoch) -> None:
        """We have an id, and a transaction that one before us has prepared: we are to end it."""
        self.state.transition_to(Event.PREPARED_TRANSACTION)
        self.producer, self.prepared, self.transaction_started = producer, ongoing, True

    def complete_transaction(self) -> None:
        """The transaction is over."""
        self.state.transition_to(Event.DONE_BUT_NEW_EPOCH if self.epoch_bump_required else Event.DONE)
        self._forget_transaction()

    def _forget_transaction(self) -> None:
        self.epoch_bump_required = False
        self.transaction_started = False
        self.prepared = NOBODY
        self.partitions_in_transaction.clear()

    def abortable_error(self, error: KafkaError) -> None:
        """The transaction has failed; if it is being aborted, it could not matter less."""
        log.info("The transaction must be aborted: %s", error)
        self.state.transition_to(Event.ABORTABLE_ERROR, error)

    def fatal_error(self, error: KafkaError) -> None:
        """This producer is at its end. Whoever waits, learns it."""
        with self.lock:
            log.error("The producer has failed for good: %s", error)
            self.state.transition_to(Event.FATAL_ERROR, error)
            self._fail_pending_transition(error)

    def give_id_up(self, error: KafkaError) -> None:
        """We were not allowed to have an id; once that has been mended, we may ask again."""
        with self.lock:
            self._fail_pending_requests(error)
            self.state.transition_to(Event.GIVE_ID_UP)
            self._fail_pending_transition(error)

    def close(self) -> None:
        """The sender ends. Whoever still waits, waits in vain."""
        with self.lock:
            error = KafkaError("the producer was closed by force before the coordinator had answered")
            self._fail_pending_requests(error)
            self._fail_pending_transition(error)

    def _fail_pending_requests(self, error: KafkaError) -> None:
        for handler in self._pending_requests.take_all():
            handler.result.fail(error)

    def _fail_pending_transition(self, error: KafkaError) -> None:
        if self._pending_transition is not None:
            self._pending_transition.result.fail(error)

    def __repr__(self) -> str:
        return f"<TransactionManager of {self.name}: {self.state.state.value}>"
