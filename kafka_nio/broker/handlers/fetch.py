"""Fetch: v4-12

Version notes:
* v5: the answer names the log's start
* v7: fetch sessions (KIP-227): later requests name only what has changed
* v9: the client names the leader's epoch it believes in
* v12: flexible

Behaviour:
* Hands out whole batches, as they were produced, from the one that holds the wanted offset. The first batch is handed
  out even if it is larger than the limits, so that a consumer always gets on (KIP-74).
* Waits until there are min_bytes, or for max_wait_ms, without keeping anybody else waiting. An error in any partition
  is answered at once.
* A partition that is asked for more than once is read once, as it was asked for last.
* One answer holds no more than the broker's `fetch_max_bytes`.
* Keeps no fetch sessions. A client that asks for one gets session id 0, "a full fetch, and no session", as from a Kafka
  whose cache of sessions is full; a client that names one gets FETCH_SESSION_ID_NOT_FOUND and starts over.
* READ_COMMITTED hands out nothing behind the last stable offset, and names the aborted transactions, whose records the
  consumer has to skip.

Java: kafka.server.KafkaApis
"""

from collections.abc import Set
from dataclasses import dataclass, field
from typing import ClassVar, cast

from kafka_nio.broker.partition_log import NO_OFFSET, READ_COMMITTED, PartitionLog
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Outcome, Request, SendResponse
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import ApiError
from kafka_nio.protocol.messages import (
    FetchableTopicResponse,
    FetchPartition,
    FetchRequest,
    FetchResponse,
    PartitionData,
)
from kafka_nio.protocol.messages.fetch import AbortedTransaction
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.spans import Stage, span

NO_SESSION = 0


class FetchSessionIdNotFoundError(ApiError):
    """The client names a fetch session, and this broker keeps none."""

    code: ClassVar[int] = 70
    sentence = "The fetch session is not known."


@span(Stage.BROKER, show="request")
def handle_fetch_request(replicas: ReplicaManager, request: Request) -> Outcome:
    """Read each partition from the wanted offset, now or as soon as there is enough."""
    body = cast(FetchRequest, request.body)
    if body.session_id != NO_SESSION:
        return error_response(request, FetchSessionIdNotFoundError())
    fetch = DelayedFetch(replicas, body, replicas.clock.now_ms() + body.max_wait_ms)
    return fetch.complete() if body.max_wait_ms <= 0 or fetch.is_satisfied() else fetch


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give the whole request this error."""
    return SendResponse(FetchResponse(error_code=error.code))


@dataclass
class DelayedFetch:
    """A fetch that waits in the purgatory until there is enough to hand out."""

    replicas: ReplicaManager
    body: FetchRequest
    deadline_ms: float
    _wanted: dict[TopicPartition, FetchPartition] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._wanted = {
            TopicPartition(topic.topic, partition.partition): partition
            for topic in self.body.topics
            for partition in topic.partitions
        }

    @property
    def partitions(self) -> Set[TopicPartition]:
        """What it reads, and waits for."""
        return self._wanted.keys()

    def is_satisfied(self) -> bool:
        """Whether `min_bytes` are there, or a partition cannot be read, which the client should know at once."""
        size = 0
        try:
            for topic_partition, wanted in self._wanted.items():
                size += self._available(topic_partition, wanted)
        except ApiError:
            return True
        return size >= self.body.min_bytes

    def _available(self, topic_partition: TopicPartition, wanted: FetchPartition) -> int:
        log = self.replicas.led_partition(topic_partition, wanted.current_leader_epoch).log
        log.ensure_in_range(wanted.fetch_offset)
        end_offset = log.readable_end(self.body.isolation_level)
        return min(log.size_from(wanted.fetch_offset, end_offset), wanted.partition_max_bytes)

    @span(Stage.BROKER)
    def complete(self) -> SendResponse:
        """Read what is there."""
        reader = _Reader(self.replicas, self.body)
        topics: dict[str, FetchableTopicResponse] = {}
        for (name, _), wanted in self._wanted.items():
            topic = topics.setdefault(name, FetchableTopicResponse(topic=name, partitions=[]))
            topic.partitions.append(reader.read_partition(name, wanted))
        return SendResponse(FetchResponse(topics=list(topics.values())))


class _Reader:
    """Reads one partition after the other, and keeps count of the bytes that may still be handed out."""

    def __init__(self, replicas: ReplicaManager, body: FetchRequest) -> None:
        self._replicas = replicas
        self._left_bytes = min(body.max_bytes, replicas.config.fetch_max_bytes)
        self._is_empty = True
        self._isolation_level = body.isolation_level

    def read_partition(self, topic: str, wanted: FetchPartition) -> PartitionData:
        topic_partition = TopicPartition(topic, wanted.partition)
        try:
            log = self._replicas.led_partition(topic_partition, wanted.current_leader_epoch).log
            limit = min(wanted.partition_max_bytes, self._left_bytes)
            # Asked for once, before reading: what becomes stable meanwhile is for the next fetch.
            stable, end = log.last_stable_offset, log.readable_end(self._isolation_level)
            batches = log.read(wanted.fetch_offset, limit, at_least_one=self._is_empty, end_offset=end)
        except ApiError as error:
            return PartitionData(partition_index=wanted.partition, error_code=error.code, high_watermark=NO_OFFSET)
        self._count(batches)
        return PartitionData(
            partition_index=wanted.partition,
            high_watermark=log.end_offset,
            last_stable_offset=stable,
            log_start_offset=log.start_offset,
            aborted_transactions=self._aborted_transactions(log, wanted.fetch_offset, batches),
            records=b"".join(batch.buffer for batch in batches),
        )

    def _aborted_transactions(
        self, log: PartitionLog, offset: int, batches: list[RecordBatch]
    ) -> list[AbortedTransaction] | None:
        """Null says that the client did not ask for it; an empty list, that no transaction was aborted."""
        if self._isolation_level != READ_COMMITTED:
            return None
        end_offset = batches[-1].next_offset if batches else offset
        return [
            AbortedTransaction(producer_id=aborted.producer_id, first_offset=aborted.first_offset)
            for aborted in log.aborted_transactions(offset, end_offset)
        ]

    def _count(self, batches: list[RecordBatch]) -> None:
        self._left_bytes = max(0, self._left_bytes - sum(batch.size_in_bytes for batch in batches))
        self._is_empty = self._is_empty and not batches
