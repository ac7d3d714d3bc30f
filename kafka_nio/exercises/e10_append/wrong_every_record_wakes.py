"""Wakes the sender for every record.

Java: no counterpart.
"""

from kafka_nio.cluster import Cluster
from kafka_nio.errors import IllegalStateError
from kafka_nio.producer.buffer_pool import Reservation
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.producer_batch import Appendable, RecordAppendResult
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.protocol.record_batch import estimate_batch_size_upper_bound


def _try_append(
    self: RecordAccumulator, topic: str, partition: int, record: Appendable, cluster: Cluster
) -> RecordAppendResult | None:
    """Add the record to the last batch of its queue. None if there is no batch, or no room in it."""
    if self._closed:
        raise IllegalStateError("the producer is closed")
    sticky = self._partitioners[topic] if partition == UNKNOWN_PARTITION else None
    queue = self._queues.get((topic, partition if sticky is None else sticky.current_partition(cluster)))
    if queue is None:
        return None
    batch = queue[-1]
    size_before = batch.estimated_size
    future = batch.try_append(*record)
    if future is None:
        return None
    if sticky is not None:
        sticky.update_partition_info(batch.estimated_size - size_before, cluster, batch.is_full)
    return future, batch.is_full, False


def _take_memory_and_append(
    self: RecordAccumulator, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
) -> RecordAppendResult:
    """Take memory, and open a batch unless somebody else has."""
    _, key, value, headers, _ = record
    size = max(self._batch_size, estimate_batch_size_upper_bound(key, value, headers))
    reservation = Reservation()
    try:
        self.buffer_pool.allocate(size, max_wait_ms, reservation)
        with self._lock:
            appended = self._try_append(topic, partition, record, cluster)
            if appended is None:
                appended = self.append_new_batch(topic, partition, record, size, cluster)
                reservation.size = 0
        return appended
    finally:
        if reservation.size:
            self.buffer_pool.deallocate(reservation.size)


def _append(
    self: KafkaProducer, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
) -> FutureRecordMetadata:
    """Append the record, and wake the sender."""
    future, _, _ = self._accumulator.append(topic, partition, record, max_wait_ms, cluster)
    if self._transactions is not None:
        self._transactions.maybe_add_partition(future.topic_partition)
    self._sender.wakeup()
    return future
