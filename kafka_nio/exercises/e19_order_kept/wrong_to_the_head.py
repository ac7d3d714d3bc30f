"""Puts each batch that was refused before all others.

Java: no counterpart.
"""

from collections import deque

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import KafkaError
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Drained, Sender


def mute_partition(self: RecordAccumulator, topic_partition: TopicPartition) -> None:
    """Take no batch of this partition until the one under way is answered."""
    self._drain.muted.add(topic_partition)


def unmute_partition(self: RecordAccumulator, topic_partition: TopicPartition) -> None:
    """Take batches of this partition again."""
    self._drain.muted.discard(topic_partition)


def _note_in_flight(self: Sender, drained: Drained, now_ms: int) -> None:
    """From here on these batches are watched here, and no more in the accumulator.

    Their topics are in use, so metadata must not forget them. (Java says so with every record; a batch will do.)
    """
    for batches in drained.values():
        for batch in batches:
            self._in_flight.add(batch)
            self._metadata.add(batch.topic_partition.topic, now_ms)
            if self._guarantee_message_order:
                self._accumulator.mute_partition(batch.topic_partition)


def reenqueue(self: RecordAccumulator, batch: ProducerBatch, error: KafkaError, now_ms: int) -> None:
    """Put a batch back to where it was in its queue, for another attempt after a backoff."""
    batch.reenqueued(error, self._retry_backoff.backoff(batch.attempts), now_ms)
    with self._lock:
        queue = self._queues.setdefault(batch.topic_partition, deque())
        queue.appendleft(batch)


OPTIONS: dict[str, object] = {"enable_idempotence": False}
"""Options of a KafkaProducer under which a retry loses the order."""
