"""What the learner begins with.

Java: no counterpart.
"""

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import KafkaError
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Drained, Sender


def mute_partition(self: RecordAccumulator, topic_partition: TopicPartition) -> None:
    """Take no batch of this partition until the one under way is answered."""
    raise NotImplementedError("mute_partition is not written yet")


def unmute_partition(self: RecordAccumulator, topic_partition: TopicPartition) -> None:
    """Take batches of this partition again."""
    raise NotImplementedError("unmute_partition is not written yet")


def _note_in_flight(self: Sender, drained: Drained, now_ms: int) -> None:
    """From here on these batches are watched here, and no more in the accumulator.

    Their topics are in use, so metadata must not forget them. (Java says so with every record; a batch will do.)
    """
    raise NotImplementedError("_note_in_flight is not written yet")


def reenqueue(self: RecordAccumulator, batch: ProducerBatch, error: KafkaError, now_ms: int) -> None:
    """Put a batch back to where it was in its queue, for another attempt after a backoff."""
    raise NotImplementedError("reenqueue is not written yet")


OPTIONS: dict[str, object] = {}
"""Options of a KafkaProducer under which a retry loses the order."""
