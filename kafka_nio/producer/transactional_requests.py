"""The sender's first concern in each turn: our producer id, and the requests that a transaction needs.

They go one at a time, and while one of them is on its way no records are sent in the same turn: most of them are there
because records may not be sent before they are answered.

Where Java sleeps or waits for a connection, this looks again in the next turn, so that the thread can be closed.

Java: org.apache.kafka.clients.producer.internals.Sender.runOnce, maybeSendAndPollTransactionalRequest
"""

import logging

from kafka_nio.client.backoff import LEAST_PAUSE_MS
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.clock import Clock
from kafka_nio.cluster import Node
from kafka_nio.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TransactionAbortedError,
    TransactionalIdAuthorizationError,
)
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.txn_request_handler import TxnRequestHandler
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class TransactionalRequests:
    """Sends what the transaction manager has in its queue. Belongs to the sender's thread."""

    def __init__(
        self,
        transactions: TransactionManager,
        sequences: BatchSequences,
        client: NetworkClient,
        accumulator: RecordAccumulator,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._sequences = sequences
        self._client = client
        self._accumulator = accumulator
        self._clock = clock
        self._pause_ms = max(transactions.retry_backoff_ms, LEAST_PAUSE_MS)
        self._in_flight: TxnRequestHandler | None = None

    @property
    def transactional_id(self) -> str | None:
        """What Produce requests must carry in a transaction."""
        return self._transactions.transactional_id

    @property
    def is_transaction_v2_enabled(self) -> bool:
        """Whether Produce requests let their partitions take part by themselves."""
        return self._transactions.is_transaction_v2_enabled

    @property
    def lacks_producer_id(self) -> bool:
        """Whether records wait because no broker has given the producer its id."""
        return not self._transactions.producer.is_valid

    @span(Stage.RUN, show="return")
    def run_once(self) -> bool:
        """Do what comes before records; return whether that was all for this turn."""
        state = self._transactions.state
        self._sequences.maybe_resolve_sequences()
        if state.has_fatal_error:
            self._abort_batches(state.last_error)
            self._poll(self._pause_ms)
            return True
        if state.has_abortable_error and self._was_not_allowed(state.last_error):
            return True
        self._sequences.bump_idempotent_epoch_and_reset_id_if_needed()
        return self.maybe_send_and_poll_transactional_request()

    def _abort_batches(self, error: KafkaError | None) -> None:
        if error is not None and self._accumulator.incomplete:
            self._accumulator.abort_batches(error)

    def _was_not_allowed(self, error: KafkaError | None) -> bool:
        """Who was refused an id may be given one later, without a new producer (KAFKA-13668)."""
        if not isinstance(error, TransactionalIdAuthorizationError | ClusterAuthorizationFailedError):
            return False
        self._abort_batches(error)
        self._transactions.give_id_up(error)
        return True

    @span(Stage.RUN, show="return")
    def maybe_send_and_poll_transactional_request(self) -> bool:
        """Send the next request, if there is one, and wait for the network; return whether there was."""
        if self._in_flight is not None:
            self._poll(self._pause_ms)
            return True
        self._drop_what_will_be_aborted()
        handler = self._transactions.next_request(bool(self._accumulator.incomplete))
        if handler is None:
            return False
        if not self._send(handler):
            self._transactions.enqueue(handler)
        self._poll(max(handler.not_before_ms - self._clock.now_ms(), 0) or self._pause_ms)
        return True

    def _drop_what_will_be_aborted(self) -> None:
        """Batches that were never sent need not be sent for the sake of an abort; those that were must be answered."""
        state = self._transactions.state
        if (state.has_abortable_error or state.is_aborting) and self._accumulator.incomplete:
            error = state.last_error or TransactionAbortedError()
            self._accumulator.abort_batches(error, lambda batch: not batch.has_sequence)

    def _send(self, handler: TxnRequestHandler) -> bool:
        """Send the request to where it belongs. False if that is not possible now."""
        now_ms = self._clock.now_ms()
        if now_ms < handler.not_before_ms:
            return False
        node = self._target(handler, now_ms)
        if node is None or not self._client.ready(node, now_ms):
            self._find_a_way(handler, node, now_ms)
            return False
        self._in_flight = handler
        request = self._client.new_client_request(
            node.id_string, handler.request(), now_ms, expect_response=True, callback=self._complete
        )
        self._client.send(request, now_ms)
        return True

    def _target(self, handler: TxnRequestHandler, now_ms: int) -> Node | None:
        if handler.key_type is None:
            return self._client.least_loaded_node(now_ms)
        return self._transactions.coordinators.get(handler.key_type)

    def _find_a_way(self, handler: TxnRequestHandler, node: Node | None, now_ms: int) -> None:
        """No coordinator is known, or the connection to it has failed: ask where it is. Or else just wait."""
        if handler.key_type is not None and (node is None or self._client.connection_failed(node)):
            self._transactions.lookup_coordinator(handler.key_type, handler.key)

    def _complete(self, response: ClientResponse) -> None:
        handler, self._in_flight = self._in_flight, None
        assert handler is not None, "only one of them is under way at a time"
        handler.on_complete(response, self._clock.now_ms())

    def _poll(self, timeout_ms: float) -> None:
        self._client.poll(timeout_ms, self._clock.now_ms())

    # At the end...

    def has_work_left(self) -> bool:
        """Whether the sender may not end yet, because a transaction is open; what nobody has ended is aborted."""
        state = self._transactions.state
        if not self._transactions.is_transactional or not state.has_ongoing_transaction:
            return False
        # After an error, partitions that wait to be added wait for ever, so the end must not wait for them.
        if state.is_completing or (self._transactions.has_pending_requests and not state.has_abortable_error):
            return True
        log.info("The producer is closed in the middle of a transaction, so that is aborted")
        try:
            self._transactions.begin_abort()
        except KafkaError:
            log.exception("It cannot be, so the coordinator will when its time is over")
            return False
        return True

    def close(self) -> None:
        """Tell whoever still waits that it is in vain."""
        self._transactions.close()

    def __repr__(self) -> str:
        return f"<TransactionalRequests: {self._in_flight or 'none'} under way, {self._transactions!r}>"
