"""What all brokers of a cluster agree on: who they are, which topics there are, who leads which partition.

In Kafka the controllers agree on this and every broker keeps a copy, its metadata cache. Here all brokers live in one
process, so they share one `ClusterState`, and a change is known everywhere at once.

Left out against Java: replicas other than the leader, deletion of topics, topic configuration.

Java: kafka.server.metadata.KRaftMetadataCache
"""

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from uuid import NAMESPACE_OID, UUID, uuid5

from kafka_nio.broker.client_metrics import ClientMetricsManager
from kafka_nio.broker.features import LATEST_TRANSACTION_VERSION, ClusterFeatures
from kafka_nio.broker.partition import Partition
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import InvalidTopicError, UnknownTopicIdError, UnknownTopicOrPartitionError

CLUSTER_ID = "kafka-nio"

FIRST_PRODUCER_ID = 1000
"""Producer ids count up from here, so that in a recording they are not taken for anything else."""

MAX_TOPIC_NAME_LENGTH = 249
"""Kafka makes a folder of a topic's name and a partition's number, and file systems stop at 255 characters."""

_TOPIC_NAME = re.compile(rf"[a-zA-Z0-9._-]{{1,{MAX_TOPIC_NAME_LENGTH}}}")


def check_topic_name(name: str) -> None:
    """Refuse a name that no topic may have.

    Raises:
        InvalidTopicError: with the rule that was broken. Java: org.apache.kafka.common.internals.Topic.
    """
    if not _TOPIC_NAME.fullmatch(name) or name in (".", ".."):
        raise InvalidTopicError(
            f"{name!r} cannot be a topic: 1 to {MAX_TOPIC_NAME_LENGTH} letters, digits, '.', '_' and '-', "
            "and neither '.' nor '..'"
        )


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: a name for people, an id that no later topic of the same name will have, and its partitions in order."""

    name: str
    id: UUID
    partitions: tuple[Partition, ...]


class ClusterState:
    """Nodes, topics, leaders and producer ids. Every broker's processor reads and changes it, hence the lock."""

    def __init__(
        self,
        *,
        partitions_per_topic: int = 1,
        auto_create_topics: bool = True,
        cluster_id: str = CLUSTER_ID,
        transaction_version: int = LATEST_TRANSACTION_VERSION,
    ) -> None:
        self.features = ClusterFeatures(transaction_version)
        """What all brokers have agreed to use."""
        self.cluster_id = cluster_id
        self.client_metrics = ClientMetricsManager()
        self.partitions_per_topic = partitions_per_topic
        self.auto_create_topics = auto_create_topics
        self.nodes: tuple[Node, ...] = ()
        """Set once, when every broker knows its port and before any of them listens to what clients say."""
        self.partition_listeners: list[Callable[[TopicPartition], None]] = []
        """Called with every partition whose leader has changed, or in which a transaction has ended."""
        self._lock = threading.Lock()
        # guarded by the lock:
        self._topics: dict[str, Topic] = {}
        self._producer_ids = count(FIRST_PRODUCER_ID)

    @property
    def controller(self) -> Node:
        """The node that clients are to ask for changes of the cluster. Any would do; it is the first."""
        return self.nodes[0]

    def node(self, node_id: int) -> Node:
        """The node with this id."""
        return self.nodes[node_id]

    def next_producer_id(self) -> int:
        """An id that no other producer of this cluster has."""
        with self._lock:
            return next(self._producer_ids)

    # Topics...

    def create_topic(self, name: str, partitions: int | None = None) -> Topic:
        """Make a topic, its leaders spread over the nodes in turn; a topic that is there already stays as it is.

        Raises:
            InvalidTopicError: if no topic may have this name.
            ValueError: if it is to have less than one partition.
        """
        check_topic_name(name)
        if partitions is not None and partitions < 1:
            raise ValueError(f"a topic has one partition or more, not {partitions}")
        with self._lock:
            if name not in self._topics:
                self._topics[name] = self._new_topic(name, partitions or self.partitions_per_topic)
            return self._topics[name]

    def _new_topic(self, name: str, partitions: int) -> Topic:
        # The id is a function of the name and the topic's number, so that a recording is the same in every run.
        number = len(self._topics)
        return Topic(
            name,
            uuid5(NAMESPACE_OID, f"{name}/{number}"),
            tuple(
                Partition(TopicPartition(name, index), leader=(number + index) % len(self.nodes))
                for index in range(partitions)
            ),
        )

    @property
    def topics(self) -> list[Topic]:
        """Every topic, in the order in which they were made."""
        with self._lock:
            return list(self._topics.values())

    def topic(self, name: str) -> Topic:
        """The topic with this name.

        Raises:
            UnknownTopicOrPartitionError: there is none.
        """
        with self._lock:
            topic = self._topics.get(name)
        if topic is None:
            raise UnknownTopicOrPartitionError(f"there is no topic {name}")
        return topic

    def topic_by_id(self, topic_id: UUID) -> Topic:
        """The topic with this id.

        Raises:
            UnknownTopicIdError: there is none.
        """
        for topic in self.topics:
            if topic.id == topic_id:
                return topic
        raise UnknownTopicIdError(f"there is no topic with the id {topic_id}")

    def topic_or_create(self, name: str, *, may_create: bool) -> Topic:
        """The topic with this name, made now if it is not there and both the client and the cluster allow it.

        Raises:
            UnknownTopicOrPartitionError: there is none.
            InvalidTopicError: there is none, and there never will be.
        """
        check_topic_name(name)
        return self.create_topic(name) if may_create and self.auto_create_topics else self.topic(name)

    def partition(self, topic_partition: TopicPartition) -> Partition:
        """One partition.

        Raises:
            UnknownTopicOrPartitionError: there is no such topic, or it has fewer partitions.
        """
        partitions = self.topic(topic_partition.topic).partitions
        if not 0 <= topic_partition.partition < len(partitions):
            raise UnknownTopicOrPartitionError(
                f"there is no partition {topic_partition}: the topic has {len(partitions)} partitions"
            )
        return partitions[topic_partition.partition]

    def has_partition(self, topic_partition: TopicPartition) -> bool:
        """Whether there is such a partition."""
        try:
            self.partition(topic_partition)
        except UnknownTopicOrPartitionError:
            return False
        return True

    # Leaders...

    def move_leader(self, topic_partition: TopicPartition, node_id: int) -> None:
        """Make another node the leader of a partition."""
        self.partition(topic_partition).make_leader(node_id)
        self.partition_changed(topic_partition)

    def partition_changed(self, topic_partition: TopicPartition) -> None:
        """Tell every broker that something has happened to a partition that its leader did not do itself."""
        for listener in self.partition_listeners:
            listener(topic_partition)

    def __repr__(self) -> str:
        return f"<ClusterState: {len(self.nodes)} nodes, {len(self.topics)} topics>"
