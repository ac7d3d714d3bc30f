"""The offsets of consumer groups, as far as a producer can write them: in a transaction.

An offset that comes in a transaction is pending until the transaction ends. A commit makes it the group's, an abort
drops it.

Left out against Java: groups with members, which join, leave and send heartbeats; offsets that consumers commit.

Java: org.apache.kafka.coordinator.group.GroupCoordinatorService, OffsetMetadataManager
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from kafka_nio.broker.coordinator_seat import CoordinatorSeat
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition

OFFSETS_PARTITION = TopicPartition("__consumer_offsets", 0)
"""What the transaction coordinator marks for a group: Kafka keeps offsets in a topic of this name."""


@dataclass(frozen=True, slots=True)
class OffsetAndMetadata:
    """How far a group has read, and a note it made. The epoch is that of the last record it read."""

    offset: int
    metadata: str | None = None
    leader_epoch: int = NO_LEADER_EPOCH


Offsets = dict[TopicPartition, OffsetAndMetadata]


class GroupCoordinator:
    """Offsets by group. Every broker's processor can get here, hence the lock."""

    def __init__(self) -> None:
        self.seat = CoordinatorSeat()
        self._lock = threading.Lock()
        # guarded by the lock:
        self._committed: defaultdict[str, Offsets] = defaultdict(dict)
        self._pending: defaultdict[int, defaultdict[str, Offsets]] = defaultdict(lambda: defaultdict(dict))

    def hold_pending(
        self, producer_id: int, group_id: str, offsets: Mapping[TopicPartition, OffsetAndMetadata]
    ) -> None:
        """Keep offsets until the producer's transaction ends."""
        with self._lock:
            self._pending[producer_id][group_id].update(offsets)

    def end_transaction(self, producer_id: int, *, committed: bool) -> None:
        """Take over the offsets that were pending, or drop them."""
        with self._lock:
            for group_id, offsets in self._pending.pop(producer_id, {}).items():
                if committed:
                    self._committed[group_id].update(offsets)

    def committed_offsets(self, group_id: str) -> Offsets:
        """What the group has committed, by partition."""
        with self._lock:
            return dict(self._committed.get(group_id, {}))

    def __repr__(self) -> str:
        return f"<GroupCoordinator at broker {self.seat.node_id}: {len(self._committed)} groups>"
