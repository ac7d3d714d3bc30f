"""Full or lingered; nothing else makes a batch leave.

Java: no counterpart.
"""

from collections import deque

from kafka_nio.cluster import Cluster, Node
from kafka_nio.producer.drain import Drain, ReadyCheckResult
from kafka_nio.producer.producer_batch import ProducerBatch


def partition_ready(
    self: Drain,
    queue: deque[ProducerBatch],
    cluster: Cluster,
    must_send_now: bool,
    now_ms: int,
    result: ReadyCheckResult,
) -> None:
    """Look at the first batch of one queue, and at who leads its partition."""
    batch = queue[0]
    leader = cluster.leader_for(batch.topic_partition)
    if leader is None:
        if batch.topic_partition.topic not in result.unknown_leader_topics:
            result.unknown_leader_topics.append(batch.topic_partition.topic)
    elif leader not in result.ready_nodes and batch.topic_partition not in self.muted:
        batch.maybe_update_leader_epoch(cluster.leader_epoch_for(batch.topic_partition))
        self.batch_ready(batch, leader, len(queue) > 1 or batch.is_full, now_ms, result)


def batch_ready(
    self: Drain, batch: ProducerBatch, leader: Node, must_send_now: bool, now_ms: int, result: ReadyCheckResult
) -> None:
    """Decide whether the first batch of a queue may leave now, or how long it still has to wait."""
    is_backing_off = batch.is_backing_off(now_ms)
    time_to_wait_ms = batch.retry_backoff_ms if is_backing_off else self._linger_ms
    time_left_ms = time_to_wait_ms - batch.waited_time_ms(now_ms)
    if (must_send_now or time_left_ms <= 0) and not is_backing_off:
        result.ready_nodes.append(leader)
    else:
        result.next_ready_check_delay_ms = min(result.next_ready_check_delay_ms, time_left_ms)
