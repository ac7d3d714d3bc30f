"""ListOffsets: v1-7

Version notes:
* v4: the client names the leader's epoch it believes in, and is told that of the offset
* v7: asks for the record with the highest timestamp (KIP-734)

Behaviour:
* -2 is the first offset, -1 the next one that will be written, -3 that of the record with the highest timestamp; any
  other number is a timestamp, and the answer is the first record that is not older. None found: offset -1, no error.
* A partition that is named more than once: INVALID_REQUEST, each time.
* To a READ_COMMITTED consumer the log ends where the oldest open transaction begins: nothing behind it is found.

Java: kafka.server.KafkaApis
"""

from collections import Counter
from collections.abc import Set
from typing import cast

from kafka_nio.broker.partition import Partition
from kafka_nio.broker.partition_log import NO_OFFSET, NO_TIMESTAMP, TimestampAndOffset
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import ApiError, InvalidRequestError
from kafka_nio.protocol.messages import (
    ListOffsetsPartition,
    ListOffsetsPartitionResponse,
    ListOffsetsRequest,
    ListOffsetsResponse,
    ListOffsetsTopic,
    ListOffsetsTopicResponse,
)
from kafka_nio.protocol.messages.list_offsets import EARLIEST_TIMESTAMP, LATEST_TIMESTAMP, MAX_TIMESTAMP
from kafka_nio.spans import Stage, span

NOTHING_FOUND = TimestampAndOffset(NO_TIMESTAMP, NO_OFFSET)


@span(Stage.BROKER, show="request")
def handle_list_offsets_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Find an offset for each partition: the first, the next, or the one that belongs to a time."""
    body = cast(ListOffsetsRequest, request.body)
    repeated = _repeated(body)
    topics = [
        ListOffsetsTopicResponse(
            name=topic.name,
            partitions=[_answered(replicas, topic, partition, body, repeated) for partition in topic.partitions],
        )
        for topic in body.topics
    ]
    return SendResponse(ListOffsetsResponse(topics=topics))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give every partition asked for this error."""
    topics = [
        ListOffsetsTopicResponse(
            name=topic.name,
            partitions=[_refused(partition.partition_index, error) for partition in topic.partitions],
        )
        for topic in cast(ListOffsetsRequest, request.body).topics
    ]
    return SendResponse(ListOffsetsResponse(topics=topics))


def _repeated(body: ListOffsetsRequest) -> Set[TopicPartition]:
    """What is asked for more than once: a search may take a while, and a name is short. Java: duplicatePartitions."""
    named = Counter(
        TopicPartition(topic.name, partition.partition_index) for topic in body.topics for partition in topic.partitions
    )
    return {topic_partition for topic_partition, times in named.items() if times > 1}


def _answered(
    replicas: ReplicaManager,
    topic: ListOffsetsTopic,
    wanted: ListOffsetsPartition,
    body: ListOffsetsRequest,
    repeated: Set[TopicPartition],
) -> ListOffsetsPartitionResponse:
    topic_partition = TopicPartition(topic.name, wanted.partition_index)
    if topic_partition in repeated:
        return _refused(wanted.partition_index, InvalidRequestError())
    try:
        partition = replicas.led_partition(topic_partition, wanted.current_leader_epoch)
    except ApiError as error:
        return _refused(wanted.partition_index, error)
    end_offset = partition.log.readable_end(body.isolation_level)
    found = _offset_for(wanted.timestamp, partition, end_offset)
    return ListOffsetsPartitionResponse(
        partition_index=wanted.partition_index,
        timestamp=found.timestamp_ms,
        offset=found.offset,
        leader_epoch=found.leader_epoch,
    )


def _offset_for(timestamp_ms: int, partition: Partition, end_offset: int) -> TimestampAndOffset:
    log = partition.log
    if timestamp_ms == LATEST_TIMESTAMP:
        return TimestampAndOffset(NO_TIMESTAMP, end_offset, partition.leader_epoch)
    if timestamp_ms == EARLIEST_TIMESTAMP:
        return TimestampAndOffset(NO_TIMESTAMP, log.start_offset, log.first_leader_epoch)
    by_time = log.with_highest_timestamp() if timestamp_ms == MAX_TIMESTAMP else log.first_at_or_after(timestamp_ms)
    return by_time if by_time is not None and by_time.offset < end_offset else NOTHING_FOUND


def _refused(index: int, error: ApiError) -> ListOffsetsPartitionResponse:
    return ListOffsetsPartitionResponse(
        partition_index=index, error_code=error.code, timestamp=NO_TIMESTAMP, offset=NO_OFFSET
    )
