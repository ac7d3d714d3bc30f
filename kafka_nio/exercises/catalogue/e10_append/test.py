"""A record joins a batch, and the sender is woken if there is a reason.

Java: no counterpart.
"""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.demos import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import IllegalStateError
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play, Watched
from kafka_nio.metrics import Metrics
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.tracing import Recording

OWN = "every record has a batch of its own"
AFTER = "what was true before a wait is true after it"
CLOSED = "closed is the caller's business"
STICKY = "the partitioner finds out by itself"
NEW = "only a new batch wakes the sender"
EVERY = "every record wakes the sender"

BATCH_SIZE, AROUND_A_VALUE = 1_000, 10
NODE = Node(0, "broker-0", 9092)
KNOWN = Cluster((NODE,), {TopicPartition("orders", n): PartitionInfo("orders", n, NODE) for n in range(3)})


class Records:
    """Records in batches of 1,000 bytes."""

    def __init__(self, buffer_memory: int = 1_000_000) -> None:
        self.clock, io_thread = MockClock(), IoThread()
        self.pool = BufferPool(buffer_memory, self.clock, io_thread, Metrics())
        self.accumulator = RecordAccumulator(
            batch_size=BATCH_SIZE,
            linger_ms=0,
            delivery_timeout_ms=120_000,
            retry_backoff_ms=100,
            retry_backoff_max_ms=100,
            buffer_pool=self.pool,
            clock=self.clock,
            io_thread=io_thread,
            random=Random(1),
        )

    def add(self, value: bytes, partition: int = 0) -> tuple[bool, bool]:
        """Add a record; return whether its batch is full now, and whether it is a new one."""
        record = (0, None, value, (), None)
        _, is_full, is_new = self.accumulator.append("orders", partition, record, 1_000, KNOWN)
        return is_full, is_new

    def taken_out(self) -> dict[int, list[ProducerBatch]]:
        """All batches by their partitions, in the order in which they would leave."""
        batches: dict[int, list[ProducerBatch]] = {}
        while drained := self.accumulator.drain(KNOWN, [NODE], 10**9, self.clock.now_ms()):
            for batch in drained[0]:
                batches.setdefault(batch.topic_partition.partition, []).append(batch)
        return batches


def values_of(batch: ProducerBatch) -> list[bytes]:
    """The values of its records."""
    return [bytes(record.value or b"") for record in RecordBatch(batch.close()).records()]


@misconception(OWN, "Look at the last batch of the queue before you open another one.")
def test_a_record_joins_the_batch_that_is_open() -> None:
    """A record joins the last batch of its partition, if there is room."""
    records = Records()
    told = [records.add(b"one"), records.add(b"two")]
    batches = records.taken_out()[0]
    assert len(batches) == 1, f"two small records lie in {len(batches)} batches"
    assert told == [(False, True), (False, False)], f"it said (full, new) = {told}"


@misconception(OWN, "The last batch, `queue[-1]`: the ones before it are full, and leave earlier.")
@settings(max_examples=40)
@given(sizes=st.lists(st.sampled_from([1, 300, 450, 930, 2_000]), max_size=12), partitions=st.integers(1, 2))
def test_records_leave_in_the_order_in_which_they_came(sizes: list[int], partitions: int) -> None:
    """Whatever their sizes, records lie in full batches in the order of `send`, and the pool holds what these took."""
    records = Records()
    sent: dict[int, list[bytes]] = {}
    for number, size in enumerate(sizes):
        value = bytes([number]) * size
        sent.setdefault(number % partitions, []).append(value)
        records.add(value, number % partitions)
    taken = records.pool.total_bytes - records.pool.available_bytes
    batches = records.taken_out()
    found = {partition: [value for one in queue for value in values_of(one)] for partition, queue in batches.items()}
    assert found == sent, "records are missing, or in another order"
    owned = sum(batch.reserved_bytes for queue in batches.values() for batch in queue)
    assert taken == owned, f"{taken} bytes were taken out of the pool, and the batches own {owned}"
    for queue in batches.values():
        for one, other in pairwise(queue):
            size = one.estimated_size + len(values_of(other)[0]) + AROUND_A_VALUE
            assert size > BATCH_SIZE, f"a batch was opened, and the last one had room: {size} bytes with this record"


@misconception(AFTER, "While you waited, the lock was free. Who else may have opened a batch?")
def test_somebody_else_opens_a_batch_meanwhile(watched: Watched) -> None:
    """If another thread has opened a batch while this one waited for memory, the record joins that batch."""
    records = Records(buffer_memory=2 * BATCH_SIZE)
    records.add(b"all", 1)
    records.add(b"memory", 2)

    def meanwhile() -> None:
        for (batch,) in records.taken_out().values():
            records.accumulator.deallocate(batch)
        records.add(b"faster")

    records.clock.while_waiting.append(meanwhile)
    with watched():
        records.add(b"slower")
    free, batches = records.pool.available_bytes, records.taken_out()[0]
    assert len(batches) == 1, f"the two records lie in {len(batches)} batches, each nearly empty"
    assert values_of(batches[0]) == [b"faster", b"slower"]
    assert free == BATCH_SIZE, f"{free} bytes of the pool are free, and one batch of two is open"


@misconception(CLOSED, "After the last turn of the sender nobody would ever send it.")
def test_a_closed_accumulator_takes_no_record() -> None:
    """Once it is closed, a record gets an `IllegalStateError`, even if there is room in a batch."""
    records = Records()
    records.add(b"in time")
    records.accumulator.close()
    with pytest.raises(IllegalStateError):
        records.add(b"too late")


@misconception(STICKY, "Does it hear of the records that join a batch, too?")
def test_the_sticky_partitioner_moves_on() -> None:
    """Records without a partition stay at one for about a batch, then go to others."""
    records = Records()
    for _ in range(60):
        records.add(bytes(100), UNKNOWN_PARTITION)
    counts = Counter({partition: len(queue) for partition, queue in records.taken_out().items()})
    assert len(counts) == 3, f"60 records went to the partitions {sorted(counts)} of 3"
    assert sum(counts.values()) < 15, f"60 records of 100 bytes lie in {sum(counts.values())} batches"


# Who wakes the sender?

VALUES = (bytes(400), bytes(100), bytes(412))
"""With what surrounds them these make 1,000 bytes."""
LINGER_MS = 500


def fill_a_batch(scene: Scene) -> None:
    """Three records: one opens a batch, one joins it, one fills it. The pauses let the sender fall asleep."""
    with scene.producer(linger_ms=LINGER_MS, batch_size=BATCH_SIZE) as producer:
        scene.warm_up(producer)
        scene.begin()
        futures = []
        for value in VALUES:
            futures.append(producer.send(scene.topic, value, partition=0))
            scene.pause(1)
        scene.wait_for(*futures)
        scene.end(producer)


FILL_A_BATCH = Demo("e10", "fill-a-batch", "Three records", "", (), fill_a_batch)


def wakeups_by(recording: Recording) -> list[int]:
    """How often each `send` woke the sender."""
    sends = [step.seq for step in recording.steps if step.name == "KafkaProducer.send"]
    wakeups = [step.seq for step in recording.steps if step.name == "Sender.wakeup"]
    return [
        sum(begin < wakeup < end for wakeup in wakeups)
        for begin, end in zip(sends, [*sends[1:], len(recording.steps)], strict=True)
    ]


@misconception(NEW, "The sender sleeps until the batch has lingered. Who tells it that this one is full?")
def test_a_batch_that_becomes_full_leaves_at_once(play: Play) -> None:
    """The record that fills a batch wakes the sender, so the batch leaves at once and does not linger."""
    recording = play(FILL_A_BATCH).recording
    filled = [step.end_ns for step in recording.steps if step.name == "KafkaProducer.send"][-1]
    left = next(step.start_ns for step in recording.steps if step.name == "Sender.send_produce_request")
    lay_ms = (left - filled) / 1e6
    assert lay_ms < 1, f"the full batch lay for {lay_ms:.0f} ms, because nobody woke the sender"
    assert wakeups_by(recording)[0] == 1, "the record that opened the batch did not wake the sender"


@costs
@misconception(EVERY, "The batch was due before, and is not due any earlier now. The sender knows all it needs.")
def test_a_record_that_only_joins_a_batch_wakes_nobody(play: Play) -> None:
    """The record that opens a batch and the one that fills it wake the sender; one between them does not."""
    wakeups = wakeups_by(play(FILL_A_BATCH).recording)
    assert wakeups == [1, 0, 1], f"three records woke the sender {wakeups} times"
