"""The four requests that a transaction is made of: which id, which coordinator, which partitions, and the end.

Java: org.apache.kafka.clients.producer.internals.TransactionManager, its classes InitProducerIdHandler and others
"""

from typing import TYPE_CHECKING, cast

from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import (
    ApiError,
    ClusterAuthorizationFailedError,
    ConcurrentTransactionsError,
    InvalidPidMappingError,
    KafkaError,
    OperationNotAttemptedError,
    TransactionalIdAuthorizationError,
    UnknownProducerIdError,
    error_for,
)
from kafka_nio.producer.sequence_numbers import ProducerIdAndEpoch
from kafka_nio.producer.transaction_state import TransactionState
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.producer.txn_request_handler import Priority, TxnRequestHandler, by_topic
from kafka_nio.protocol.api import Message
from kafka_nio.protocol.messages import (
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopic,
    EndTxnRequest,
    EndTxnResponse,
    FindCoordinatorRequest,
    FindCoordinatorResponse,
    InitProducerIdRequest,
    InitProducerIdResponse,
)
from kafka_nio.protocol.messages.find_coordinator import TRANSACTION

if TYPE_CHECKING:
    from kafka_nio.producer.transaction_manager import TransactionManager

EPOCH_BUMP_SINCE = 3
"""From this version of InitProducerId on, a producer may ask for the next epoch (KIP-360)."""

FIRST_PARTITIONS_BACKOFF_MS = 20
"""The previous transaction is still being completed, which is a matter of moments (KAFKA-5477)."""

NO_TIMEOUT_MS = 2**31 - 1


class InitProducerIdHandler(TxnRequestHandler):
    """Asks for a producer id; or, given the one that we have, for its next epoch."""

    def __init__(
        self,
        manager: "TransactionManager",
        result: TransactionalRequestResult,
        producer: ProducerIdAndEpoch,
        keep_prepared_txn: bool = False,
    ) -> None:
        super().__init__(manager, result)
        self._producer = producer
        self._keep_prepared_txn = keep_prepared_txn
        self.key_type = TRANSACTION if manager.is_transactional else None
        self.priority = Priority.EPOCH_BUMP if producer.is_valid else Priority.INIT_PRODUCER_ID

    def request(self) -> Message:
        """An id for us, under our transactional id if we have one."""
        transactional_id = self.manager.transactional_id
        timeout_ms = NO_TIMEOUT_MS if transactional_id is None else self.manager.transaction_timeout_ms
        two_phase_commit = (self.manager.is_2pc_enabled, self._keep_prepared_txn)
        return InitProducerIdRequest(transactional_id, timeout_ms, *self._producer, *two_phase_commit)

    def handle_response(self, response: Message) -> None:
        """Take the id."""
        answer = cast(InitProducerIdResponse, response)
        error = error_for(answer.error_code)
        if error is None:
            self.manager.can_bump_epoch = not self.manager.is_transactional or self.api_version >= EPOCH_BUMP_SINCE
            self._take_id(answer)
            self.result.done()
        elif isinstance(error, TransactionalIdAuthorizationError | ClusterAuthorizationFailedError):
            # Not fatal: the sender gives the id up, and it may be asked for again (KAFKA-13668).
            self.abortable_error(error)
        elif isinstance(error, UnknownProducerIdError | InvalidPidMappingError):
            self.fatal_error(error)
        else:
            self.handle_error(error)

    def _take_id(self, answer: InitProducerIdResponse) -> None:
        producer = ProducerIdAndEpoch(answer.producer_id, answer.producer_epoch)
        ongoing = ProducerIdAndEpoch(answer.ongoing_txn_producer_id, answer.ongoing_txn_producer_epoch)
        if self._keep_prepared_txn and ongoing.is_valid:
            self.manager.prepared_transaction_kept(producer, ongoing)
        else:
            self.manager.producer_id_received(producer, is_epoch_bump=self._producer.is_valid)


class FindCoordinatorHandler(TxnRequestHandler):
    """Asks any broker which one keeps the books of a transactional id or of a group."""

    priority = Priority.FIND_COORDINATOR
    key_type = None

    def __init__(
        self, manager: "TransactionManager", result: TransactionalRequestResult, sought: int, key: str
    ) -> None:
        super().__init__(manager, result)
        self._sought = sought
        self._key = key

    def goes_in(self, state: TransactionState) -> bool:
        """Before an abort it does no harm, and the abort will need it."""
        return state.has_abortable_error

    def request(self) -> Message:
        """In both forms; the version, which is chosen later, decides which of them travels."""
        return FindCoordinatorRequest(self._key, self._sought, [self._key])

    def handle_response(self, response: Message) -> None:
        """Remember where it is."""
        answer = cast(FindCoordinatorResponse, response)
        found = answer.coordinators[0] if answer.coordinators else answer
        error = error_for(found.error_code, found.error_message)
        if error is not None:
            return self.handle_error(error)
        self.manager.coordinators[self._sought] = Node(found.node_id, found.host, found.port)
        return self.result.done()


class AddPartitionsToTxnHandler(TxnRequestHandler):
    """Tells the coordinator which partitions take part."""

    def __init__(
        self,
        manager: "TransactionManager",
        result: TransactionalRequestResult,
        partitions: tuple[TopicPartition, ...],
    ) -> None:
        super().__init__(manager, result)
        self._partitions = partitions

    def request(self) -> Message:
        """These partitions."""
        topics = [
            AddPartitionsToTxnTopic(name, [partition for _, partition in group])
            for name, group in by_topic(self._partitions)
        ]
        return AddPartitionsToTxnRequest(*self.identity, topics)

    def handle_response(self, response: Message) -> None:
        """All of them were added, or none."""
        answer = cast(AddPartitionsToTxnResponse, response)
        errors = {
            TopicPartition(topic.name, partition.partition_index): error_for(partition.partition_error_code)
            for topic in answer.results_by_topic
            for partition in topic.results_by_partition
        }
        failed = {place: error for place, error in errors.items() if error is not None}
        if not failed:
            self.manager.partitions_in_transaction.added(errors)
            self.manager.transaction_started = True
            return self.result.done()
        # Where one partition fails none is added, and the others say only that nothing was attempted.
        telling = (error for error in failed.values() if not isinstance(error, OperationNotAttemptedError))
        error = next(telling, OperationNotAttemptedError())
        if isinstance(error, ConcurrentTransactionsError) and not self.manager.partitions_in_transaction.any_added:
            return self.try_again(self.now_ms, min(FIRST_PARTITIONS_BACKOFF_MS, self.manager.retry_backoff_ms))
        return self.handle_error(error)

    def unexpected_error(self, error: ApiError) -> None:
        """What keeps one partition out keeps the transaction from being what it should be, and no more."""
        self.abortable_error(KafkaError(f"partitions could not be added to the transaction: {error}"))


class EndTxnHandler(TxnRequestHandler):
    """Commits or aborts."""

    priority = Priority.END_TXN
    is_end_txn = True

    def __init__(self, manager: "TransactionManager", result: TransactionalRequestResult, committed: bool) -> None:
        super().__init__(manager, result)
        self._committed = committed
        self._transaction_v2 = manager.is_transaction_v2_enabled

    def request(self) -> Message:
        """Commit, or abort."""
        return EndTxnRequest(*self.identity, self._committed, self._transaction_v2)

    def handle_response(self, response: Message) -> None:
        """The coordinator has written down what is to become of the transaction, and from then on it will be so."""
        answer = cast(EndTxnResponse, response)
        error = error_for(answer.error_code)
        if error is not None:
            return self.handle_error(error)
        following = ProducerIdAndEpoch(answer.producer_id, answer.producer_epoch)
        if following.is_valid:
            self.manager.begin_epoch(following)
        self.manager.complete_transaction()
        return self.result.done()

    def abortable_error(self, error: KafkaError) -> None:
        """What cannot be aborted cannot be mended by an abort."""
        if self._committed:
            super().abortable_error(error)
        else:
            self.fatal_error(error)
