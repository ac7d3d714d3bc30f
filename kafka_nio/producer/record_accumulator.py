"""Records wait in batches, batches wait in queues, one queue for each partition.

The application's threads come in through `append`: the record joins the last batch of its partition's queue, or opens
a new one. The sender's thread takes batches out at the other end through `ready` and `drain`, which `drain.py` tells.

One lock guards the queues. It is held for as long as it takes to add a record or to take out a batch, never while
somebody waits for memory or while a batch is encoded. Java has a lock for each queue, and must therefore check, once it
has it, that the record still belongs there; with one lock that race does not exist. This one remains:

    A finds no room in the last batch and lets go of the lock to take memory for a new one, which may take long.
    B does the same, is faster, and opens a new batch.
    A, back with memory and lock, must look at the last batch again, finds room in B's, and returns the memory.

Left out against Java: sequence numbers and transactions, splitting, adaptive partitioning.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator
"""

import threading
from collections import deque
from collections.abc import Iterable
from random import Random
from typing import TypeAlias

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.clock import Clock
from kafka_nio.cluster import Cluster, Node, TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError, KafkaTimeoutError
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.drain import Drain, Queues, ReadyCheckResult
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.partitioner import BuiltInPartitioner
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION, Callback, Headers
from kafka_nio.protocol.record_batch import RecordBatchBuilder, estimate_batch_size_upper_bound
from kafka_nio.spans import Stage, span

Appendable: TypeAlias = tuple[int, bytes | None, bytes | None, Headers, Callback | None]
"""A record as it goes into a batch: timestamp in milliseconds, key, value, headers, callback."""

RecordAppendResult: TypeAlias = tuple[FutureRecordMetadata, bool, bool]
"""The record's future; whether its batch is full now; whether a new batch was opened for it.

Either is a reason to wake the sender. Java wakes it for every further record too, as long as the queue holds more than
one batch; but it was woken already when the second one was opened.
"""


class RecordAccumulator:
    """All records whose outcome is still open.

    Args:
        batch_size: bytes after which a batch is full; with 0 every record has a batch of its own.
        linger_ms: how long a batch waits to become full.
        delivery_timeout_ms: how long after its making a batch is given up.
        retry_backoff_ms, retry_backoff_max_ms: how long a batch waits after its first failed attempt, and the limit up
            to which that grows.
        buffer_pool: where batches take their memory.
        clock: where time comes from.
        io_thread: the thread that completes batches, and therefore never waits for one.
        random: for the sticky partition and for the jitter of retries.
    """

    def __init__(
        self,
        *,
        batch_size: int,
        linger_ms: float,
        delivery_timeout_ms: float,
        retry_backoff_ms: float,
        retry_backoff_max_ms: float,
        buffer_pool: BufferPool,
        clock: Clock,
        io_thread: IoThread,
        random: Random,
    ) -> None:
        self.delivery_timeout_ms = delivery_timeout_ms
        self.buffer_pool = buffer_pool
        self._batch_size = max(batch_size, 1)
        self._retry_backoff = ExponentialBackoff(retry_backoff_ms, retry_backoff_max_ms, random)
        self._clock = clock
        self._io_thread = io_thread
        self._random = random
        # guarded by the lock:
        self._lock = threading.Lock()
        self._queues: Queues = {}
        self._partitioners: dict[str, BuiltInPartitioner] = {}
        self._incomplete: dict[ProducerBatch, None] = {}
        self._flushes_in_progress = 0
        self._closed = False
        # belongs to the sender's thread:
        self._drain = Drain(
            self._queues,
            self._lock,
            linger_ms=linger_ms,
            delivery_timeout_ms=delivery_timeout_ms,
            must_send_now=lambda: self.must_send_now,
        )

    # Adding a record (the application's threads)...

    @span(Stage.ACCUMULATE, show="topic partition return")
    def append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> RecordAppendResult:
        """Add a record to the last batch of its partition, or open a new batch for it.

        Args:
            topic: where to.
            partition: `UNKNOWN_PARTITION` to leave the choice to the built-in partitioner.
            record: timestamp, key, value, headers and callback.
            max_wait_ms: how long to wait for memory, if a new batch is needed and there is none.
            cluster: from whose partitions the built-in partitioner chooses.

        Raises:
            BufferExhaustedError: no memory in that time.
            IllegalStateError: the producer is closed, or was closed meanwhile.
        """
        with self._lock:
            appended = self._try_append(topic, partition, record, cluster)
        return appended or self._take_memory_and_append(topic, partition, record, max_wait_ms, cluster)

    def _take_memory_and_append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> RecordAppendResult:
        _, key, value, headers, _ = record
        size = max(self._batch_size, estimate_batch_size_upper_bound(key, value, headers))
        self.buffer_pool.allocate(size, max_wait_ms)
        unused = size
        try:
            with self._lock:
                # Somebody else may have opened a batch while we waited.
                appended = self._try_append(topic, partition, record, cluster)
                if appended is None:
                    appended = self.append_new_batch(topic, partition, record, size, cluster)
                    unused = 0
        finally:
            if unused:
                self.buffer_pool.deallocate(unused)
        return appended

    # Called with the lock held...

    def _try_append(
        self, topic: str, partition: int, record: Appendable, cluster: Cluster
    ) -> RecordAppendResult | None:
        """Add the record to the last batch of its queue. None if there is no batch, or no room in it."""
        if self._closed:
            raise IllegalStateError("the producer is closed, so it takes no more records")
        sticky = None
        if partition == UNKNOWN_PARTITION:
            sticky = self._partitioner(topic)
            partition = sticky.current_partition(cluster)
        queue = self._queues.get((topic, partition))
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

    @span(Stage.ACCUMULATE, show="topic partition reserved_bytes")
    def append_new_batch(
        self, topic: str, partition: int, record: Appendable, reserved_bytes: int, cluster: Cluster
    ) -> RecordAppendResult:
        """Open a new batch at the end of the queue and add the record, for which it always has room."""
        chosen = self._partitioner(topic).current_partition(cluster) if partition == UNKNOWN_PARTITION else partition
        topic_partition = TopicPartition(topic, chosen)
        builder = RecordBatchBuilder(size_limit=self._batch_size)
        result = ProduceRequestResult(topic_partition, self._clock, self._io_thread)
        batch = ProducerBatch(topic_partition, builder, result, reserved_bytes, self._clock.now_ms())
        self._queues.setdefault(topic_partition, deque()).append(batch)
        self._incomplete[batch] = None
        appended = self._try_append(topic, partition, record, cluster)
        assert appended is not None, "the first record of a batch always fits"
        future, is_full, _ = appended
        return future, is_full, True

    def _partitioner(self, topic: str) -> BuiltInPartitioner:
        partitioner = self._partitioners.get(topic)
        if partitioner is None:
            partitioner = self._partitioners[topic] = BuiltInPartitioner(topic, self._batch_size, self._random)
        return partitioner

    # Taking batches out (the sender's thread)...

    @property
    def must_send_now(self) -> bool:
        """Whether no batch should wait any longer: somebody flushes, somebody needs the memory, or we are closing."""
        return self._flushes_in_progress > 0 or self.buffer_pool.queued > 0 or self._closed

    @span(Stage.RUN, show="return")
    def ready(self, cluster: Cluster, now_ms: int) -> ReadyCheckResult:
        """Find the nodes that lead a partition with something to send."""
        return self._drain.ready(cluster, now_ms)

    @span(Stage.RUN, show="nodes max_request_size return")
    def drain(
        self, cluster: Cluster, nodes: Iterable[Node], max_request_size: int, now_ms: int
    ) -> dict[int, list[ProducerBatch]]:
        """Take out, for each of these nodes, the batches of its next request. Nodes without any are left out."""
        return self._drain.drain(cluster, nodes, max_request_size, now_ms)

    @span(Stage.RUN, show="now_ms return")
    def expired_batches(self, now_ms: int) -> list[ProducerBatch]:
        """Take out the batches whose delivery timeout is over."""
        return self._drain.expired_batches(now_ms)

    @property
    def next_expiry_ms(self) -> float:
        """When the first of the queued batches will be too late, as of the last `expired_batches`."""
        return self._drain.next_expiry_ms

    @span(Stage.RUN, show="topic_partition")
    def mute_partition(self, topic_partition: TopicPartition) -> None:
        """Take no batch of this partition until the one under way is answered."""
        self._drain.muted.add(topic_partition)

    @span(Stage.COMPLETE, show="topic_partition")
    def unmute_partition(self, topic_partition: TopicPartition) -> None:
        """Take batches of this partition again."""
        self._drain.muted.discard(topic_partition)

    @span(Stage.COMPLETE, show="batch error")
    def reenqueue(self, batch: ProducerBatch, error: KafkaError, now_ms: int) -> None:
        """Put a batch back at the head of its queue, for another attempt after a backoff."""
        batch.reenqueued(error, self._retry_backoff.backoff(batch.attempts), now_ms)
        with self._lock:
            self._queues.setdefault(batch.topic_partition, deque()).appendleft(batch)

    def deallocate(self, batch: ProducerBatch) -> None:
        """Forget a batch that is done and that no request holds any more, and give its memory back, once."""
        with self._lock:
            self._incomplete.pop(batch, None)
            reserved_bytes, batch.reserved_bytes = batch.reserved_bytes, 0
        if reserved_bytes:
            self.buffer_pool.deallocate(reserved_bytes)

    # Flushing (the application's threads)...

    def begin_flush(self) -> None:
        """From now on every batch is sendable, whether full or not."""
        with self._lock:
            self._flushes_in_progress += 1

    @span(Stage.ACCUMULATE, show="timeout_ms")
    def await_flush_completion(self, timeout_ms: float) -> None:
        """Wait for the outcome of every batch that exists now; batches that come later are somebody else's.

        Raises:
            KafkaTimeoutError: some of them have none yet.
        """
        deadline_ms = self._clock.now_ms() + timeout_ms
        try:
            for batch in self._incomplete_batches():
                if not batch.result.wait(max(0.0, deadline_ms - self._clock.now_ms())):
                    open_batches = [batch for batch in self._incomplete_batches() if not batch.is_done]
                    raise KafkaTimeoutError(
                        f"{len(open_batches)} batches without an outcome after a flush of {timeout_ms:.0f} ms, "
                        f"the first of them is {batch!r}"
                    )
        finally:
            with self._lock:
                self._flushes_in_progress -= 1

    def _incomplete_batches(self) -> list[ProducerBatch]:
        with self._lock:
            return list(self._incomplete)

    # Closing...

    def close(self) -> None:
        """Take no more records, and wake whoever waits for memory. Once this returns, nothing can be appended."""
        with self._lock:
            self._closed = True
        self.buffer_pool.close()

    @property
    def has_incomplete(self) -> bool:
        """Whether a record is without an outcome."""
        return any(not batch.is_done for batch in self._incomplete_batches())

    def abort_incomplete_batches(self, error: KafkaError) -> int:
        """Give every record without an outcome this one; return how many those were. Only after `close`."""
        assert self._closed, "or new batches would come as fast as old ones go"
        with self._lock:
            self._queues.clear()
        aborted = [batch for batch in self._incomplete_batches() if not batch.is_done]
        for batch in aborted:
            batch.abort(error)
            self.deallocate(batch)
        return sum(batch.record_count for batch in aborted)

    def __repr__(self) -> str:
        queued = sum(map(len, self._queues.values()))
        state = "closed" if self._closed else "flushing" if self._flushes_in_progress else "open"
        return f"<RecordAccumulator: {queued} batches queued, {len(self._incomplete)} without an outcome, {state}>"
