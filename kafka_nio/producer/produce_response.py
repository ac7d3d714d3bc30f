"""What the end of a Produce request means for the batches that were in it: success, another attempt, or failure.

A request can end without an answer: the connection was lost, the answer took too long, the broker speaks no version of
Produce that we do. Each becomes the error code that a broker would have sent, so that below there is one path for all.

The rules, for each batch:

- No error: the records have their offsets. So too if the broker says that it had the batch already, but then it does
  not say where.
- An error that may pass, time left and attempts left: back into the queue, at its head.
- The batch is too large: it is split, and its parts go back into the queue. No attempt is used up by this.
- Any other error: the records' callers are told.
- Whatever the error, if it means that we asked the wrong broker, ask for metadata; and if the broker names the right
  one, believe it, and do not let the batch wait for its backoff (KIP-951).
- Whatever the outcome, the partition may be sent to again.

Java: org.apache.kafka.clients.producer.internals.Sender
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from kafka_nio.client.metadata import Metadata
from kafka_nio.client.partition_leadership import LeaderIdAndEpoch
from kafka_nio.client.requests import ClientResponse
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import (
    ApiError,
    DuplicateSequenceNumberError,
    InvalidMetadataError,
    InvalidRecordError,
    InvalidRequestError,
    KafkaError,
    NetworkExceptionError,
    RecordTooLargeError,
    RequestTimedOutError,
    TopicAuthorizationFailedError,
    UnknownServerError,
    UnsupportedVersionError,
    error_for,
)
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.futures import ErrorOf, same_for_all
from kafka_nio.producer.in_flight_batches import InFlightBatches
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender_metrics import SenderMetrics
from kafka_nio.protocol.messages import PartitionProduceResponse, ProduceResponse
from kafka_nio.quoting import quoted
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)


class ProduceResponses:
    """Decides what becomes of batches that were sent. Belongs to the sender's thread.

    Args:
        accumulator: where batches go back to, and where their memory is given back.
        metadata: whom to tell that our view of the cluster is out of date.
        in_flight: which batches are under way.
        guarantee_message_order: whether partitions were muted when their batches were drained.
        retries: how often a batch may be sent again.
        metrics: where records, errors and retries are counted.
        sequences: what an answer means for the batches' numbers; None if they have none.
    """

    def __init__(
        self,
        *,
        accumulator: RecordAccumulator,
        metadata: Metadata,
        in_flight: InFlightBatches,
        guarantee_message_order: bool,
        retries: int,
        metrics: SenderMetrics,
        sequences: BatchSequences | None = None,
    ) -> None:
        self._accumulator = accumulator
        self._metadata = metadata
        self._in_flight = in_flight
        self._guarantee_message_order = guarantee_message_order
        self._retries = retries
        self._metrics = metrics
        self._sequences = sequences

    # A request has ended...

    @span(Stage.COMPLETE, show="response")
    def handle_produce_response(
        self, response: ClientResponse, batches: Iterable[ProducerBatch], topic_names: Mapping[UUID, str], now_ms: int
    ) -> None:
        """Find out how the request ended for each of its batches.

        Args:
            batches: those that were in the request, one a partition.
            topic_names: the topics by their ids, as they were when the request was made.
        """
        answers = dict(_answers(response, topic_names))
        for batch in batches:
            answer = answers.get(batch.topic_partition) or _without_answer(response, batch)
            self.complete_batch(batch, answer, now_ms)
        if leaders := _current_leaders(answers):
            self._metadata.update_partition_leadership(leaders, _endpoints(response))

    @span(Stage.COMPLETE, show="batch answer")
    def complete_batch(self, batch: ProducerBatch, answer: PartitionProduceResponse, now_ms: int) -> None:
        """Decide what becomes of a batch, and let its partition be sent to again."""
        error = error_for(answer.error_code, answer.error_message)
        self._in_flight.remove(batch)
        if error is None or isinstance(error, DuplicateSequenceNumberError):
            self._succeed(batch, answer)
        elif isinstance(error, RecordTooLargeError) and batch.record_count > 1 and not batch.is_done:
            self._split(batch, error)
        elif self.can_retry(batch, error, answer, now_ms):
            self._retry(batch, error, now_ms)
        else:
            # An error that may pass may have come after the writing: it ends here for want of time, or of attempts.
            is_certain = not error.retriable and batch.attempts < self._retries
            self.fail_batch(batch, *_errors(batch, answer, error), is_certain=is_certain)
        if error is not None and error.refreshes_metadata:
            self._metadata.request_update()
        if self._guarantee_message_order:
            self._accumulator.unmute_partition(batch.topic_partition)

    @span(Stage.COMPLETE, show="batch error return")
    @decision("return", "batch.attempts self._retries is_done is_too_late error.retriable")
    def can_retry(self, batch: ProducerBatch, error: ApiError, answer: PartitionProduceResponse, now_ms: int) -> bool:
        """Whether another attempt may help, is allowed, and would still be of use to somebody."""
        is_too_late = batch.has_reached_delivery_timeout(self._accumulator.delivery_timeout_ms, now_ms)
        is_done = batch.is_done
        if batch.attempts >= self._retries or is_done or is_too_late:
            return False
        return error.retriable if self._sequences is None else self._sequences.can_retry(batch, error, answer)

    def _succeed(self, batch: ProducerBatch, answer: PartitionProduceResponse) -> None:
        if self._sequences is not None:
            self._sequences.succeeded(batch, answer.base_offset)
        batch.complete(answer.base_offset, answer.log_append_time_ms)
        self._accumulator.deallocate(batch)

    def _retry(self, batch: ProducerBatch, error: ApiError, now_ms: int) -> None:
        left = self._retries - batch.attempts - 1
        log.warning("%r failed and will be sent again (%d attempts left): %s", batch, left, error)
        self._metrics.record_retries(batch)
        self._accumulator.reenqueue(batch, error, now_ms)

    def _split(self, batch: ProducerBatch, error: RecordTooLargeError) -> None:
        parts = self._accumulator.split_and_reenqueue(batch)
        log.warning("%r goes on as %d smaller ones: %s", batch, len(parts), error)
        self._metrics.record_batch_split()
        self._accumulator.deallocate(batch)

    @span(Stage.COMPLETE, show="batch error")
    def fail_batch(self, batch: ProducerBatch, error: KafkaError, error_of: ErrorOf, *, is_certain: bool) -> None:
        """Tell the records' callers why they are not on the broker.

        Args:
            error: of the batch as a whole.
            error_of: of each record.
            is_certain: whether it is certain that they are not.
        """
        if self._tell(batch, error, error_of) and self._sequences is not None:
            if is_certain:
                self._sequences.failed(batch, error, is_certain=True)
            else:
                self._sequences.expired(batch, error)
        self._accumulator.deallocate(batch)

    def expire_batch(self, batch: ProducerBatch, error: KafkaError, *, keep_memory: bool = False) -> None:
        """Tell the records' callers that their time is over.

        Args:
            keep_memory: the batch is still on its way to a broker, so its memory is not free yet.
        """
        if self._tell(batch, error, same_for_all(error)) and self._sequences is not None:
            self._sequences.expired(batch, error)
        if not keep_memory:
            self._accumulator.deallocate(batch)

    def _tell(self, batch: ProducerBatch, error: KafkaError, error_of: ErrorOf) -> bool:
        if not batch.complete_exceptionally(error_of):
            return False
        log.debug("%r failed: %s", batch, error)
        self._metrics.record_errors(batch)
        return True


# Reading the answer...


def _answers(
    response: ClientResponse, topic_names: Mapping[UUID, str]
) -> Iterator[tuple[TopicPartition, PartitionProduceResponse]]:
    """The answer's parts by partition. From version 13 on it names topics by their ids only."""
    if isinstance(response.response, ProduceResponse):
        for topic in response.response.topics:
            name = topic.name or topic_names.get(topic.topic_id, "")
            for partition in topic.partitions:
                yield TopicPartition(name, partition.index), partition


def _current_leaders(
    answers: Mapping[TopicPartition, PartitionProduceResponse],
) -> dict[TopicPartition, LeaderIdAndEpoch]:
    """Who leads the partitions whose batches went to the wrong broker, if that broker knows (KIP-951)."""
    return {
        topic_partition: LeaderIdAndEpoch(answer.current_leader.leader_id, answer.current_leader.leader_epoch)
        for topic_partition, answer in answers.items()
        if answer.current_leader is not None and isinstance(error_for(answer.error_code), InvalidMetadataError)
    }


def _endpoints(response: ClientResponse) -> list[Node]:
    """The addresses of those leaders."""
    assert isinstance(response.response, ProduceResponse)
    endpoints = response.response.node_endpoints
    return [Node(node.node_id, quoted(node.host), node.port, node.rack) for node in endpoints]


def _without_answer(response: ClientResponse, batch: ProducerBatch) -> PartitionProduceResponse:
    """What a broker would have answered, had it been able to."""
    if response.timed_out:
        error, reason = RequestTimedOutError.code, response.failure
    elif response.disconnected:
        error, reason = NetworkExceptionError.code, response.failure
    elif response.version_mismatch is not None:
        is_mismatch = isinstance(response.version_mismatch, UnsupportedVersionError)
        error = UnsupportedVersionError.code if is_mismatch else InvalidRequestError.code
        reason = str(response.version_mismatch)
    elif response.response is None:
        # acks=0: the last byte has left, and more will never be known.
        return PartitionProduceResponse(index=batch.topic_partition.partition)
    else:
        error, reason = UnknownServerError.code, f"The broker's answer says nothing about {batch.topic_partition}."
    return PartitionProduceResponse(index=batch.topic_partition.partition, error_code=error, error_message=reason)


def _errors(batch: ProducerBatch, answer: PartitionProduceResponse, error: ApiError) -> tuple[KafkaError, ErrorOf]:
    """The error of the batch, and the error of each record (KIP-467: an answer may name the records at fault)."""
    if isinstance(error, TopicAuthorizationFailedError):
        error = TopicAuthorizationFailedError(f"Not authorized to write to topic {batch.topic_partition.topic}.")
    if isinstance(error, RecordTooLargeError):
        size = len(batch.close())
        error = RecordTooLargeError(f"{error} It takes {size} bytes; max.message.bytes of the topic allows fewer.")
    if not answer.record_errors:
        return error, same_for_all(error)
    # One code for the whole batch cannot tell several faults apart, so its type is right for a single fault only.
    kind = type(error) if len(answer.record_errors) == 1 else InvalidRecordError
    at_fault = {
        record.batch_index: kind(quoted(record.batch_index_error_message or str(error)))
        for record in answer.record_errors
    }
    innocent = InvalidRecordError("The record was in a batch with records that the broker refused; it was not written.")
    return error, lambda index: at_fault.get(index, innocent)
