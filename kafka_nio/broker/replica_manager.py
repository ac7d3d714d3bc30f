"""What one broker may do with which partition: it appends to and reads from those that it leads, and no others.

Left out against Java: followers and their fetches, in-sync replicas (so `acks=all` is satisfied as soon as `acks=1`
is), log folders, quotas.

Java: kafka.server.ReplicaManager
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from kafka_nio.broker import log_validator
from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.group_coordinator import GroupCoordinator
from kafka_nio.broker.partition import Partition
from kafka_nio.broker.partition_log import LogAppendInfo
from kafka_nio.broker.purgatory import Purgatory
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.broker.transaction_state import ProducerIdAndEpoch
from kafka_nio.clock import Clock
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition
from kafka_nio.errors import TransactionalIdAuthorizationError
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.spans import Stage, span


@dataclass
class ReplicaManager:
    """One broker's view of the partitions. Belongs to its processor's thread."""

    node_id: int
    cluster: ClusterState
    config: BrokerConfig
    clock: Clock
    transactions: TransactionCoordinator
    groups: GroupCoordinator
    purgatory: Purgatory = field(default_factory=Purgatory)

    @span(Stage.BROKER, show="topic_partition return")
    def append_records(
        self,
        topic_partition: TopicPartition,
        batch: RecordBatch,
        transactional_id: str | None = None,
        *,
        may_add: bool = False,
    ) -> LogAppendInfo:
        """Check a batch and append it to the partition's log.

        Args:
            topic_partition, batch: what goes where.
            transactional_id: in whose transaction.
            may_add: whether the partition may take part in that from now on, if it does not yet.

        Raises:
            UnknownTopicOrPartitionError, NotLeaderOrFollowerError: it does not belong here.
            ApiError: it is not in order; see `log_validator.validate`, `PartitionLog.append` and, if it is part of a
                transaction, `TransactionCoordinator.kept_open`.
        """
        partition = self.led_partition(topic_partition)
        log_validator.validate(batch, self.config, self.clock.time_ms())
        with self._transaction(topic_partition, batch, transactional_id, may_add):
            appended = partition.append_records_to_leader(batch, self.node_id)
        self.purgatory.partition_changed(topic_partition)
        return appended

    def _transaction(
        self, topic_partition: TopicPartition, batch: RecordBatch, transactional_id: str | None, may_add: bool
    ) -> AbstractContextManager[None]:
        """Keeps the batch's transaction from ending while the batch is appended."""
        if not batch.is_transactional:
            return nullcontext()
        if transactional_id is None:
            raise TransactionalIdAuthorizationError("a batch of a transaction came without a transactional id")
        producer = ProducerIdAndEpoch(batch.producer_id, batch.producer_epoch)
        return self.transactions.kept_open(transactional_id, producer, topic_partition, may_add=may_add)

    def led_partition(self, topic_partition: TopicPartition, leader_epoch: int = NO_LEADER_EPOCH) -> Partition:
        """The partition, if this broker is its leader, in the epoch in which the client believes it is.

        Raises:
            UnknownTopicOrPartitionError: there is no such partition.
            ApiError: another broker leads it, or the epoch is another; see `Partition.ensure_leader`.
        """
        partition = self.cluster.partition(topic_partition)
        partition.ensure_leader(self.node_id, leader_epoch)
        return partition
