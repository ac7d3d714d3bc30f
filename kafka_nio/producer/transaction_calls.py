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

Java: org.apache.kafka.clients.producer.KafkaProducer, its transactional methods
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError
from kafka_nio.producer.consumer_offsets import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.spans import Stage, span


class TransactionCalls:
    """The part of `KafkaProducer` that is about transactions.

    Each call that waits does so for `timeout` seconds, or for `max_block_ms` if that is None. After a
    `KafkaTimeoutError` the same call may be made again, to wait for the rest; no other call may come before.
    """

    # Theirs is the producer that they are a part of:
    _sender: Sender
    _io_thread: IoThread
    _transactions: TransactionManager | None
    _max_block_ms: int
    _refuse_if_closed: Callable[[], None]

    @span(Stage.SEND, show="timeout")
    def init_transactions(self, timeout: float | None = None) -> None:
        """Get a producer id for the transactional id, and fence off whoever had it before. Once, before all else.

        Raises:
            KafkaTimeoutError: the coordinator has not answered yet.
            IllegalStateError: there is no transactional id, or this was done before.
        """
        self._await(self._transactional().initialize_transactions(), timeout)

    @span(Stage.SEND)
    def begin_transaction(self) -> None:
        """From now on all records belong to one transaction.

        Raises:
            IllegalStateError: `init_transactions` has not been called, or a transaction is open already.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        self._transactional().begin_transaction()

    @span(Stage.SEND, show="timeout")
    def commit_transaction(self, timeout: float | None = None) -> None:
        """Send what is there, wait for it, and make all of it visible at once.

        Raises:
            KafkaTimeoutError: it is still under way.
            AbortableTransactionError: a record failed, so the transaction must be aborted.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        self._await(self._transactional().begin_commit(), timeout)

    @span(Stage.SEND, show="timeout")
    def abort_transaction(self, timeout: float | None = None) -> None:
        """Drop what was not sent, and let what was sent never be seen.

        Raises:
            KafkaTimeoutError: it is still under way.
            ProducerFencedError: another producer with the same transactional id has taken our place.
        """
        self._await(self._transactional().begin_abort(), timeout)

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
        transactions = self._transactional()
        if offsets:
            self._await(transactions.send_offsets_to_transaction(offsets, group), timeout)

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

    def _await(self, result: TransactionalRequestResult, timeout: float | None) -> None:
        self._sender.wakeup()
        result.wait(self._max_block_ms if timeout is None else timeout * 1000)
