"""Produce: v3-13

Version notes:
* v7: batches may be compressed with zstd (KIP-110)
* v8: the answer says which records of a batch were at fault (KIP-467)
* v9: flexible
* v10: NOT_LEADER_OR_FOLLOWER comes with the leader's id, epoch and address (KIP-951)
* v11: TRANSACTION_ABORTABLE instead of INVALID_TXN_STATE
* v12: in a transaction, lets its partitions take part by itself, if the cluster has agreed to that (KIP-890)
* v13: topics are named by their ids

Behaviour:
* Each partition gets exactly one batch, of magic 2, and an error of its own. In the order of the checks:
  UNKNOWN_TOPIC_OR_PARTITION or UNKNOWN_TOPIC_ID; INVALID_RECORD or CORRUPT_MESSAGE for what is no batch;
  NOT_LEADER_OR_FOLLOWER; then what `log_validator` and the producer's sequence numbers say.
* acks must be 0, 1 or -1, else INVALID_REQUIRED_ACKS for all. 1 and -1 are the same here: there are no followers.
* acks=0 is not answered. If anything went wrong the connection is closed, which is the only way to tell.
* A batch that an idempotent producer sends again is answered as it was the first time.
* A batch of a transaction is appended if its partition takes part in the transaction, or may now.

Java: kafka.server.KafkaApis
"""

from collections.abc import Mapping
from typing import cast

from kafka_nio.broker import log_validator
from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.handlers.transaction_errors import as_told_by_leader
from kafka_nio.broker.partition import NO_LEADER
from kafka_nio.broker.partition_log import NO_OFFSET
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import CloseConnectionResponse, NoOpResponse, Request, Response, SendResponse
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import NONE, ApiError, InvalidRequiredAcksError, NotLeaderOrFollowerError
from kafka_nio.protocol.messages import (
    BatchIndexAndErrorMessage,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
    TopicProduceResponse,
)
from kafka_nio.spans import Stage, span

FIRST_VERSION_THAT_ADDS = 12
FIRST_VERSION_WITH_TOPIC_IDS = 13

ACKS_NONE, ACKS_LEADER, ACKS_ALL = 0, 1, -1


@span(Stage.BROKER, show="request")
def handle_produce_request(replicas: ReplicaManager, request: Request) -> Response:
    """Append each batch to its partition's log."""
    body = cast(ProduceRequest, request.body)
    if body.acks not in (ACKS_NONE, ACKS_LEADER, ACKS_ALL):
        return error_response(request, InvalidRequiredAcksError(f"acks must be 0, 1 or -1, and is {body.acks}"))
    topics = [_append_topic(replicas, body, data, request.version) for data in body.topics]
    return _answer(body, ProduceResponse(topics=topics, node_endpoints=_new_leaders(topics, replicas.cluster)))


def error_response(request: Request, error: ApiError) -> Response:
    """Refuse every batch of the request for the same reason."""
    body = cast(ProduceRequest, request.body)
    topics = [
        TopicProduceResponse(
            name=data.name,
            topic_id=data.topic_id,
            partitions=[_refused(partition.index, error) for partition in data.partitions],
        )
        for data in body.topics
    ]
    return _answer(body, ProduceResponse(topics=topics))


def _answer(body: ProduceRequest, response: ProduceResponse) -> Response:
    if body.acks != ACKS_NONE:
        return SendResponse(response)
    failed = [
        f"{topic.name!r}, partition {partition.index}: {partition.error_message!r}"
        for topic in response.topics
        for partition in topic.partitions
        if partition.error_code != NONE
    ]
    if failed:
        return CloseConnectionResponse(f"a Produce request with acks=0 failed ({'; '.join(failed)})")
    return NoOpResponse()


# One batch...


def _append_topic(
    replicas: ReplicaManager, body: ProduceRequest, data: TopicProduceData, version: int
) -> TopicProduceResponse:
    return TopicProduceResponse(
        name=data.name,
        topic_id=data.topic_id,
        partitions=[_append_partition(replicas, body, data, partition, version) for partition in data.partitions],
    )


def _append_partition(
    replicas: ReplicaManager, body: ProduceRequest, topic: TopicProduceData, data: PartitionProduceData, version: int
) -> PartitionProduceResponse:
    try:
        topic_partition = TopicPartition(_topic_name(replicas.cluster, topic, version), data.index)
        log = replicas.cluster.partition(topic_partition).log
        batch = log_validator.only_batch(data.records, version)
        may_add = version >= FIRST_VERSION_THAT_ADDS
        appended = replicas.append_records(topic_partition, batch, body.transactional_id, may_add=may_add)
    except NotLeaderOrFollowerError as error:
        return _refused(data.index, error, current_leader=_leader_of(replicas.cluster, topic_partition))
    except log_validator.RecordValidationError as failure:
        return _refused(data.index, failure.error, record_errors=failure.record_errors)
    except ApiError as error:
        return _refused(data.index, as_told_by_leader(version, error))
    return PartitionProduceResponse(
        index=data.index, base_offset=appended.first_offset, log_start_offset=log.start_offset
    )


def _topic_name(cluster: ClusterState, topic: TopicProduceData, version: int) -> str:
    by_id = version >= FIRST_VERSION_WITH_TOPIC_IDS
    return cluster.topic_by_id(topic.topic_id).name if by_id else topic.name


def _refused(
    index: int,
    error: ApiError,
    *,
    current_leader: LeaderIdAndEpoch | None = None,
    record_errors: Mapping[int, str] | None = None,
) -> PartitionProduceResponse:
    return PartitionProduceResponse(
        index=index,
        error_code=error.code,
        base_offset=NO_OFFSET,
        record_errors=[BatchIndexAndErrorMessage(*wrong) for wrong in (record_errors or {}).items()],
        error_message=str(error),
        current_leader=current_leader,
    )


# Who leads instead...


def _leader_of(cluster: ClusterState, topic_partition: TopicPartition) -> LeaderIdAndEpoch | None:
    partition = cluster.partition(topic_partition)
    if partition.leader == NO_LEADER:
        return None
    return LeaderIdAndEpoch(leader_id=partition.leader, leader_epoch=partition.leader_epoch)


def _new_leaders(topics: list[TopicProduceResponse], cluster: ClusterState) -> list[NodeEndpoint]:
    """The addresses of the leaders that the answer names, so that the client need not ask for them."""
    leaders = {
        partition.current_leader.leader_id
        for topic in topics
        for partition in topic.partitions
        if partition.error_code == NotLeaderOrFollowerError.code and partition.current_leader is not None
    }
    nodes = [cluster.node(leader) for leader in sorted(leaders)]
    return [NodeEndpoint(node_id=node.id, host=node.host, port=node.port) for node in nodes]
