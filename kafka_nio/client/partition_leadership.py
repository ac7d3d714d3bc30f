"""Who leads a partition now, as a broker says in the answer to a request that went to the wrong one (KIP-951).

A broker that does not lead a partition any more often knows who does. It says so in the error, and saves the client a
question for metadata. What it says is believed only if it is news: the leader's epoch is newer than the one we know,
the leader's address is known from the answer or from before, and the partition is one that we know at all.

Java: org.apache.kafka.clients.Metadata.updatePartitionLeadership
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from kafka_nio.cluster import NO_LEADER_EPOCH, Cluster, Node, PartitionInfo, TopicPartition


class LeaderIdAndEpoch(NamedTuple):
    """Who leads a partition, and how often it has changed its leader; -1 if the broker does not say."""

    leader_id: int
    leader_epoch: int


def with_new_leaders(
    known: Cluster, leaders: Mapping[TopicPartition, LeaderIdAndEpoch], nodes: Iterable[Node]
) -> Cluster:
    """What is known, with the leaders that are news. The very same snapshot, if none is."""
    all_nodes = {node.id: node for node in known.nodes} | {node.id: node for node in nodes}
    updated: dict[TopicPartition, PartitionInfo] = {}
    for topic_partition, (leader_id, epoch) in leaders.items():
        info, leader = known.partition(topic_partition), all_nodes.get(leader_id)
        if info is None or leader is None or epoch == NO_LEADER_EPOCH or epoch <= info.leader_epoch:
            continue
        updated[topic_partition] = replace(info, leader=leader, leader_epoch=epoch)
    if not updated:
        return known
    return replace(known, nodes=tuple(all_nodes.values()), partitions=dict(known.partitions) | updated)
