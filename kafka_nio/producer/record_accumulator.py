"""Records wait in batches, batches wait in queues, one queue for each partition.

The application's threads come in through `append`: the record joins the last batch of its partition's queue, or opens
a new one. The sender's thread takes batches out at the other end through `ready` and `drain`, which `drain.py` tells.

One lock guards the queues. It is held for as long as it takes to add a record or to take out a batch, never while
somebody waits for memory or while a batch is encoded. Java has a lock for each queue, and must therefore check, once it
has it, that the record still belongs there; with one lock that race does not exist. This one remains:

    A finds no room in the last batch and lets go of the lock to take memory for a new one, which may take long.
    B does the same, is faster, and opens a new batch.
    A, back with memory and lock, must look at the last batch again, finds room in B's, and returns the memory.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator
"""

import threading
from bisect import bisect
from collections import deque
from collections.abc import Callable, Iterable
from random import Random

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.clock import Clock
from kafka_nio.cluster import Cluster, Node, TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError
from kafka_nio.producer.batch_factory import BatchFactory
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.buffer_pool import BufferPool, Reservation
from kafka_nio.producer.catching_up import Pile
from kafka_nio.producer.drain import Drain, Queues, ReadyCheckResult
from kafka_nio.producer.incomplete_batches import IncompleteBatches
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.partition_load import DEFAULT_PARTITIONER, PartitionerConfig, PartitionLoad
from kafka_nio.producer.partitioner import BuiltInPartitioners
from kafka_nio.producer.producer_batch import Appendable, ProducerBatch, RecordAppendResult
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION
from kafka_nio.producer.split import split
from kafka_nio.protocol.compression import NO_COMPRESSION, Compression
from kafka_nio.protocol.record_batch import estimate_batch_size_upper_bound
from kafka_nio.spans import Stage, decision, span


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
        compression: how batches are compressed.
        sequences, partitioner: number the batches, if they are numbered; choose for records without a key.
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
        compression: Compression = NO_COMPRESSION,
        sequences: BatchSequences | None = None,
        partitioner: PartitionerConfig = DEFAULT_PARTITIONER,
    ) -> None:
        self.delivery_timeout_ms = delivery_timeout_ms
        self.buffer_pool = buffer_pool
        self._batch_size = max(batch_size, 1)
        self._retry_backoff = ExponentialBackoff(retry_backoff_ms, retry_backoff_max_ms, random)
        self._clock = clock
        self._batches = BatchFactory(compression, clock, io_thread)
        self._sequences = sequences
        # guarded by the lock:
        self._lock = threading.Lock()
        self._queues: Queues = {}
        self._load = PartitionLoad(self._queues, partitioner.availability_timeout_ms) if partitioner.adaptive else None
        self._partitioners = BuiltInPartitioners(self._batch_size, random, self._load, partitioner.rack)
        self.incomplete = IncompleteBatches(self._lock)
        self._pile = Pile(self._queues, clock, io_thread)
        self._flushing_threads: set[int] = set()
        self._closed = False
        # belongs to the sender's thread:
        self._drain = Drain(
            self._queues,
            self._lock,
            linger_ms=linger_ms,
            delivery_timeout_ms=delivery_timeout_ms,
            must_send_now=lambda: self.must_send_now,
            sequences=sequences,
        )

    # Adding a record (the application's threads)...

    @span(Stage.ACCUMULATE, show="topic partition return")
    def append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> RecordAppendResult:
        """Add a record to the last batch of its partition, or open a new batch for it.

        Args:
            topic, partition: where to; `UNKNOWN_PARTITION` leaves the choice to the built-in partitioner.
            record: timestamp, key, value, headers and callback.
            max_wait_ms: how long to wait for memory, if a new batch is needed and there is none.
            cluster: from whose partitions the built-in partitioner chooses.

        Raises:
            BufferExhaustedError: no memory in that time.
            IllegalStateError: the producer is closed, or was closed meanwhile.
        """
        with self._lock:
            appended = self._try_append(topic, partition, record, cluster)
        if appended is None:
            appended = self._take_memory_and_append(topic, partition, record, max_wait_ms, cluster)
            self._pile.let_sender_catch_up(appended, max_wait_ms)
        return appended

    def _take_memory_and_append(
        self, topic: str, partition: int, record: Appendable, max_wait_ms: float, cluster: Cluster
    ) -> RecordAppendResult:
        _, key, value, headers, _ = record
        size = max(self._batch_size, estimate_batch_size_upper_bound(key, value, headers))
        reservation = Reservation()
        try:
            self.buffer_pool.allocate(size, max_wait_ms, reservation)
            with self._lock:
                # Somebody else may have opened a batch while we waited.
                appended = self._try_append(topic, partition, record, cluster)
                if appended is None:
                    appended = self.append_new_batch(topic, partition, record, size, cluster)
                    reservation.size = 0
        finally:
            if reservation.size:
                self.buffer_pool.deallocate(reservation.size)
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
            sticky = self._partitioners[topic]
            partition = sticky.current_partition(cluster) if sticky.partition is None else sticky.partition
        queue = self._queues.get((topic, partition))
        if queue is None:
            return None
        batch = queue[-1]
        size_before = batch.estimated_size
        future = batch.try_append(record)
        if future is None:
            return None
        if sticky is not None:
            appended_bytes = batch.estimated_size - size_before
            if sticky.produced_bytes + appended_bytes < self._batch_size:
                sticky.produced_bytes += appended_bytes  # nearly always, and a call would be for nothing
            else:
                sticky.update_partition_info(appended_bytes, cluster, batch.is_full)
        return future, batch.is_full, False

    @span(Stage.ACCUMULATE, show="topic partition reserved_bytes")
    def append_new_batch(
        self, topic: str, partition: int, record: Appendable, reserved_bytes: int, cluster: Cluster
    ) -> RecordAppendResult:
        """Open a new batch, add the record, for which it always has room, and put it at the end of the queue."""
        sticky = self._partitioners[topic] if partition == UNKNOWN_PARTITION else None
        topic_partition = TopicPartition(topic, partition if sticky is None else sticky.current_partition(cluster))
        batch = self._batches.new_batch(topic_partition, self._batch_size, reserved_bytes, self._clock.now_ms())
        size_before = batch.estimated_size
        future = batch.try_append(record)
        assert future is not None, "the first record of a batch always fits"
        try:
            self._put_into_queue(batch)
            if sticky is not None:
                sticky.update_partition_info(batch.estimated_size - size_before, cluster, batch.is_full)
        except BaseException:
            # Ctrl-C: either the batch is known in both places, or in neither.
            self._drain.remove([batch])
            self.incomplete.remove(batch)
            raise
        return future, batch.is_full, True

    def _put_into_queue(self, batch: ProducerBatch) -> None:
        self.incomplete.add([batch])
        queue = self._queues.setdefault(batch.topic_partition, deque([batch]))
        if queue[-1] is not batch:
            queue.append(batch)

    # Taking batches out (the sender's thread)...

    @property
    @decision("return", "flushing exhausted self._closed completing")
    def must_send_now(self) -> bool:
        """Whether no batch should wait any longer: for a flush, for memory, for a transaction's end, or for ours."""
        flushing, exhausted = bool(self._flushing_threads), self.buffer_pool.queued > 0
        completing = self._sequences is not None and self._sequences.is_completing
        return flushing or exhausted or self._closed or completing

    @span(Stage.RUN, show="return")
    def ready(self, cluster: Cluster, now_ms: int) -> ReadyCheckResult:
        """Find the nodes that lead a partition with something to send."""
        return self._drain.ready(cluster, now_ms)

    def update_node_latency_stats(self, node_id: int, now_ms: int, *, can_drain: bool) -> None:
        """Note whether a node that there are batches for can take them."""
        if self._load is not None:
            self._load.update_node(node_id, now_ms, can_drain=can_drain)

    @span(Stage.RUN, show="nodes max_request_size return")
    def drain(
        self, cluster: Cluster, nodes: Iterable[Node], max_request_size: int, now_ms: int
    ) -> dict[int, list[ProducerBatch]]:
        """Take out, for each of these nodes, the batches of its next request. Nodes without any are left out."""
        return self._drain.drain(cluster, nodes, max_request_size, now_ms)

    def take_not_encoded(self) -> list[tuple[ProducerBatch, KafkaError]]:
        """Those of the batches drained so far that could not be made bytes of, each with the reason."""
        taken, self._drain.not_encoded = self._drain.not_encoded, []
        return taken

    @span(Stage.RUN, show="now_ms return")
    def expired_batches(self, now_ms: int) -> list[ProducerBatch]:
        """Take out the batches whose delivery timeout is over."""
        return self._drain.expired_batches(now_ms)

    def take_all(self) -> list[ProducerBatch]:
        """Take out every batch that waits to be sent."""
        return self._drain.take_all()

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
        """Put a batch back to where it was in its queue, for another attempt after a backoff."""
        batch.reenqueued(error, self._retry_backoff.backoff(batch.attempts), now_ms)
        with self._lock:
            queue = self._queues.setdefault(batch.topic_partition, deque())
            queue.insert(self._place_in(queue, batch), batch)

    def _place_in(self, queue: deque[ProducerBatch], batch: ProducerBatch) -> int:
        if self._sequences is not None:
            return self._sequences.place_in(queue, batch)
        return bisect(queue, batch.place, key=lambda queued: queued.place)

    @span(Stage.COMPLETE, show="batch return")
    def split_and_reenqueue(self, batch: ProducerBatch) -> list[ProducerBatch]:
        """Put smaller batches with the same records where a batch was that is too large: at the head of its queue.

        They count as not tried yet. The memory is the batch's own; it is given back with the batch.
        """
        parts = split(batch, lambda half: self._batches.new_part(batch, min(half, self._batch_size)))
        if self._sequences is not None:
            self._sequences.split(batch, parts)
        with self._lock:
            self.incomplete.add(parts)
            queue = self._queues.setdefault(batch.topic_partition, deque())
            for index, part in enumerate(parts, self._place_in(queue, batch)):
                queue.insert(index, part)
        return parts

    def deallocate(self, batch: ProducerBatch) -> None:
        """Forget a batch that is done and that no request holds any more, and give its memory back, once."""
        with self._lock:
            self.incomplete.remove(batch)
            reserved_bytes, batch.reserved_bytes = batch.reserved_bytes, 0
        if reserved_bytes:
            self.buffer_pool.deallocate(reserved_bytes)

    # Flushing (the application's threads)...

    def begin_flush(self) -> None:
        """From now on every batch is sendable, whether full or not, until this thread says `end_flush`."""
        with self._lock:
            self._flushing_threads.add(threading.get_ident())

    def end_flush(self) -> None:
        """This thread waits no longer; if it did not begin to, nothing happens."""
        with self._lock:
            self._flushing_threads.discard(threading.get_ident())

    @span(Stage.ACCUMULATE, show="timeout_ms")
    def await_flush_completion(self, timeout_ms: float) -> None:
        """Wait for the outcome of every batch that exists now; batches that come later are somebody else's.

        Raises:
            KafkaTimeoutError: some of them have none yet.
        """
        try:
            self.incomplete.await_outcomes(timeout_ms, self._clock)
        finally:
            self.end_flush()

    # Closing...

    def close(self) -> None:
        """Take no more records, and wake whoever waits for memory. Once this returns, nothing can be appended."""
        with self._lock:
            self._closed = True
        self.buffer_pool.close()

    def abort_incomplete_batches(self, error: KafkaError) -> int:
        """Give every record without an outcome this one; return how many those were. Only after `close`."""
        assert self._closed, "or new batches would come as fast as old ones go"
        aborted = self.abort_batches(error)
        for batch in self.incomplete.all():  # done, yet kept by requests that will never be heard of again
            self.deallocate(batch)
        return aborted

    @span(Stage.COMPLETE, show="error return")
    def abort_batches(self, error: KafkaError, concerned: Callable[[ProducerBatch], bool] = lambda batch: True) -> int:
        """Give up the batches concerned, wherever they are; return how many records those were."""
        aborted = [batch for batch in self.incomplete.open() if concerned(batch)]
        with self._lock:
            self._drain.remove(aborted)
        for batch in aborted:
            batch.abort(error)
            self.deallocate(batch)
        return sum(batch.record_count for batch in aborted)

    def __repr__(self) -> str:
        queued = sum(map(len, self._queues.values()))
        state = "closed" if self._closed else "flushing" if self._flushing_threads else "open"
        return f"<RecordAccumulator: {queued} batches queued, {len(self.incomplete)} without an outcome, {state}>"
