"""TxnOffsetCommit: v0-5

Version notes:
* v3: flexible; the consumer says which member of its group it is (KIP-447)
* v4: TRANSACTION_ABORTABLE
* v5: lets the group's offsets take part by itself, if the cluster has agreed to that (KIP-890)

Behaviour:
* Keeps the offsets until the transaction ends, if they take part in it.
* UNKNOWN_TOPIC_OR_PARTITION for a partition that is not there; the others are taken.
* Groups have no members here, so nobody is refused for being the wrong one; to see that, order a fault.

Java: kafka.server.KafkaApis
"""

from collections.abc import Callable
from typing import cast

from kafka_nio.broker.group_coordinator import OFFSETS_PARTITION, OffsetAndMetadata
from kafka_nio.broker.handlers.transaction_errors import as_known_to
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import NONE, ApiError, UnknownTopicOrPartitionError
from kafka_nio.protocol.messages import (
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitResponse,
    TxnOffsetCommitResponsePartition,
    TxnOffsetCommitResponseTopic,
)
from kafka_nio.spans import Stage, span

FIRST_VERSION_THAT_ADDS = 5


@span(Stage.BROKER, show="request")
def handle_txn_offset_commit_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Keep the offsets of a group until the producer's transaction ends."""
    body = cast(TxnOffsetCommitRequest, request.body)
    offsets = {
        TopicPartition(topic.name, partition.partition_index): _offset(partition)
        for topic in body.topics
        for partition in topic.partitions
    }
    known = {partition: offset for partition, offset in offsets.items() if replicas.cluster.has_partition(partition)}
    producer = ProducerIdAndEpoch(body.producer_id, body.producer_epoch)
    try:
        replicas.groups.seat.ensure_taken_by(replicas.node_id)
        may_add = request.version >= FIRST_VERSION_THAT_ADDS
        with replicas.transactions.kept_open(body.transactional_id, producer, OFFSETS_PARTITION, may_add=may_add):
            replicas.groups.hold_pending(body.producer_id, body.group_id, known)
    except ApiError as error:
        return error_response(request, error)
    return _answer(body, lambda partition: NONE if partition in known else UnknownTopicOrPartitionError.code)


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give every partition this error."""
    told = as_known_to(request.api, request.version, error)
    return _answer(cast(TxnOffsetCommitRequest, request.body), lambda partition: told.code)


def _offset(partition: TxnOffsetCommitRequestPartition) -> OffsetAndMetadata:
    return OffsetAndMetadata(partition.committed_offset, partition.committed_metadata, partition.committed_leader_epoch)


def _answer(body: TxnOffsetCommitRequest, code_of: Callable[[TopicPartition], int]) -> SendResponse:
    topics = [
        TxnOffsetCommitResponseTopic(
            name=topic.name,
            partitions=[
                TxnOffsetCommitResponsePartition(
                    partition.partition_index, code_of(TopicPartition(topic.name, partition.partition_index))
                )
                for partition in topic.partitions
            ],
        )
        for topic in body.topics
    ]
    return SendResponse(TxnOffsetCommitResponse(topics=topics))
