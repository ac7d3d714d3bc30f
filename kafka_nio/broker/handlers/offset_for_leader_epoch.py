"""OffsetForLeaderEpoch: v0-4

Version notes:
* v1: the answer names the epoch it is about
* v2: the client names the leader's epoch it believes in (KIP-320)

Behaviour:
* A consumer that finds a new leader asks where the records of the epoch it has read end here, to learn whether the log
  was cut behind its back. This log is never cut, so the answer is the place where the next epoch begins, or the log's
  end if there is none. An epoch that has not been yet: -1 and -1.

Java: kafka.server.KafkaApis
"""

from typing import cast

from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import ApiError
from kafka_nio.protocol.messages import (
    OffsetForLeaderEpochEndOffset,
    OffsetForLeaderEpochRequest,
    OffsetForLeaderEpochResponse,
    OffsetForLeaderPartition,
    OffsetForLeaderTopicResult,
)
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_offset_for_leader_epoch_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Say for each partition where an epoch ends."""
    topics = [
        OffsetForLeaderTopicResult(
            topic=topic.topic,
            partitions=[_end_of_epoch(replicas, topic.topic, wanted) for wanted in topic.partitions],
        )
        for topic in cast(OffsetForLeaderEpochRequest, request.body).topics
    ]
    return SendResponse(OffsetForLeaderEpochResponse(topics=topics))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give every partition asked for this error."""
    topics = [
        OffsetForLeaderTopicResult(
            topic=topic.topic, partitions=[_refused(wanted.partition, error) for wanted in topic.partitions]
        )
        for topic in cast(OffsetForLeaderEpochRequest, request.body).topics
    ]
    return SendResponse(OffsetForLeaderEpochResponse(topics=topics))


def _end_of_epoch(
    replicas: ReplicaManager, topic: str, wanted: OffsetForLeaderPartition
) -> OffsetForLeaderEpochEndOffset:
    topic_partition = TopicPartition(topic, wanted.partition)
    try:
        partition = replicas.led_partition(topic_partition, wanted.current_leader_epoch)
    except ApiError as error:
        return _refused(wanted.partition, error)
    if not 0 <= wanted.leader_epoch <= partition.leader_epoch:
        return OffsetForLeaderEpochEndOffset(partition=wanted.partition)
    return OffsetForLeaderEpochEndOffset(
        partition=wanted.partition,
        leader_epoch=wanted.leader_epoch,
        end_offset=partition.end_of_epoch(wanted.leader_epoch),
    )


def _refused(index: int, error: ApiError) -> OffsetForLeaderEpochEndOffset:
    return OffsetForLeaderEpochEndOffset(partition=index, error_code=error.code)
