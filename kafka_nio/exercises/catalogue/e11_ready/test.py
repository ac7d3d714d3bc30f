"""When a batch may leave, and when to look again.

Java: no counterpart.
"""

from contextlib import suppress
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.errors import BufferExhaustedError, NotEnoughReplicasError
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.metrics import Metrics
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.drain import ReadyCheckResult
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator

DELAY = "linger is a delay"
LOOK = "somebody will look again in time"
ONLY = "only size and time make a batch leave"
HURRY = "who must not wait need not back off either"
ADDED = "backoff and linger add up"
LEADER = "a partition is its leader"
ALL = "every batch of a queue may leave"

LINGER_MS, BACKOFF_MS = 500, 100
BATCH_SIZE = 1_000
SMALL, LARGE = b"small", bytes(BATCH_SIZE)
NODES = [Node(number, f"broker-{number}", 9092) for number in range(2)]


def led_by(*leaders: int | None, epoch: int = 0) -> Cluster:
    """A topic with a partition for each of these leaders."""
    infos = [
        PartitionInfo("orders", number, None if leader is None else NODES[leader], epoch)
        for number, leader in enumerate(leaders)
    ]
    return Cluster(tuple(NODES), {TopicPartition(info.topic, info.partition): info for info in infos})


def after(delay_ms: float) -> str:
    """When that is, in words."""
    return "never" if delay_ms == NEVER else f"in {delay_ms:g} ms"


class Records:
    """Records in their queues, at a time that only a test changes."""

    def __init__(self, *, linger_ms: float = LINGER_MS, buffer_memory: int = 100_000) -> None:
        self.clock, io_thread = MockClock(), IoThread()
        self.accumulator = RecordAccumulator(
            batch_size=BATCH_SIZE,
            linger_ms=linger_ms,
            delivery_timeout_ms=120_000,
            retry_backoff_ms=BACKOFF_MS,
            retry_backoff_max_ms=BACKOFF_MS,
            buffer_pool=BufferPool(buffer_memory, self.clock, io_thread, Metrics()),
            clock=self.clock,
            io_thread=io_thread,
            random=Random(1),
        )

    def add(self, partition: int, value: bytes = SMALL, max_wait_ms: float = 0) -> None:
        """A record is sent to this partition."""
        record = (0, None, value, (), None)
        self.accumulator.append("orders", partition, record, max_wait_ms, led_by(0, 0))

    def refused(self, partition: int = 0) -> ProducerBatch:
        """The first batch of this partition is sent, refused, and put back."""
        others = [None] * partition
        batches = self.accumulator.drain(led_by(*others, 0), [NODES[0]], 1_000_000, self.clock.now_ms())
        (batch,) = batches[0]
        self.accumulator.reenqueue(batch, NotEnoughReplicasError(), self.clock.now_ms())
        return batch

    def ready(self, cluster: Cluster | None = None) -> ReadyCheckResult:
        """What the sender finds now."""
        return self.accumulator.ready(cluster or led_by(0, 0), self.clock.now_ms())

    def is_ready(self, cluster: Cluster | None = None) -> bool:
        """Whether node 0 is ready."""
        return NODES[0] in self.ready(cluster).ready_nodes


@misconception(DELAY, "Linger is how long a batch waits for more records. A full one takes no more.")
def test_a_full_batch_is_ready_at_once() -> None:
    """A batch that is full, or that another one stands behind, does not linger."""
    records = Records()
    records.add(0, LARGE)
    assert records.is_ready(), "it lingers, and it is full"
    records = Records()
    records.add(0, bytes(600))
    records.add(0, bytes(600))
    assert records.is_ready(), "it lingers, and another batch stands behind it"


@misconception(LOOK, "The sender sleeps for as long as you say, unless something happens. Nothing will.")
@given(linger_ms=st.integers(0, 1_000), passed_ms=st.integers(0, 1_200))
def test_a_batch_lingers_and_no_longer(linger_ms: int, passed_ms: int) -> None:
    """A batch is ready once it has lingered; until then the sender is told how long that is."""
    records = Records(linger_ms=linger_ms)
    records.add(0)
    records.clock.sleep(passed_ms)
    found, left_ms = records.ready(), linger_ms - passed_ms
    is_ready, delay_ms = bool(found.ready_nodes), found.next_ready_check_delay_ms
    assert is_ready == (left_ms <= 0), f"{passed_ms} of {linger_ms} ms have passed, and ready is {is_ready}"
    if left_ms > 0:
        assert delay_ms == left_ms, f"{left_ms} ms are left, and it says to look again {after(delay_ms)}"


@misconception(LOOK, "Of several that wait, the sender must be awake for the first.")
def test_the_next_look_is_when_the_first_batch_is_due() -> None:
    """Of two batches that linger, the one that is due first decides how long the sender may sleep."""
    records = Records()
    records.add(0)
    records.clock.sleep(200)
    records.add(1)
    delay_ms = records.ready(led_by(0, 1)).next_ready_check_delay_ms
    assert delay_ms == 300, f"300 and 500 ms are left; it says to look again {after(delay_ms)}"


@misconception(ONLY, "`flush` waits for these batches. What would they wait for?")
def test_a_flush_makes_every_batch_ready() -> None:
    """While a thread is in `flush`, no batch lingers."""
    records = Records()
    records.add(0)
    records.accumulator.begin_flush()
    assert records.is_ready(), "it lingers, and somebody waits for it in flush"
    records.accumulator.end_flush()
    assert not records.is_ready(), "it is ready, and nobody waits for it any more"


@misconception(ONLY, "No record will come any more.")
def test_closing_makes_every_batch_ready() -> None:
    """Once the producer is being closed, no batch lingers."""
    records = Records()
    records.add(0)
    records.accumulator.close()
    assert records.is_ready(), "it lingers, and no record can join it any more"


@misconception(ONLY, "The thread waits for memory that only a batch gives back, and the batches wait for time to pass.")
def test_a_thread_in_line_for_memory_makes_every_batch_ready() -> None:
    """While a thread stands in line for memory, no batch lingers."""
    records = Records(buffer_memory=BATCH_SIZE)
    records.add(0)
    seen = []
    records.clock.while_waiting.append(lambda: seen.append(records.is_ready()))
    with suppress(BufferExhaustedError):
        records.add(1, max_wait_ms=5)
    assert seen == [True], "it lingers, and somebody waits for its memory"


@misconception(HURRY, "The broker has just refused it. Another attempt in the same moment would end the same way.")
def test_a_batch_that_was_refused_waits_for_its_backoff() -> None:
    """A batch that was sent in vain is not ready before its backoff is over: full, flushed or closing."""
    records = Records()
    records.add(0, LARGE)
    batch = records.refused()
    records.accumulator.begin_flush()
    records.accumulator.close()
    found = records.ready()
    assert not found.ready_nodes, f"it is ready, and has {batch.retry_backoff_ms:.0f} ms of backoff left"
    delay_ms = found.next_ready_check_delay_ms
    assert delay_ms == batch.retry_backoff_ms, f"{batch.retry_backoff_ms} ms are left; look again {after(delay_ms)}?"
    records.clock.sleep(batch.retry_backoff_ms + 1)
    assert records.is_ready(), "it is not ready, and its backoff is over"


@misconception(ADDED, "The time to wait is one or the other, and both began when it was last sent in vain.")
def test_backoff_and_linger_pass_at_the_same_time() -> None:
    """After a backoff that was longer than linger, nothing is left to wait for."""
    records = Records(linger_ms=10)
    records.add(0)
    batch = records.refused()
    batch.is_full = False
    records.clock.sleep(batch.retry_backoff_ms + 1)
    assert records.is_ready(), "it is not ready, and has waited longer than backoff and linger each"


@misconception(LEADER, "The old leader refused it, not this one. Tell the batch the epoch before you ask it.")
def test_a_new_leader_is_tried_at_once() -> None:
    """A batch that backs off is ready as soon as its partition has a new leader."""
    records = Records()
    records.add(0, LARGE)
    records.refused()
    found = records.ready(led_by(1, epoch=1)).ready_nodes
    assert found == [NODES[1]], f"ready are {found}"


@misconception(LEADER, "Nobody can be sent to, but somebody can be asked who leads it.")
def test_a_topic_without_a_leader_is_named_once() -> None:
    """If the leaders of two partitions are not known, their topic is named once, and nobody is ready."""
    records = Records()
    records.add(0, LARGE)
    records.add(1, LARGE)
    found = records.ready(led_by(None, None))
    assert found == ReadyCheckResult([], NEVER, ["orders"]), f"it found {found}"


@misconception(LEADER, "A node is ready or not. Its other partitions do not change that.")
def test_a_ready_node_is_named_once_and_not_waited_for() -> None:
    """A node that is ready is named once, and none of its other batches is waited for."""
    records = Records()
    records.add(0, LARGE)
    records.add(1)
    found = records.ready()
    assert found == ReadyCheckResult([NODES[0]], NEVER, []), f"it found {found}"


@misconception(HURRY, "A batch of this partition is under way, and no other may overtake it.")
def test_a_muted_partition_is_passed_over() -> None:
    """Neither is a muted partition's leader ready, nor is its batch waited for."""
    records = Records()
    records.add(0, LARGE)
    records.accumulator.mute_partition(TopicPartition("orders", 0))
    found = records.ready()
    assert found == ReadyCheckResult([], NEVER, []), f"it found {found}"


@misconception(ALL, "Only the first batch of a queue may leave. What is behind it must not overtake it.")
def test_the_first_batch_decides() -> None:
    """A full batch behind one that backs off does not make the node ready."""
    records = Records()
    records.add(0)
    batch = records.refused()
    records.add(0, LARGE)
    found = records.ready()
    assert not found.ready_nodes, "it is ready, and its first batch backs off"
    assert found.next_ready_check_delay_ms == batch.retry_backoff_ms


@costs
@misconception(ONLY, "Look into the recording: who stands in line, and what are the batches waiting for?")
def test_a_send_without_memory_waits_for_an_answer_and_not_for_linger(play: Play) -> None:
    """In a whole producer without memory left, `send` waits for the broker's answer, and not until linger is over."""
    steps = play("pool-exhausted").recording.steps
    waits_ms = [(step.end_ns - step.start_ns) / 1e6 for step in steps if step.name == "BufferPool.wait_for_memory"]
    assert max(waits_ms) < 100, f"send waited for {max(waits_ms):.0f} ms, and linger is 500"
