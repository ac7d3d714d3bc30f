"""The partitions that take part in a transaction, by how much the coordinator knows of them.

The application's threads add a partition with the first record that goes there; the sender's thread moves it on. Until
the coordinator knows it, nothing may be sent there: a record that it does not know of would stay open for ever.

Java: org.apache.kafka.clients.producer.internals.TransactionManager
"""

from collections.abc import Iterable

from kafka_nio.cluster import TopicPartition


class TransactionPartitions:
    """Guarded by the transaction manager's lock; a single look needs none."""

    def __init__(self) -> None:
        self._new: dict[TopicPartition, None] = {}
        self._pending: dict[TopicPartition, None] = {}
        self._added: dict[TopicPartition, None] = {}

    def __contains__(self, topic_partition: object) -> bool:
        """Whether the coordinator knows it."""
        return topic_partition in self._added

    @property
    def any_added(self) -> bool:
        """Whether the coordinator knows any."""
        return bool(self._added)

    @property
    def any_new(self) -> bool:
        """Whether the coordinator must be told of one."""
        return bool(self._new)

    def add(self, topic_partition: TopicPartition) -> None:
        """A record goes there."""
        if topic_partition not in self._pending and topic_partition not in self._added:
            self._new[topic_partition] = None

    def take_new(self) -> tuple[TopicPartition, ...]:
        """Those that the coordinator is about to be told of."""
        self._pending |= self._new
        self._new.clear()
        return tuple(self._pending)

    def added(self, partitions: Iterable[TopicPartition]) -> None:
        """The coordinator knows these."""
        for topic_partition in partitions:
            self._pending.pop(topic_partition, None)
            self._added[topic_partition] = None

    def drop_new(self) -> None:
        """What is aborted needs no more partitions."""
        self._new.clear()

    def clear(self) -> None:
        """The transaction is over."""
        for partitions in (self._new, self._pending, self._added):
            partitions.clear()

    def __repr__(self) -> str:
        return f"<TransactionPartitions: {len(self._added)} added, {len(self._pending) + len(self._new)} not yet>"
