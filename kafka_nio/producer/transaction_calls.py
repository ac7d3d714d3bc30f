"""The calls of `KafkaProducer` that make transactions.

    with KafkaProducer(bootstrap_servers="localhost:9092", transactional_id="till 3") as producer:
        producer.init_transactions()
        with producer.transaction():
            producer.send("orders", b"one coffee")
            producer.send("stock", b"one bean less")

Either both records are seen or neither, by consumers that read with `isolation.level=read_committed`.

The `transactional_id` names the producer across restarts. `init_transactions` ends what an earlier one of the same name
has left open, and fences it off: should it still live, it is refused from then on.

What to do after an error: if it is `fatal` (`ProducerFencedError`, …), close the producer. Otherwise call
`abort_transaction` and try again. The `with` block does the latter by itself and lets the error go on.

With `transaction.two.phase.commit.enable` there is a third step between the records and the end: `prepare_transaction`,
after which nothing can fail any more; `prepared_txn_state.py` tells what that is good for. It is KIP-939 as it stands
in Kafka's source; Kafka's releases (4.4) keep these calls out of their public interface, and a broker must be told to
speak what they need: `unstable.api.versions.enable` and its own `transaction.two.phase.commit.enable`.

Java: org.apache.kafka.clients.producer.KafkaProducer, its transactional methods
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import IllegalStateError, InvalidTxnStateError, KafkaError
from kafka_nio.producer.argument_checks import milliseconds
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.measured_calls import MeasuredCalls
from kafka_nio.producer.prepared_txn_state import PreparedTxnState
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.spans import Stage, span


class TransactionCalls(MeasuredCalls):
    """The part of `KafkaProducer` that is about transactions.

    Each call that waits does so for `timeout` seconds, or for `max_block_ms` if that is None. After a
    `KafkaTimeoutError` the same call may be made again, to wait for the rest; no other call may come before. A timeout
    that is negative raises ValueError, and nothing has happened.
    """

    # Theirs is the producer that they are a part of:
    _sender: Sender
    _io_thread: IoThread
    _transactions: TransactionManager | None
    _max_block_ms: int
    _refuse_if_closed: Callable[[], None]
    flush: Callable[[float | None], None]

    @span(Stage.SEND, show="timeout")
    def init_transactions(self, timeout: float | None = None, *, keep_prepared_txn: bool = False) -> None:
        """Get a producer id for the transactional id, and fence off whoever had it before. Once, before all else.

        Args:
            timeout: see above.
            keep_prepared_txn: whether a transaction that one before us has left open is kept, to be ended by
                `complete_transaction`, instead of being aborted.

        Raises:
            KafkaTimeoutError: the coordinator has not answered yet.
            IllegalStateError: there is no transactional id, or this was done before.
            InvalidTxnStateError: a prepared transaction is to be kept, and two-phase commit is off.
        """
        patience_ms = self._patience_ms(timeout)
        transactions = self._transactional()
        if keep_prepared_txn:
            self._refuse_without_2pc(transactions, "init_transactions(keep_prepared_txn=True)")
        with self._timed("txn-init-time-ns"):
            self._await(transactions.initialize_transactions(keep_prepared_txn=keep_prepared_txn), patience_ms)
        transactions.maybe_update_transaction_v2_enabled(on_initialization=True)

    @span(Stage.SEND)
    def begin_transaction(self) -> None:
        """From now on all records belong to one transaction.

        Raises:
            IllegalStateError: `init_transactions` has not been called, or a transaction is open already.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        transactions = self._transactional()
        with self._timed("txn-begin-time-ns"):
            transactions.begin_transaction()

    @span(Stage.SEND, show="timeout return")
    def prepare_transaction(self, timeout: float | None = None) -> PreparedTxnState:
        """Send what is there and wait for it; then take nothing more, so that only the end is left.

        Returns:
            What to keep in the other database, for `complete_transaction` after a crash.

        Raises:
            KafkaTimeoutError: some records are still without an outcome, and the transaction goes on.
            InvalidTxnStateError: two-phase commit is off.
            AbortableTransactionError: a record failed, so the transaction must be aborted.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        patience_ms = self._patience_ms(timeout)
        transactions = self._transactional()
        self._refuse_without_2pc(transactions, "prepare_transaction")
        transactions.ensure_may_send("prepare_transaction")
        with self._timed("txn-prepare-time-ns"):
            self.flush(patience_ms / 1000)
            return PreparedTxnState(*transactions.prepare_transaction())

    @span(Stage.SEND, show="prepared timeout")
    def complete_transaction(self, prepared: PreparedTxnState, timeout: float | None = None) -> None:
        """Commit the prepared transaction, if it is this one; if it is another, abort it.

        Args:
            prepared: what the other database says: the transaction whose other half is committed there.
            timeout: see above.

        Raises:
            KafkaTimeoutError: it is still under way.
            InvalidTxnStateError: two-phase commit is off, or nothing is prepared.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        self._patience_ms(timeout)
        transactions = self._transactional()
        self._refuse_without_2pc(transactions, "complete_transaction")
        if not transactions.state.is_prepared:
            state = transactions.state.state.value
            raise InvalidTxnStateError(f"the producer is {state}, so there is no prepared transaction to complete")
        is_same = PreparedTxnState(*transactions.prepared) == prepared
        end = self.commit_transaction if is_same else self.abort_transaction
        end(timeout)

    @span(Stage.SEND, show="timeout")
    def commit_transaction(self, timeout: float | None = None) -> None:
        """Send what is there, wait for it, and make all of it visible at once.

        Raises:
            KafkaTimeoutError: it is still under way.
            AbortableTransactionError: a record failed, so the transaction must be aborted.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        patience_ms = self._patience_ms(timeout)
        transactions = self._transactional()
        with self._timed("txn-commit-time-ns"):
            self._await(transactions.begin_commit(), patience_ms)

    @span(Stage.SEND, show="timeout")
    def abort_transaction(self, timeout: float | None = None) -> None:
        """Drop what was not sent, and let what was sent never be seen.

        Raises:
            KafkaTimeoutError: it is still under way.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        patience_ms = self._patience_ms(timeout)
        transactions = self._transactional()
        with self._timed("txn-abort-time-ns"):
            self._await(transactions.begin_abort(), patience_ms)

    @span(Stage.SEND, show="offsets group timeout")
    def send_offsets_to_transaction(
        self,
        offsets: Mapping[TopicPartition, OffsetAndMetadata],
        group: ConsumerGroupMetadata,
        timeout: float | None = None,
    ) -> None:
        """Let a consumer's progress be part of the transaction, so that each record is worked on exactly once.

        Args:
            offsets: for each partition the offset of the record that is to be read next.
            group: of the consumer that has read them.

        Raises:
            KafkaTimeoutError: it is still under way.
            CommitFailedError: the consumer is no member of its group any more; abort.
            AbortableTransactionError: a record failed, so the transaction must be aborted.
        """
        patience_ms = self._patience_ms(timeout)
        transactions = self._transactional()
        if offsets:
            with self._timed("txn-send-offsets-time-ns"):
                self._await(transactions.send_offsets_to_transaction(offsets, group), patience_ms)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Begin; commit at the end of the `with` block, or abort if it is left by an exception, which goes on."""
        self.begin_transaction()
        try:
            yield
            self.commit_transaction()
        except BaseException as error:
            if not getattr(error, "fatal", False):
                self._abort_after(error)
            raise

    def _abort_after(self, error: BaseException) -> None:
        """Abort; if that fails as well, the error that led to it stays the one that counts."""
        try:
            self.abort_transaction()
        except KafkaError as second:
            error.add_note(f"The transaction could not be aborted: {second}")

    def _transactional(self) -> TransactionManager:
        self._refuse_if_closed()
        if self._transactions is None or not self._transactions.is_transactional:
            raise IllegalStateError("the producer has no transactional.id, so it has no transactions")
        if self._io_thread.is_current:
            raise IllegalStateError("a transaction cannot be dealt with inside a callback: it would wait for itself")
        return self._transactions

    def _patience_ms(self, timeout: float | None) -> float:
        """How long a call waits. It is the first thing that each call asks, so that a mistake changes nothing."""
        return self._max_block_ms if timeout is None else milliseconds(timeout)

    def _refuse_without_2pc(self, transactions: TransactionManager, operation: str) -> None:
        if not transactions.is_2pc_enabled:
            raise InvalidTxnStateError(f"{operation} needs transaction.two.phase.commit.enable, which is off")

    def _await(self, result: TransactionalRequestResult, patience_ms: float) -> None:
        self._sender.wakeup()
        result.wait(patience_ms)
