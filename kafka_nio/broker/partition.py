"""One partition: its log, and which broker leads it since when.

Each change of the leader begins a new leader epoch, a number that only grows. Batches carry the epoch they were written
in, clients name the epoch they believe in, and so nobody can mistake an old leader for the current one (KIP-101,
KIP-320).

Left out against Java: replicas other than the leader, and everything that keeps them in sync.

Java: kafka.cluster.Partition
"""

import threading
from dataclasses import dataclass, field

from kafka_nio.broker.partition_log import LogAppendInfo, PartitionLog
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition
from kafka_nio.errors import FencedLeaderEpochError, NotLeaderOrFollowerError, UnknownLeaderEpochError
from kafka_nio.protocol.record_batch import RecordBatch

NO_LEADER = -1
"""In place of a broker's id: nobody leads, because a new leader is still being elected."""


@dataclass(slots=True)
class Partition:
    """One partition.

    Why the lock: A, the leader, finds that it is the leader, and is suspended; a test makes B the leader, B appends a
    batch in epoch 1; A goes on and appends one in epoch 0, behind it. So the leader is asked and the batch appended in
    one piece.
    """

    topic_partition: TopicPartition
    leader: int
    log: PartitionLog = field(init=False)
    epoch_ends: list[int] = field(default_factory=list)
    """For each leader epoch that is over: the offset that comes after its last record."""
    _leader_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        self.log = PartitionLog(self.topic_partition)

    @property
    def index(self) -> int:
        """Its number within the topic."""
        return self.topic_partition.partition

    @property
    def leader_epoch(self) -> int:
        """How often the leader has changed."""
        return len(self.epoch_ends)

    def end_of_epoch(self, leader_epoch: int) -> int:
        """The offset that comes after the last record of an epoch, as far as we know today."""
        return self.epoch_ends[leader_epoch] if leader_epoch < self.leader_epoch else self.log.end_offset

    def append_records_to_leader(self, batch: RecordBatch, node_id: int) -> LogAppendInfo:
        """Append a batch, if this broker is the leader.

        Raises:
            NotLeaderOrFollowerError: it is not.
            ApiError: the log refuses the batch; see `PartitionLog.append`.
        """
        with self._leader_lock:
            self.ensure_leader(node_id)
            return self.log.append(batch, self.leader_epoch)

    def append_marker(self, marker: RecordBatch) -> LogAppendInfo:
        """Append the mark that ends a transaction, whoever leads: the coordinator finds the leader in any case.

        Raises:
            InvalidProducerEpochError: see `PartitionLog.append_marker`.
        """
        with self._leader_lock:
            return self.log.append_marker(marker, self.leader_epoch)

    def make_leader(self, node_id: int) -> None:
        """Make another broker the leader, or `NO_LEADER`. The log moves along, as if it were replicated in time."""
        with self._leader_lock:
            self.epoch_ends.append(self.log.end_offset)
            self.leader = node_id

    def ensure_leader(self, node_id: int, leader_epoch: int = NO_LEADER_EPOCH) -> None:
        """Refuse what is meant for the leader if this broker is not it, or not in the epoch the client believes in.

        Raises:
            NotLeaderOrFollowerError: another broker leads.
            FencedLeaderEpochError, UnknownLeaderEpochError: the client's metadata is older or newer than ours.
        """
        if self.leader != node_id:
            raise NotLeaderOrFollowerError(
                f"broker {node_id} does not lead {self.topic_partition}: "
                + (f"broker {self.leader} does" if self.leader != NO_LEADER else "nobody does at present")
            )
        if leader_epoch not in (NO_LEADER_EPOCH, self.leader_epoch):
            is_old = leader_epoch < self.leader_epoch
            raise (FencedLeaderEpochError if is_old else UnknownLeaderEpochError)(
                f"the request names leader epoch {leader_epoch} of {self.topic_partition}, "
                f"and {self.leader_epoch} is the current one"
            )
