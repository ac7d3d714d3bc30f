"""How busy the partitions of a topic are, so that records without a key go where they leave soonest (KIP-794).

Two things are looked at when the built-in partitioner draws its next partition:

- How many batches stand in a partition's queue. The more, the smaller its share of the lots. A slow broker's queues
  grow, so it is given less, and gives back more in time what it has.
- Whether its leader takes requests at all. One that has been unready for longer than
  `partitioner.availability.timeout.ms`, with batches waiting for it all that time, draws no lots.

Java gathers the lengths of all queues whenever it looks for ready nodes, because each of its queues has a lock. Here
they are read when they are needed, with the accumulator's lock held.

Java: org.apache.kafka.clients.producer.internals.BuiltInPartitioner, RecordAccumulator.NodeLatencyStats
"""

from collections.abc import Iterable, Sequence

from kafka_nio.cluster import PartitionInfo
from kafka_nio.producer.drain import Queues


class PartitionLoad:
    """What the partitioner asks before it draws.

    Args:
        queues: the accumulator's.
        availability_timeout_ms: `partitioner.availability.timeout.ms`; 0 to draw unready leaders as well.
    """

    def __init__(self, queues: Queues, availability_timeout_ms: float) -> None:
        self._availability_timeout_ms = availability_timeout_ms
        # guarded by the accumulator's lock:
        self._queues = queues
        # written by the sender's thread, read by the application's, a single load or store each:
        self._unready: dict[int, tuple[int, int]] = {}
        """By node: when it last took batches, or had to be asked first; and when it last did not."""

    def update_node(self, node_id: int, now_ms: int, *, can_drain: bool) -> None:
        """Note whether a node that there are batches for takes them. Java: updateNodeLatencyStats"""
        if self._availability_timeout_ms == 0:
            return
        drained_ms, _ = self._unready.get(node_id, (now_ms, now_ms))
        self._unready[node_id] = (now_ms if can_drain else drained_ms, now_ms)

    def responsive(self, partitions: Iterable[PartitionInfo]) -> Sequence[PartitionInfo]:
        """Those whose leaders take requests, as far as we know."""
        if not self._unready:
            return tuple(partitions)
        return tuple(info for info in partitions if info.leader is None or self._is_responsive(info.leader.id))

    def _is_responsive(self, node_id: int) -> bool:
        drained_ms, asked_ms = self._unready.get(node_id, (0, 0))
        return asked_ms - drained_ms <= self._availability_timeout_ms

    def weights(self, partitions: Sequence[PartitionInfo]) -> list[int]:
        """How many lots each of them has: with queues of 0, 3 and 1 batches they have 4, 1 and 3."""
        lengths = [len(self._queues.get((info.topic, info.partition), ())) for info in partitions]
        longest = max(lengths)
        return [longest + 1 - length for length in lengths]

    def __repr__(self) -> str:
        return f"<PartitionLoad: {sum(map(len, self._queues.values()))} batches queued>"
