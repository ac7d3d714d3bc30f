"""What is known of a cluster: nodes, partitions, leaders. Facts only, frozen; a new answer makes a new `Cluster`.

`Cluster` is a snapshot. The threads that read it (the application's in `send`, the sender's in `ready` and `drain`)
never need a lock, because nobody changes it: the metadata swaps one snapshot for the next.

Left out against Java: `ClusterResource`, listeners, authorized operations.

Java: org.apache.kafka.common.Cluster
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

NO_LEADER_EPOCH = -1
"""The broker did not say, or it is too old to be believed (Metadata below version 9)."""


@dataclass(frozen=True, slots=True)
class Node:
    """One broker. Bootstrap nodes, whose real ids are not known yet, carry ids -1, -2, …"""

    id: int
    host: str
    port: int
    rack: str | None = None

    @property
    def id_string(self) -> str:
        """The name under which the network layer knows the connection to this node."""
        return str(self.id)

    def __str__(self) -> str:
        return f"{self.host}:{self.port} (node {self.id})"


class TopicPartition(NamedTuple):
    """A topic's name and the number of one of its partitions."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"


@dataclass(frozen=True, slots=True)
class PartitionInfo:
    """Where one partition lives. `leader` is None while the cluster is electing one."""

    topic: str
    partition: int
    leader: Node | None
    leader_epoch: int = NO_LEADER_EPOCH
    replicas: tuple[int, ...] = ()
    in_sync_replicas: tuple[int, ...] = ()
    offline_replicas: tuple[int, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """A snapshot of the cluster as the last metadata answer described it.

    `unauthorized_topics` and `invalid_topics` are the topics the answer refused for those reasons.
    """

    nodes: tuple[Node, ...] = ()
    partitions: Mapping[TopicPartition, PartitionInfo] = field(default_factory=dict)
    cluster_id: str | None = None
    controller: Node | None = None
    unauthorized_topics: frozenset[str] = frozenset()
    invalid_topics: frozenset[str] = frozenset()
    topic_ids: Mapping[str, UUID] = field(default_factory=dict)
    is_bootstrap: bool = False

    def __post_init__(self) -> None:
        by_topic: dict[str, list[PartitionInfo]] = {}
        by_node: dict[int, list[PartitionInfo]] = {node.id: [] for node in self.nodes}
        for info in sorted(self.partitions.values(), key=lambda info: (info.topic, info.partition)):
            by_topic.setdefault(info.topic, []).append(info)
            if info.leader is not None:
                by_node.setdefault(info.leader.id, []).append(info)
        nodes = {node.id: node for node in self.nodes}
        # The indexes are derived facts, so they are no part of equality.
        object.__setattr__(self, "partition_counts", {topic: len(infos) for topic, infos in by_topic.items()})
        object.__setattr__(self, "_by_topic", {topic: tuple(infos) for topic, infos in by_topic.items()})
        object.__setattr__(self, "_by_node", {node: tuple(infos) for node, infos in by_node.items()})
        object.__setattr__(self, "_nodes", nodes)

    partition_counts: Mapping[str, int] = field(init=False, repr=False, compare=False)
    """How many partitions each known topic has. Each `send` looks here, so there is no method around it."""
    _by_topic: Mapping[str, tuple[PartitionInfo, ...]] = field(init=False, repr=False, compare=False)
    _by_node: Mapping[int, tuple[PartitionInfo, ...]] = field(init=False, repr=False, compare=False)
    _nodes: Mapping[int, Node] = field(init=False, repr=False, compare=False)

    @classmethod
    def bootstrap(cls, addresses: Iterable[tuple[str, int]]) -> "Cluster":
        """What is known before any broker has answered: addresses, under the ids -1, -2, …"""
        nodes = tuple(Node(-number, host, port) for number, (host, port) in enumerate(addresses, start=1))
        return cls(nodes=nodes, is_bootstrap=True)

    @property
    def topics(self) -> frozenset[str]:
        """The names of all topics with at least one known partition."""
        return frozenset(self._by_topic)

    def node_by_id(self, node_id: int) -> Node | None:
        """The node with this id, or None."""
        return self._nodes.get(node_id)

    def partition(self, topic_partition: TopicPartition) -> PartitionInfo | None:
        """What is known of this partition, or None."""
        return self.partitions.get(topic_partition)

    def leader_for(self, topic_partition: TopicPartition) -> Node | None:
        """The node that takes writes for this partition, or None while there is none."""
        info = self.partitions.get(topic_partition)
        return info.leader if info is not None else None

    def leader_epoch_for(self, topic_partition: TopicPartition) -> int:
        """How often this partition has changed its leader, or `NO_LEADER_EPOCH`."""
        info = self.partitions.get(topic_partition)
        return info.leader_epoch if info is not None else NO_LEADER_EPOCH

    def partitions_for_topic(self, topic: str) -> tuple[PartitionInfo, ...]:
        """The topic's partitions in order of their numbers; empty if the topic is not known."""
        return self._by_topic.get(topic, ())

    def available_partitions_for_topic(self, topic: str) -> tuple[PartitionInfo, ...]:
        """Those of the topic's partitions that have a leader."""
        return tuple(info for info in self.partitions_for_topic(topic) if info.leader is not None)

    def partitions_for_node(self, node_id: int) -> tuple[PartitionInfo, ...]:
        """The partitions that this node leads."""
        return self._by_node.get(node_id, ())
