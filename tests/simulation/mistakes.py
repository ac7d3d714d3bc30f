"""Mistakes that somebody could make in the producer. A simulation that does not find them is worth nothing."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import KafkaError
from kafka_nio.producer import produce_response
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.in_flight_batches import InFlightBatches
from kafka_nio.producer.pending_requests import PendingRequests
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.sequence_numbers import TxnPartitionEntry
from kafka_nio.producer.transactional_requests import TransactionalRequests
from kafka_nio.producer.txn_request_handler import TxnRequestHandler
from kafka_nio.protocol.messages import PartitionProduceResponse


@dataclass(frozen=True, slots=True)
class Mistake:
    """`wrong` in place of `owner.name`.

    One of the promises that are broken then has `symptom` in its sentence, and in the history of `seed` it is broken.
    """

    what: str
    owner: Any
    name: str
    wrong: Callable[..., Any]
    symptom: str
    seed: int = 0


def last_place(self: RecordAccumulator, queue: deque[ProducerBatch], batch: ProducerBatch) -> int:
    return len(queue)


_assign = TxnPartitionEntry.assign_sequence


def same_number_again(self: TxnPartitionEntry, batch: ProducerBatch, is_transactional: bool) -> None:
    before = self.next_sequence
    _assign(self, batch, is_transactional)
    self.next_sequence = before


_complete = ProducerBatch._complete_future_and_fire_callbacks


def all_callbacks_but_the_last(self: ProducerBatch, error_of: Callable[[int], KafkaError | None]) -> None:
    if len(self._callbacks) > 1:
        self._callbacks.pop()
    _complete(self, error_of)


_deallocate = RecordAccumulator.deallocate


def keep_memory_of_what_was_retried(self: RecordAccumulator, batch: ProducerBatch) -> None:
    if batch.in_retry:
        batch.reserved_bytes = 0
    _deallocate(self, batch)


_without_answer = produce_response._without_answer


def lost_means_written(response: Any, batch: ProducerBatch) -> PartitionProduceResponse:
    if response.disconnected:
        return PartitionProduceResponse(index=batch.topic_partition.partition)
    return _without_answer(response, batch)


def never_unmuted(self: RecordAccumulator, topic_partition: TopicPartition) -> None:
    return


_send_producer_data = Sender.send_producer_data


def never_sleeps(self: Sender, now_ms: int) -> float:
    return min(_send_producer_data(self, now_ms), 0)


def end_does_not_wait(self: PendingRequests, has_batches: bool) -> TxnRequestHandler | None:
    return _take(self, False)


_take = PendingRequests.take


def every_error_begins_anew(
    self: BatchSequences, batch: ProducerBatch, error: KafkaError, answer: PartitionProduceResponse
) -> bool:
    self._request_epoch_bump(self._partitions[batch.topic_partition])
    return True


def none_stays(self: BatchSequences, batch: ProducerBatch) -> bool:
    """As in Java."""
    return False


def no_batch_expires_under_way(self: InFlightBatches, now_ms: int) -> list[ProducerBatch]:
    return []


def newest_first(self: InFlightRequests, node: str) -> Any:
    return self._queue(node).popleft()


def forgets_what_was_lost(self: InFlightRequests, node: str) -> list[Any]:
    return list(reversed(self._requests.pop(node, deque())))[1:]


def waits_for_what_never_comes(self: TransactionalRequests) -> bool:
    """As it was before a simulation found it."""
    state = self._transactions.state
    if not self._transactions.is_transactional or not state.has_ongoing_transaction:
        return False
    if state.is_completing or self._transactions.has_pending_requests:
        return True
    self._transactions.begin_abort()
    return True


def keeps_what_is_under_way(self: RecordAccumulator, error: KafkaError) -> int:
    """As it was before a simulation found it."""
    return self.abort_batches(error)


_fail_batch = produce_response.ProduceResponses.fail_batch


def every_failure_is_certain(
    self: produce_response.ProduceResponses, batch: ProducerBatch, error: KafkaError, error_of: Any, *, is_certain: bool
) -> None:
    """As it was, for what can be retried, before a simulation found it."""
    _fail_batch(self, batch, error, error_of, is_certain=True)


MISTAKES = (
    Mistake("a batch that comes back is put last", RecordAccumulator, "_place_in", last_place, "stands before", 333),
    Mistake("a number is used twice", TxnPartitionEntry, "assign_sequence", same_number_again, "is lost", 1),
    Mistake(
        "a callback is forgotten",
        ProducerBatch,
        "_complete_future_and_fire_callbacks",
        all_callbacks_but_the_last,
        "was called 0 times",
    ),
    Mistake(
        "memory of a retried batch is kept",
        RecordAccumulator,
        "deallocate",
        keep_memory_of_what_was_retried,
        "of the buffer pool are missing",
        8,
    ),
    Mistake(
        "a lost connection counts as a success", produce_response, "_without_answer", lost_means_written, "is lost", 25
    ),
    Mistake("a partition stays muted", RecordAccumulator, "unmute_partition", never_unmuted, "all was well again", 63),
    Mistake("the loop never sleeps", Sender, "send_producer_data", never_sleeps, "spins", 1),
    Mistake("the end of a transaction does not wait", PendingRequests, "take", end_does_not_wait, "nothing should", 19),
    Mistake("every error begins a new epoch", BatchSequences, "can_retry", every_error_begins_anew, "written 2", 32),
    Mistake(
        "the first batch does not go alone", BatchSequences, "must_stay", none_stays, "because of its number", 1039
    ),
    Mistake(
        "a batch that may have been written gives its number back",
        produce_response.ProduceResponses,
        "fail_batch",
        every_failure_is_certain,
        "is lost",
        8638,
    ),
    Mistake("nothing expires under way", InFlightBatches, "expired", no_batch_expires_under_way, "no outcome for", 1),
    Mistake("an answer goes to the newest request", InFlightRequests, "complete_next", newest_first, "is lost", 25),
    Mistake(
        "the first request of a lost connection is forgotten",
        InFlightRequests,
        "clear_all",
        forgets_what_was_lost,
        "and no end",
        114,
    ),
    Mistake(
        "a close waits for partitions that nobody will add",
        TransactionalRequests,
        "has_work_left",
        waits_for_what_never_comes,
        "and no end",
        456,
    ),
    Mistake(
        "a close forgets the memory of what is under way",
        RecordAccumulator,
        "abort_incomplete_batches",
        keeps_what_is_under_way,
        "of the buffer pool are missing",
        7,
    ),
)
