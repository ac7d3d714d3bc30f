"""Which batches are on their way to a broker and unanswered, so that their delivery timeout can be watched.

Left out against Java: this is a map inside `Sender` there.

Java: org.apache.kafka.clients.producer.internals.Sender
"""

from collections.abc import Iterator
from itertools import chain

from kafka_nio.clock import NEVER
from kafka_nio.cluster import TopicPartition
from kafka_nio.producer.producer_batch import CREATED_MS, ProducerBatch


class InFlightBatches:
    """Batches by partition, each in the order in which they were sent. Belongs to the sender's thread."""

    def __init__(self, delivery_timeout_ms: float) -> None:
        self._delivery_timeout_ms = delivery_timeout_ms
        self._batches: dict[TopicPartition, list[ProducerBatch]] = {}
        self.next_expiry_ms: float = NEVER
        """When the first of them will be too late, as of the last `expired`."""

    def add(self, batch: ProducerBatch) -> None:
        """Note that this one is about to be sent."""
        self._batches.setdefault(batch.topic_partition, []).append(batch)

    def remove(self, batch: ProducerBatch) -> None:
        """Note that this one is not under way any more, if it was."""
        batches = self._batches.get(batch.topic_partition, [])
        if batch in batches:
            batches.remove(batch)
            if not batches:
                del self._batches[batch.topic_partition]

    def expired(self, now_ms: int) -> list[ProducerBatch]:
        """Take out those whose delivery timeout is over, and note when the next one's will be."""
        limit_ms = self._delivery_timeout_ms
        expired: list[ProducerBatch] = []
        if now_ms >= self._oldest_ms() + limit_ms:
            expired += (batch for batch in self if batch.has_reached_delivery_timeout(limit_ms, now_ms))
        for batch in expired:
            self.remove(batch)
        self.next_expiry_ms = self._oldest_ms() + limit_ms
        return expired

    def _oldest_ms(self) -> float:
        """When the oldest of them was made. This is asked in every turn, so no line of Python runs for each batch."""
        return min(map(CREATED_MS, self), default=NEVER)

    def take_all(self) -> list[ProducerBatch]:
        """Take them all out."""
        taken = list(self)
        self._batches.clear()
        return taken

    def __iter__(self) -> Iterator[ProducerBatch]:
        return chain.from_iterable(self._batches.values())

    def __len__(self) -> int:
        return sum(map(len, self._batches.values()))

    def __repr__(self) -> str:
        return f"<InFlightBatches: {len(self)} in {len(self._batches)} partitions>"
