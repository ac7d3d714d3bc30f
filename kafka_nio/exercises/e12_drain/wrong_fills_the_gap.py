"""Passes over a batch that does not fit, and takes a smaller one behind it.

Java: no counterpart.
"""

from kafka_nio.cluster import Cluster, Node, TopicPartition
from kafka_nio.producer.drain import Drain
from kafka_nio.producer.producer_batch import ProducerBatch


def drain_batches_for_one_node(
    self: Drain, cluster: Cluster, node: Node, max_request_size: int, now_ms: int
) -> list[ProducerBatch]:
    """Go round the node's partitions once, and take the first batch of each that fits."""
    partitions = cluster.partitions_for_node(node.id)
    start = self._drain_index.get(node.id, 0)
    taken: list[ProducerBatch] = []
    room = max_request_size
    for step in range(len(partitions)):
        index = (start + step) % len(partitions)
        self._drain_index[node.id] = index
        partition = partitions[index]
        batch = self._first_sendable_batch(TopicPartition(partition.topic, partition.partition), cluster, now_ms)
        if batch is None:
            continue
        if taken and batch.estimated_size > room:
            continue
        if self._sequences is not None and self._sequences.must_wait(batch):
            break
        self._take(batch)
        if self._sequences is not None:
            self._sequences.assign(batch)
        if self._encode(batch):
            room -= batch.estimated_size
            batch.drained(now_ms)
            taken.append(batch)
    return taken
