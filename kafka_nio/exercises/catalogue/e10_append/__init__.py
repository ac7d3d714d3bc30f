"""e10: a record joins a batch, and the sender is woken if there is a reason.

Java: org.apache.kafka.clients.producer.internals.RecordAccumulator.append
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e10",
    name="append",
    kind=Kind.BUILD,
    title="Add a record to a batch, and know when to wake the sender",
    chapter="chapters/accumulator.md",
    story="""
        `RecordAccumulator.append` adds a record to the last batch of its partition's queue, or opens a new batch. It
        calls `_try_append` with the lock held, and if that gives back None, `_take_memory_and_append` without it.
        What comes out goes to the producer as `(future, batch is full, new batch created)`, and
        `KafkaProducer._append` decides whether the sender is woken. These three are yours.

        `_try_append`. If `self._closed`, raise `IllegalStateError` with a sentence. `self._queues` is a dict of
        deques, by `(topic, partition)`, without empty ones. `batch.try_append(record)` adds a record and gives back
        its future, or None if there is no room; `batch.is_full` tells whether it is full afterwards.
        `UNKNOWN_PARTITION` leaves the choice to the sticky partitioner:

        - `self._partitioners[topic]` is it, and `.current_partition(cluster)` the partition that it stays at for now;
        - it counts bytes to know when to move on. After a record was added, tell it `.update_partition_info(bytes by
          which batch.estimated_size grew, cluster, batch.is_full)`.

        `_take_memory_and_append`. A batch takes `self._batch_size` bytes, or `estimate_batch_size_upper_bound(key,
        value, headers)` if that is more; a record is the tuple `(timestamp, key, value, headers, callback)`.
        `self.buffer_pool.allocate(size, max_wait_ms, reservation)` takes them, and may wait for other threads to give
        some back; so `self._lock` must not be held meanwhile. What was taken stands in `reservation.size`, a new
        `Reservation()`. With the lock held, `self.append_new_batch(topic, partition, record, size, cluster)` opens
        the batch, which owns the memory from then on: set `reservation.size` to 0. What still stands there at the
        end, whatever happened, goes back with `self.buffer_pool.deallocate`.

        `KafkaProducer._append`. `self._accumulator` is the accumulator and `self._sender.wakeup()` wakes the sender.
        If `self._transactions` is not None and `self._transactions.is_transactional`, tell it first:
        `maybe_add_partition(future.topic_partition)`. Give back the future. The sender sleeps until the batches that
        it knows of have lingered. When must it know of something else?
    """,
    hints=(
        "While a thread waits for memory the lock is free. What may another thread have done to the same queue "
        "meanwhile? And which records change what the sender knows: when the first batch is due, or that one need "
        "not wait?",
        "The last batch is `queue[-1]`. `_try_append` can be called a second time, once the memory is there and "
        "the lock is held again. `append` gives back both reasons to wake the sender.",
        "_try_append: None without a queue; else the last batch's future, its is_full, False; or None if it had "
        "no room. _take_memory_and_append: in a try, allocate; then with the lock, _try_append again, and if that "
        "is None, append_new_batch and reservation.size = 0; in the finally, deallocate what stands there. "
        "_append: wake if the batch is full or a new one was created.",
    ),
    targets=(
        Target(RecordAccumulator, "_try_append", stage=Stage.ACCUMULATE, show="partition return"),
        Target(RecordAccumulator, "_take_memory_and_append", stage=Stage.ACCUMULATE, show="partition return"),
        Target(KafkaProducer, "_append", stage=Stage.SEND, show="partition return"),
    ),
    wrong=(
        Wrong(
            "one_look",
            "what was true before a wait is true after it",
            what="Does not look again after it has waited for memory.",
            instead=(("self._try_append(topic, partition, record, cluster)", "None"),),
        ),
        Wrong(
            "only_new_batches_wake",
            "only a new batch wakes the sender",
            what="Does not wake the sender when a batch has become full.",
            instead=(("batch_is_full or new_batch_created", "new_batch_created"),),
        ),
        Wrong(
            "every_record_wakes",
            "every record wakes the sender",
            what="Wakes the sender for every record.",
            instead=(("batch_is_full or new_batch_created", "True"),),
        ),
    ),
)
