"""From a Metadata answer to a `Cluster`, believing only what is not older than what we know.

Brokers learn of a new leader one after the other, so an answer may describe the past. Each change of leader raises the
partition's *leader epoch*, and a partition described with a smaller epoch than the one we know stays as it was
(KIP-320). Answers below version 9 carry epochs that are not reliable; they are not looked at.

Java: org.apache.kafka.clients.Metadata.handleMetadataResponse, MetadataSnapshot.mergeWith
"""

from dataclasses import dataclass, replace
from uuid import UUID

from kafka_nio.cluster import NO_LEADER_EPOCH, Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.errors import ApiError, InvalidTopicError, TopicAuthorizationFailedError, error_for
from kafka_nio.protocol.messages import MetadataResponse, MetadataResponsePartition, MetadataResponseTopic
from kafka_nio.quoting import quoted

NO_TOPIC_ID = UUID(int=0)

FIRST_VERSION_WITH_RELIABLE_EPOCHS = 9


@dataclass(frozen=True, slots=True)
class ClusterUpdate:
    """What one answer says: the cluster, which topics it is about, which of them are in error.

    `is_incomplete` says that it should be asked again: a leader is being elected, a topic is not known everywhere yet.
    """

    cluster: Cluster
    answered_topics: frozenset[str]
    topic_errors: dict[str, ApiError]
    is_incomplete: bool


def read_cluster(
    response: MetadataResponse, api_version: int, known: Cluster, retained_topics: frozenset[str]
) -> ClusterUpdate:
    """Read an answer in the light of what is known; topics that are not retained are left out."""
    nodes = {
        broker.node_id: Node(broker.node_id, quoted(broker.host), broker.port, broker.rack)
        for broker in response.brokers
    }
    topics = {topic.name: topic for topic in response.topics if topic.name is not None}
    topic_errors = {name: error for name, topic in topics.items() if (error := _error_of(topic))}
    partitions: dict[TopicPartition, PartitionInfo] = {}
    is_incomplete = any(error.refreshes_metadata for error in topic_errors.values())
    for name in topics.keys() & retained_topics - topic_errors.keys():
        for partition in topics[name].partitions:
            info = _partition_info(topics[name], partition, nodes)
            if api_version < FIRST_VERSION_WITH_RELIABLE_EPOCHS:
                info = replace(info, leader_epoch=NO_LEADER_EPOCH)
            partitions[TopicPartition(name, info.partition)] = _newer(info, known, topics[name].topic_id)
            error = error_for(partition.error_code)
            is_incomplete |= error is not None and error.refreshes_metadata
    cluster = Cluster(
        nodes=tuple(nodes.values()),
        partitions=partitions,
        cluster_id=response.cluster_id,
        controller=nodes.get(response.controller_id),
        unauthorized_topics=_with(topic_errors, TopicAuthorizationFailedError),
        invalid_topics=_with(topic_errors, InvalidTopicError),
        topic_ids={name: topic.topic_id for name, topic in topics.items() if topic.topic_id != NO_TOPIC_ID},
    )
    return ClusterUpdate(cluster, frozenset(topics), topic_errors, is_incomplete)


def merge(known: Cluster, update: ClusterUpdate) -> Cluster:
    """What is known, with the topics of an answer that was about those alone."""
    other = {tp: info for tp, info in known.partitions.items() if tp.topic not in update.answered_topics}
    return replace(
        update.cluster,
        partitions=other | dict(update.cluster.partitions),
        topic_ids=dict(known.topic_ids) | dict(update.cluster.topic_ids),
        unauthorized_topics=known.unauthorized_topics - update.answered_topics | update.cluster.unauthorized_topics,
        invalid_topics=known.invalid_topics - update.answered_topics | update.cluster.invalid_topics,
    )


def _error_of(topic: MetadataResponseTopic) -> ApiError | None:
    error = error_for(topic.error_code)
    return type(error)(f"topic {topic.name!r}: {error}") if error is not None else None


def _partition_info(
    topic: MetadataResponseTopic, partition: MetadataResponsePartition, nodes: dict[int, Node]
) -> PartitionInfo:
    return PartitionInfo(
        topic.name or "",
        partition.partition_index,
        leader=nodes.get(partition.leader_id),
        leader_epoch=partition.leader_epoch,
        replicas=tuple(partition.replica_nodes),
        in_sync_replicas=tuple(partition.isr_nodes),
        offline_replicas=tuple(partition.offline_replicas),
    )


def _newer(info: PartitionInfo, known: Cluster, topic_id: UUID) -> PartitionInfo:
    before = known.partition(TopicPartition(info.topic, info.partition))
    if before is None or NO_LEADER_EPOCH in (before.leader_epoch, info.leader_epoch):
        return info
    was_created_again = known.topic_ids.get(info.topic, topic_id) != topic_id
    return info if was_created_again or info.leader_epoch >= before.leader_epoch else before


def _with(topic_errors: dict[str, ApiError], kind: type[ApiError]) -> frozenset[str]:
    return frozenset(topic for topic, error in topic_errors.items() if isinstance(error, kind))
