"""How busy the partitions of a topic are, so that records without a key go where they leave soonest (KIP-794).

Two things are looked at when the built-in partitioner draws its next partition:

- How many batches stand in a partition's queue. The more, the smaller its share of the lots. A slow broker's queues
  grow, so it is given less, and gives back more in time what it has.
- Whether its leader takes requests at all. One that has been unready for longer than
  `partitioner.availability.timeout.ms`, with batches waiting for it all that time, draws no lots.

What is near comes before what is idle: with `partitioner.rack.aware` the lots are drawn among the partitions whose
leaders stand in the producer's own rack, as long as there is one that takes requests (KIP-1123).

Java gathers the lengths of all queues whenever it looks for ready nodes, because each of its queues has a lock. Here
they are read when they are needed, with the accumulator's lock held.

Java: org.apache.kafka.clients.producer.internals.BuiltInPartitioner, RecordAccumulator.NodeLatencyStats
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kafka_nio.cluster import PartitionInfo
from kafka_nio.producer.drain import Queues


@dataclass(frozen=True, slots=True)
class PartitionerConfig:
    """What the built-in partitioner looks at besides chance. Java: RecordAccumulator.PartitionerConfig"""

    adaptive: bool = True
    """Whether busy partitions get fewer records: `partitioner.adaptive.partitioning.enable`."""
    availability_timeout_ms: float = 0
    """When a partition gets none, because its leader takes no requests; 0: never."""
    rack: str | None = None
    """The rack whose leaders are preferred; None if all are the same to us."""


DEFAULT_PARTITIONER = PartitionerConfig()


def in_rack(partitions: Sequence[PartitionInfo], rack: str | None) -> Sequence[PartitionInfo]:
    """Those whose leaders stand in this rack; all of them, if there is none or the rack does not matter."""
    if rack is None:
        return partitions
    near = tuple(info for info in partitions if info.leader is not None and info.leader.rack == rack)
    return near or partitions


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
