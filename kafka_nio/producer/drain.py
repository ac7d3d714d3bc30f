"""The sender's side of the accumulator: which nodes are ready, which batches they take, which batches are too late.

- `ready` looks at the first batch of each queue. A batch is sendable if it is full, if it has waited for `linger_ms`,
  or if there is a reason not to wait at all (`RecordAccumulator.must_send_now`); but not while its partition is muted
  or it waits for its next attempt. What becomes ready is the *node* that leads the partition.
- `drain` takes at most one batch from each partition of a ready node, sendable or not, as long as they fit into one
  request: a request that leaves anyway may as well be filled. A batch that must wait because of its sequence number, or
  of its transaction, ends the round: what it waits for comes soon. One that could be taken before a batch of its
  partition that is under way is passed over.
- `expired_batches` takes out the batches whose delivery timeout is over.

A drain begins where the last one for this node stopped. Otherwise the first partitions of a busy node would fill every
request and the last ones would starve.

Java gathers statistics for the partitioner here as well; see `partition_load.py`. And it draws the random part of a
retry's backoff anew whenever it looks, so two looks can differ; here it is drawn once, when the batch comes back.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeAlias

from kafka_nio.clock import NEVER
from kafka_nio.cluster import Cluster, Node, TopicPartition
from kafka_nio.errors import KafkaError
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.producer_batch import CREATED_MS, ProducerBatch
from kafka_nio.spans import Stage, decision, span

Queues: TypeAlias = dict[tuple[str, int], deque[ProducerBatch]]
"""The batches of each partition, oldest first. A queue that becomes empty is removed, so all that are here count."""

FIRST = itemgetter(0)


@dataclass(slots=True)
class ReadyCheckResult:
    """What `ready` found. Lists in order of discovery: sets would make two equal runs differ."""

    ready_nodes: list[Node] = field(default_factory=list)
    """Nodes that lead a partition with something to send."""
    next_ready_check_delay_ms: float = NEVER
    """When to look again: the shortest time left of all batches that still wait."""
    unknown_leader_topics: list[str] = field(default_factory=list)
    """Topics with records for a partition whose leader we do not know."""


class Drain:
    """Takes batches out of the queues that `append` fills. Everything here runs on the sender's thread.

    Nobody else takes anything out. So what stands at the head of a queue stays there until it is taken here, and may be
    looked at without the lock; only taking it out, and going through all queues, needs the lock.

    Args:
        queues: shared with the accumulator, and guarded by its `lock`.
        linger_ms: how long a batch waits to become full.
        delivery_timeout_ms: how long after its making a batch is given up.
        must_send_now: whether all batches are sendable, for a reason of the accumulator's.
        sequences: numbers the batches that leave, and says which must wait; None if they are not numbered.
    """

    def __init__(
        self,
        queues: Queues,
        lock: threading.Lock,
        *,
        linger_ms: float,
        delivery_timeout_ms: float,
        must_send_now: Callable[[], bool],
        sequences: BatchSequences | None = None,
    ) -> None:
        self._linger_ms = linger_ms
        self._delivery_timeout_ms = delivery_timeout_ms
        self._must_send_now = must_send_now
        self._sequences = sequences
        # guarded by the lock:
        self._lock = lock
        self._queues = queues
        # belongs to the sender's thread:
        self.muted: set[tuple[str, int]] = set()
        """Partitions with a batch under way, if the order of batches must be kept by sending one at a time."""
        self.not_encoded: list[tuple[ProducerBatch, KafkaError]] = []
        """Batches of which no bytes could be made, and why; whoever drains gives them up."""
        self._drain_index: dict[int, int] = {}
        self.next_expiry_ms: float = NEVER
        """When the first of the queued batches will be too late, as of the last `expired_batches`."""

    # Which nodes are ready?

    def ready(self, cluster: Cluster, now_ms: int) -> ReadyCheckResult:
        """Look at the first batch of each queue."""
        result = ReadyCheckResult()
        must_send_now = self._must_send_now()
        with self._lock:
            for queue in self._queues.values():
                self.partition_ready(queue, cluster, must_send_now, now_ms, result)
        return result

    @decision("is_full", "queue batch.is_full")
    @decision("is_muted", "topic_partition")
    def partition_ready(
        self, queue: deque[ProducerBatch], cluster: Cluster, must_send_now: bool, now_ms: int, result: ReadyCheckResult
    ) -> None:
        """Look at the first batch of one queue, and at who leads its partition."""
        batch = queue[0]
        topic_partition = batch.topic_partition
        leader = cluster.leader_for(topic_partition)
        is_muted = topic_partition in self.muted
        if leader is None:
            if topic_partition.topic not in result.unknown_leader_topics:
                result.unknown_leader_topics.append(topic_partition.topic)
        elif leader not in result.ready_nodes and not is_muted:
            batch.maybe_update_leader_epoch(cluster.leader_epoch_for(topic_partition))
            is_full = len(queue) > 1 or batch.is_full
            self.batch_ready(batch, leader, is_full or must_send_now, now_ms, result)

    @span(Stage.RUN, show="batch leader must_send_now")
    @decision("sendable", "must_send_now time_left_ms is_backing_off")
    def batch_ready(
        self, batch: ProducerBatch, leader: Node, must_send_now: bool, now_ms: int, result: ReadyCheckResult
    ) -> None:
        """Decide whether the first batch of a queue may leave now, or how long it still has to wait."""
        is_backing_off = batch.is_backing_off(now_ms)
        time_to_wait_ms = batch.retry_backoff_ms if is_backing_off else self._linger_ms
        time_left_ms = time_to_wait_ms - batch.waited_time_ms(now_ms)
        sendable = (must_send_now or time_left_ms <= 0) and not is_backing_off
        if sendable:
            result.ready_nodes.append(leader)
        else:
            result.next_ready_check_delay_ms = min(result.next_ready_check_delay_ms, time_left_ms)

    # Which batches do they take?

    def drain(
        self, cluster: Cluster, nodes: Iterable[Node], max_request_size: int, now_ms: int
    ) -> dict[int, list[ProducerBatch]]:
        """Take for each node the batches of its next request."""
        batches = {node.id: self.drain_batches_for_one_node(cluster, node, max_request_size, now_ms) for node in nodes}
        return {node_id: taken for node_id, taken in batches.items() if taken}

    @span(Stage.RUN, show="node max_request_size return")
    @decision("is_request_full", "taken batch.estimated_size room")
    @decision("must_wait", "batch")
    def drain_batches_for_one_node(
        self, cluster: Cluster, node: Node, max_request_size: int, now_ms: int
    ) -> list[ProducerBatch]:
        """Go round the node's partitions once, and take the first batch of each, until the request is full."""
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
            # A batch that is larger than any request may be must leave alone, or it would never leave.
            is_request_full = bool(taken) and batch.estimated_size > room
            if is_request_full:
                break
            must_wait = self._sequences is not None and self._sequences.must_wait(batch)
            if must_wait:
                break
            self._take(batch)
            if self._sequences is not None:
                self._sequences.assign(batch)
            if self._encode(batch):
                room -= batch.estimated_size
                batch.drained(now_ms)
                taken.append(batch)
        return taken

    def _encode(self, batch: ProducerBatch) -> bool:
        """Make bytes of a batch that was taken. If that fails, it must not take down those taken before it."""
        try:
            batch.close()
        except Exception as error:
            failure = KafkaError(f"{batch!r} cannot be encoded: {error}")
            failure.__cause__ = error
            self.not_encoded.append((batch, failure))
            return False
        return True

    @decision("return", "topic_partition is_muted is_too_late is_backing_off must_stay")
    def _first_sendable_batch(
        self, topic_partition: TopicPartition, cluster: Cluster, now_ms: int
    ) -> ProducerBatch | None:
        """The batch of this partition that may leave now: not muted, not backing off, not too late, not too early."""
        queue = self._queues.get(topic_partition)
        is_muted = topic_partition in self.muted
        if queue is None or is_muted:
            return None
        batch = queue[0]
        batch.maybe_update_leader_epoch(cluster.leader_epoch_for(topic_partition))
        is_too_late = batch.has_reached_delivery_timeout(self._delivery_timeout_ms, now_ms)
        is_backing_off = batch.is_backing_off(now_ms)
        must_stay = self._sequences is not None and self._must_stay(batch, self._sequences, cluster)
        return None if is_too_late or is_backing_off or must_stay else batch

    @staticmethod
    def _must_stay(batch: ProducerBatch, sequences: BatchSequences, cluster: Cluster) -> bool:
        """Note where the batch would go now; return whether it must not go there yet."""
        topic_partition = batch.topic_partition
        batch.destination = cluster.leader_for(topic_partition), cluster.topic_ids.get(topic_partition.topic)
        return sequences.must_stay(batch)

    def _take(self, batch: ProducerBatch) -> None:
        """Take the first batch out of its queue; from then on `append` does not see it."""
        with self._lock:
            queue = self._queues[batch.topic_partition]
            first = queue.popleft()
            assert first is batch, "only the sender's thread takes batches out"
            if not queue:
                del self._queues[batch.topic_partition]

    def remove(self, batches: Iterable[ProducerBatch]) -> None:
        """With the lock held: take these out, wherever they stand, if they stand in a queue."""
        for batch in batches:
            queue = self._queues.get(batch.topic_partition)
            if queue is not None and batch in queue:
                queue.remove(batch)
                if not queue:
                    del self._queues[batch.topic_partition]

    def take_all(self) -> list[ProducerBatch]:
        """Take all batches out of all queues."""
        with self._lock:
            taken = [batch for queue in self._queues.values() for batch in queue]
            self._queues.clear()
        for batch in taken:
            batch.is_full = True
        return taken

    # Which ones are too late?

    def expired_batches(self, now_ms: int) -> list[ProducerBatch]:
        """Take out the batches whose time is over, and note when the next one's will be."""
        expired: list[ProducerBatch] = []
        with self._lock:
            # Nearly always it is none, and then no line of Python runs for each queue.
            oldest_ms = min(map(CREATED_MS, map(FIRST, self._queues.values())), default=NEVER)
            self.next_expiry_ms = oldest_ms + self._delivery_timeout_ms
            if now_ms < self.next_expiry_ms:
                return expired
            self.next_expiry_ms = NEVER
            for key, queue in list(self._queues.items()):
                while queue and queue[0].has_reached_delivery_timeout(self._delivery_timeout_ms, now_ms):
                    expired.append(queue.popleft())
                if queue:
                    self.next_expiry_ms = min(self.next_expiry_ms, queue[0].created_ms + self._delivery_timeout_ms)
                else:
                    del self._queues[key]
        return expired
