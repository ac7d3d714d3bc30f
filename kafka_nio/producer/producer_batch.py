"""Records of one partition that travel together, and what has happened to them so far.

A batch is open for records until it is full or its turn to leave has come. `close` encodes it, once. Then it is sent,
perhaps several times, until one of three things is final: it succeeded, it failed, or it was aborted because the
producer was closed by force. Whatever comes first decides; `TRANSITIONS` says what comes of a second outcome.

A fourth way out is to be split, because the broker finds the batch too large (`split.py`); its parts go on.

The batch keeps the callbacks of its records, and one result from which all its records' futures read.

Java: org.apache.kafka.clients.producer.internals.ProducerBatch
"""

import logging
from collections.abc import Callable, Sequence
from enum import Enum
from operator import attrgetter
from typing import TypeAlias
from uuid import UUID

from kafka_nio.cluster import NO_LEADER_EPOCH, Node, TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError
from kafka_nio.producer.futures import ErrorOf, FutureRecordMetadata, ProduceRequestResult, same_for_all
from kafka_nio.producer.producer_record import Callback, Headers, RecordMetadata, call_back
from kafka_nio.protocol.record_batch import RecordBatchBuilder, increment_sequence
from kafka_nio.protocol.record_batch_header import NO_SEQUENCE
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)

CREATED_MS = attrgetter("created_ms")
"""When a batch was made, as a function: `map` calls it for many of them without a line of Python."""

Appendable: TypeAlias = tuple[int, bytes | None, bytes | None, Headers, Callback | None]
"""A record as it goes into a batch: timestamp in milliseconds, key, value, headers, callback."""

RecordAppendResult: TypeAlias = tuple[FutureRecordMetadata, bool, bool]
"""The record's future; whether its batch is full now; whether a new batch was opened for it.

Either is a reason to wake the sender. Java wakes it for every further record too, as long as the queue holds more than
one batch; but it was woken already when the second one was opened.
"""


class BatchState(Enum):
    """How far a batch has come, as far as its records' callers are concerned."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    SPLIT = "split"


PENDING, SUCCEEDED, FAILED, ABORTED, SPLIT = BatchState

TRANSITIONS: dict[tuple[BatchState, BatchState], BatchState] = {
    # (is, should become): becomes
    (PENDING, SUCCEEDED): SUCCEEDED,
    (PENDING, FAILED): FAILED,
    (PENDING, ABORTED): ABORTED,
    (PENDING, SPLIT): SPLIT,
    # Its time ran out while a request with it was under way, and now the answer comes. The caller has been told.
    (FAILED, SUCCEEDED): FAILED,
    (FAILED, FAILED): FAILED,
    # The producer was closed by force while a request with it was under way.
    (ABORTED, SUCCEEDED): ABORTED,
    (ABORTED, FAILED): ABORTED,
}
"""Everything else is a fault in the producer: a success is never taken back, an abort never comes second."""


class ProducerBatch:
    """One batch of one partition.

    Args:
        topic_partition: where it goes.
        builder: the records, in columns until they are encoded.
        result: what its records' futures read from.
        reserved_bytes: what the batch took out of the buffer pool.
        created_ms: when the delivery timeout began to run.
    """

    def __init__(
        self,
        topic_partition: TopicPartition,
        builder: RecordBatchBuilder,
        result: ProduceRequestResult,
        reserved_bytes: int,
        created_ms: int,
    ) -> None:
        self.topic_partition = topic_partition
        self.created_ms = created_ms
        self.place: tuple[int, ...] = ()
        """Of two batches of a partition, the one with the lower place has the earlier records."""
        self.result = result
        self.state = PENDING
        # guarded by the accumulator's lock while the batch takes records, the sender's thread alone afterwards:
        self._builder = builder
        self._callbacks: list[tuple[int, Callback]] = []
        self.estimated_size = builder.estimated_size
        """Bytes it will have on the wire: a guess if it is compressed, until it is closed."""
        self.is_full = False
        """Whether waiting for more records would be in vain."""
        # belongs to the sender's thread:
        self.reserved_bytes = reserved_bytes
        """What the batch still holds of the buffer pool; 0 once it was given back."""
        self.attempts = 0
        """How often the batch was sent in vain."""
        self.last_error: KafkaError | None = None
        """Why the last attempt was in vain."""
        self.retry_backoff_ms = 0.0
        """How long to wait after the last attempt before the next one."""
        self._last_attempt_ms = created_ms
        self._drained_ms = created_ms
        self.sequence_has_been_reset = False
        """Whether it was numbered anew after it was last encoded; an error about its old number means nothing then."""
        self.destination: tuple[Node | None, UUID | None] | None = None
        """Which node, and which topic of this name, it was last meant for; told apart only if batches are numbered."""
        self._leader_epoch = NO_LEADER_EPOCH
        self._attempts_when_leader_last_changed = -1

    # Filling it (the application's thread)...

    @decision("is_full", "self.estimated_size size_limit")
    def try_append(self, record: Appendable) -> FutureRecordMetadata | None:
        """Add a record if there is room, which there always is for the first one. None means: no room.

        Once a record did not fit, none does: it must not be overtaken by a smaller one that would.
        """
        if self.is_full:
            return None
        timestamp_ms, key, value, headers, callback = record
        builder = self._builder
        index = builder.try_append(timestamp_ms, key, value, headers)
        if index is None:
            self.is_full = True
            return None
        self.estimated_size = builder.estimated_size
        size_limit = builder.size_limit
        is_full = self.estimated_size >= size_limit
        self.is_full = is_full
        if callback is not None:
            self._callbacks.append((index, callback))
        future = FutureRecordMetadata()
        future.batch_result = self.result
        future.index = index
        return future

    @property
    def record_count(self) -> int:
        """How many records are in it."""
        return self._builder.record_count

    # Sending it (the sender's thread)...

    @span(Stage.RUN, show="self")
    def close(self) -> bytes:
        """Encode the batch. A second call returns the same bytes, so a retry sends what was sent before."""
        self.is_full = True
        self.sequence_has_been_reset = False
        batch = self._builder.close()
        self.estimated_size = len(batch)
        return batch

    @property
    def largest_record_size(self) -> int:
        """Bytes that its largest record would take in a batch of its own; 0 until it is closed."""
        return self._builder.largest_record_size

    @property
    def compression_ratio(self) -> float:
        """The size of its records compressed by their size as they are; 1 until it is closed."""
        return self._builder.compression_ratio

    # Numbering it, so that the broker can tell when it comes twice (the sender's thread)...

    def set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int, is_transactional: bool
    ) -> None:
        """Give the batch its number, before it is encoded. A retry goes under the same one."""
        self._builder.set_producer_state(producer_id, producer_epoch, base_sequence, is_transactional)

    def reset_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        """Give the batch another number, after it was sent under its first one, which the broker refused."""
        log.info("%r goes from sequence number %d to %d", self, self.base_sequence, base_sequence)
        self._builder.rewrite_producer_state(producer_id, producer_epoch, base_sequence)
        self.sequence_has_been_reset = True

    @property
    def base_sequence(self) -> int:
        """The number of its first record."""
        return self._builder.producer_state.base_sequence

    @property
    def last_sequence(self) -> int:
        """The number of its last record."""
        return increment_sequence(self.base_sequence, self.record_count - 1)

    @property
    def has_sequence(self) -> bool:
        """Whether it is numbered, and so has been sent before."""
        return self.base_sequence != NO_SEQUENCE

    @property
    def producer(self) -> tuple[int, int]:
        """The producer id and epoch under which it goes."""
        state = self._builder.producer_state
        return state.producer_id, state.producer_epoch

    # Going round (the sender's thread)...

    def drained(self, now_ms: int) -> None:
        """Note that the batch has left its queue."""
        self._drained_ms = max(self._drained_ms, now_ms)

    @property
    def queue_time_ms(self) -> int:
        """How long the batch has stood in its queue, all in all."""
        return self._drained_ms - self.created_ms

    def waited_time_ms(self, now_ms: int) -> int:
        """How long since the batch was made or last sent in vain: linger and backoff both count from there."""
        return max(0, now_ms - self._last_attempt_ms)

    @decision("return", "self.created_ms now_ms delivery_timeout_ms")
    def has_reached_delivery_timeout(self, delivery_timeout_ms: float, now_ms: int) -> bool:
        """Whether its time is over. The time began when the batch was made, and no retry renews it (KIP-91)."""
        return now_ms - self.created_ms >= delivery_timeout_ms

    def reenqueued(self, error: KafkaError | None, retry_backoff_ms: float, now_ms: int) -> None:
        """Note that an attempt was in vain and the batch goes back into its queue."""
        self.attempts += 1
        self.last_error = error
        self.retry_backoff_ms = retry_backoff_ms
        self._last_attempt_ms = max(self._last_attempt_ms, now_ms)

    @property
    def in_retry(self) -> bool:
        """Whether it was sent before."""
        return self.attempts > 0

    def maybe_update_leader_epoch(self, epoch: int) -> None:
        """Note a leader that is newer than the one we knew of, and before which attempt it appeared.

        Only the first of two in a row, unlike Java: brokers that name one leader after the other would have us make
        connections as fast as we can.
        """
        if epoch > self._leader_epoch:
            self._leader_epoch = epoch
            if self.in_retry and self.attempts != self._attempts_when_leader_last_changed + 1:
                self._attempts_when_leader_last_changed = self.attempts

    def is_backing_off(self, now_ms: int) -> bool:
        """Whether it is too early for another attempt. A new leader deserves one at once (KIP-951)."""
        leader_is_new = self._attempts_when_leader_last_changed == self.attempts
        return self.in_retry and not leader_is_new and self.waited_time_ms(now_ms) < self.retry_backoff_ms

    # Ending it (the sender's thread)...

    @property
    def is_done(self) -> bool:
        """Whether the records' callers have been told."""
        return self.state is not PENDING

    @span(Stage.COMPLETE, show="self base_offset return")
    def complete(self, base_offset: int, log_append_time_ms: int) -> bool:
        """Tell the callers that their records are on the broker. False if they were told something else before."""
        if not self.transition_to(SUCCEEDED):
            return False
        self.result.set(base_offset, log_append_time_ms, self._builder)
        self._complete_future_and_fire_callbacks(lambda index: None)
        return True

    @span(Stage.COMPLETE, show="self return")
    def complete_exceptionally(self, error_of: ErrorOf) -> bool:
        """Tell the callers why their records are not on the broker. False if they were told something before."""
        if not self.transition_to(FAILED):
            return False
        self.result.set_error(error_of)
        self._complete_future_and_fire_callbacks(error_of)
        return True

    def abort(self, error: KafkaError) -> None:
        """Tell the callers that the producer is closed by force."""
        self.transition_to(ABORTED)
        self.result.set_error(same_for_all(error))
        self._complete_future_and_fire_callbacks(same_for_all(error))

    def take_callbacks(self) -> dict[int, Callback]:
        """The records' callbacks by the records' places; they are another batch's from now on."""
        callbacks, self._callbacks = dict(self._callbacks), []
        return callbacks

    @span(Stage.COMPLETE, show="self")
    def hand_over(self, places: Sequence[tuple[ProduceRequestResult, int]]) -> None:
        """Tell whoever waits for a record that it has become part of another batch, and where it stands there."""
        self.transition_to(SPLIT)
        self.result.split_into(places)

    def transition_to(self, wanted: BatchState) -> bool:
        """Move on by the table; return whether this was the first and therefore final outcome.

        Raises:
            IllegalStateError: the table has no such move.
        """
        is_first = not self.is_done
        try:
            self.state = TRANSITIONS[self.state, wanted]
        except KeyError:
            raise IllegalStateError(f"{self!r} is {self.state.value} and cannot become {wanted.value}") from None
        if not is_first:
            log.debug("%r was %s already when it %s", self, self.state.value, wanted.value)
        return is_first

    def _complete_future_and_fire_callbacks(self, error_of: Callable[[int], KafkaError | None]) -> None:
        """The result is set. Call the records' callbacks in the order of `send`, then let waiting threads go."""
        for index, callback in self._callbacks:
            error = error_of(index)
            metadata = self.result.metadata(index) if error is None else RecordMetadata(*self.topic_partition)
            call_back(callback, metadata, error)
        self._callbacks.clear()
        self.result.done()

    def __repr__(self) -> str:
        retries = f", {self.attempts} attempt{'' if self.attempts == 1 else 's'} in vain" if self.in_retry else ""
        state = "full" if not self.is_done and self.is_full else self.state.value
        records = "1 record" if self.record_count == 1 else f"{self.record_count} records"
        return f"<ProducerBatch {self.topic_partition}: {records}, {state}{retries}>"
