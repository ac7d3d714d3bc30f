"""Metadata: v0-13

Version notes:
* v0: an empty list of topics asks for all of them; from v1 it asks for none, and null asks for all
* v4: the client says whether topics may be made; before that they may
* v10: topics have ids; v12: and may be asked for by id

Behaviour:
* Names every broker as clients can reach it, and the topics asked for.
* A topic that is not there is made at once, if the client and the cluster allow it, and the answer is complete. Kafka
  makes it in the background and meanwhile answers UNKNOWN_TOPIC_OR_PARTITION or LEADER_NOT_AVAILABLE once or twice; to
  see how a client takes that, order a fault.
* A topic that is asked for more than once is described once.
* An id that no topic has: UNKNOWN_TOPIC_ID. A name that no topic may have: INVALID_TOPIC_EXCEPTION.

Java: kafka.server.KafkaApis
"""

from collections.abc import Iterable
from typing import cast

from kafka_nio.broker.cluster_state import ClusterState, Topic
from kafka_nio.broker.partition import NO_LEADER, Partition
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.errors import ApiError, InvalidRequestError, LeaderNotAvailableError
from kafka_nio.protocol.messages import (
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kafka_nio.spans import Stage, span

FIRST_VERSION_WITH_NULL_FOR_ALL_TOPICS = 1
FIRST_VERSION_BY_TOPIC_ID = 12


@span(Stage.BROKER, show="request")
def handle_metadata_request(replicas: ReplicaManager, request: Request) -> SendResponse:
    """Describe the cluster and the topics asked for."""
    body = cast(MetadataRequest, request.body)
    if _asks_by_id_too_early(body, request.version):
        return error_response(request, InvalidRequestError())
    if _asks_for_all_topics(body, request.version):
        topics = [_described(topic) for topic in replicas.cluster.topics]
    else:
        topics = [_looked_up(wanted, replicas.cluster, body) for wanted in _each_once(body)]
    return SendResponse(_response(replicas.cluster, topics))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Give every topic asked for this error. Says nothing about brokers."""
    topics = [_refused(wanted, error) for wanted in _each_once(cast(MetadataRequest, request.body))]
    return SendResponse(MetadataResponse(topics=topics))


def _asks_for_all_topics(body: MetadataRequest, version: int) -> bool:
    return body.topics is None or (version < FIRST_VERSION_WITH_NULL_FOR_ALL_TOPICS and not body.topics)


def _asks_by_id_too_early(body: MetadataRequest, version: int) -> bool:
    return version < FIRST_VERSION_BY_TOPIC_ID and any(wanted.name is None for wanted in body.topics or ())


def _each_once(body: MetadataRequest) -> Iterable[MetadataRequestTopic]:
    return {(wanted.name, wanted.topic_id): wanted for wanted in body.topics or ()}.values()


def _looked_up(wanted: MetadataRequestTopic, cluster: ClusterState, body: MetadataRequest) -> MetadataResponseTopic:
    try:
        if wanted.name is None:
            return _described(cluster.topic_by_id(wanted.topic_id))
        return _described(cluster.topic_or_create(wanted.name, may_create=body.allow_auto_topic_creation))
    except ApiError as error:
        return _refused(wanted, error)


def _response(cluster: ClusterState, topics: list[MetadataResponseTopic]) -> MetadataResponse:
    return MetadataResponse(
        brokers=[MetadataResponseBroker(node.id, node.host, node.port, node.rack) for node in cluster.nodes],
        cluster_id=cluster.cluster_id,
        controller_id=cluster.controller.id,
        topics=topics,
    )


def _described(topic: Topic) -> MetadataResponseTopic:
    return MetadataResponseTopic(
        name=topic.name,
        topic_id=topic.id,
        partitions=[_described_partition(partition) for partition in topic.partitions],
    )


def _described_partition(partition: Partition) -> MetadataResponsePartition:
    if partition.leader == NO_LEADER:
        return MetadataResponsePartition(
            error_code=LeaderNotAvailableError.code,
            partition_index=partition.index,
            leader_id=NO_LEADER,
            leader_epoch=partition.leader_epoch,
        )
    return MetadataResponsePartition(
        partition_index=partition.index,
        leader_id=partition.leader,
        leader_epoch=partition.leader_epoch,
        replica_nodes=[partition.leader],
        isr_nodes=[partition.leader],
    )


def _refused(wanted: MetadataRequestTopic, error: ApiError) -> MetadataResponseTopic:
    return MetadataResponseTopic(error_code=error.code, name=wanted.name or "", topic_id=wanted.topic_id)
