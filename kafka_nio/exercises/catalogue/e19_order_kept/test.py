"""What it takes that a retry does not change the order.

Java: no counterpart.
"""

from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.broker import Fault
from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.demos import Demo, Outcome, Setting
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import ConfigError, KafkaError, NotEnoughReplicasError
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.metrics import Metrics
from kafka_nio.producer import RecordMetadata
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing import otlp

MUTE = "muting is for ever, or for all"
RETRY = "retries keep order"
WINDOW = "one request in flight keeps the order"
HEAD = "what comes back was first"
NUMBER = "more than one in flight loses the order"

NODE = Node(0, "broker-0", 9092)
ORDERS = [TopicPartition("orders", number) for number in range(2)]
KNOWN = Cluster((NODE,), {one: PartitionInfo(*one, NODE) for one in ORDERS})


class Records:
    """Records in their queues, at a time that only a test changes."""

    def __init__(self) -> None:
        self.clock, io_thread = MockClock(), IoThread()
        self.accumulator = RecordAccumulator(
            batch_size=1_000,
            linger_ms=0,
            delivery_timeout_ms=120_000,
            retry_backoff_ms=100,
            retry_backoff_max_ms=100,
            buffer_pool=BufferPool(100_000, self.clock, io_thread, Metrics()),
            clock=self.clock,
            io_thread=io_thread,
            random=Random(1),
        )

    def add(self, partition: int = 0) -> None:
        """A record comes to stand at the end of this partition's queue."""
        record = (0, None, b"a record", (), None)
        self.accumulator.append("orders", partition, record, 0, KNOWN)

    def take(self) -> list[ProducerBatch]:
        """The batches of the next request."""
        return self.accumulator.drain(KNOWN, [NODE], 1_000_000, self.clock.now_ms()).get(0, [])

    def partitions_taken(self) -> list[int]:
        """Their partitions."""
        return [batch.topic_partition.partition for batch in self.take()]


@misconception(MUTE, "A set of partitions, of which one is put in and taken out again.")
def test_a_muted_partition_keeps_its_batches_until_it_is_unmuted() -> None:
    """A muted partition keeps its batches, the others do not, and once it is unmuted they leave."""
    records = Records()
    for partition in range(2):
        records.add(partition)
    records.accumulator.mute_partition(ORDERS[0])
    taken = records.partitions_taken()
    assert taken == [1], f"partition 0 is muted, and batches of the partitions {taken} left"
    records.accumulator.unmute_partition(ORDERS[0])
    taken = records.partitions_taken()
    assert taken == [0], f"partition 0 is not muted any more, and batches of the partitions {taken} left"


def in_words(outcome: Outcome) -> str:
    """What became of the two records."""
    first, second = (
        f"has offset {result.offset}" if isinstance(result, RecordMetadata) else f"was not written ({result})"
        for result in outcome.results
    )
    return f"the first record {first}, the second {second}"


def is_in_order(outcome: Outcome) -> bool:
    """Whether both are written, the first before the second."""
    offsets = [result.offset for result in outcome.results if isinstance(result, RecordMetadata)]
    return len(offsets) == 2 and offsets == sorted(offsets)


@costs
@misconception(RETRY, "When the first batch comes back, the second one stands in the queue already. Where does it go?")
def test_a_batch_that_was_refused_is_sent_again_before_the_next(play: Play) -> None:
    """With one request in flight, a record that is refused once is written before the next one."""
    outcome = play("order-kept")
    assert is_in_order(outcome), in_words(outcome)


def move_the_leader(scene: Scene) -> None:
    """The first batch is at broker 0, which will refuse it, when the partition moves to broker 1."""
    options = {"max_in_flight_requests_per_connection": 1, "metadata_max_age_ms": 60, "retry_backoff_ms": 20}
    with scene.producer(linger_ms=0, batch_size=0, **options) as producer:
        scene.warm_up(producer)
        scene.order(Fault(ApiKey.PRODUCE, node_id=0, error=NotEnoughReplicasError, delay_ms=120))
        scene.begin()
        first = producer.send(scene.topic, b"first", partition=0)
        scene.pause(2)
        scene.cluster.move_leader(scene.topic, partition=0, node_id=1)
        scene.pause(70)  # by now the producer knows
        second = producer.send(scene.topic, b"second", partition=0)
        scene.wait_for_the_end_of((first, second))
        scene.end(producer)


@misconception(WINDOW, "The window counts per connection. There are two connections, and one request on each.")
def test_the_order_is_kept_when_the_partition_moves(play: Play) -> None:
    """If the partition moves to another broker while its first batch is under way, the second still waits for it."""
    demo = Demo("e19", "leader-moves", "The leader moves", "", (), move_the_leader, setting=Setting(brokers=2))
    outcome = play(demo)
    assert is_in_order(outcome), in_words(outcome)


@misconception(HEAD, "Two that were under way together come back one after the other, and not always in order.")
@settings(max_examples=30)
@given(order=st.permutations(range(4)), count=st.integers(1, 4))
def test_batches_that_come_back_stand_in_the_order_of_send(order: list[int], count: int) -> None:
    """In whatever order batches come back, they stand in their queue in the order in which they were sent."""
    records, batches = Records(), []
    for number in range(5):
        for _ in range(number + 1):
            records.add()
        if number < 4:
            batches += records.take()  # of one record, of two, of three, of four; the last stays in its queue
    back = order[:count]
    for number in back:
        records.accumulator.reenqueue(batches[number], NotEnoughReplicasError(), records.clock.now_ms())
    assert not records.take(), "a batch has just come back, and does not back off"
    records.clock.sleep(1_000)
    left = [batch.record_count for _ in range(count + 1) for batch in records.take()]
    wanted = [*(number + 1 for number in sorted(back)), 5]
    assert left == wanted, f"by how many records they have, they left in the order {left}, and not {wanted}"


@misconception(NUMBER, "By default the broker numbers what it gets, and refuses the second until the first is there.")
def test_the_options_lose_the_order(play: Play, answers: ModuleType, pytestconfig: pytest.Config) -> None:
    """With the options in `OPTIONS`, a record that is refused once is written after the next one."""
    options: dict[str, Any] = getattr(answers, "OPTIONS", {})
    assert options, "OPTIONS is still empty: name options with which a retry loses the order"

    def refuse_the_first(scene: Scene) -> None:
        with scene.make_producer({"linger_ms": 0, "batch_size": 0, **options}) as producer:
            scene.warm_up(producer)
            scene.order(Fault(ApiKey.PRODUCE, error=NotEnoughReplicasError, delay_ms=50))
            scene.begin()
            first = producer.send(scene.topic, b"first", partition=0)
            scene.pause(2)
            second = producer.send(scene.topic, b"second", partition=0)
            scene.wait_for_the_end_of((first, second))
            scene.end(producer)

    try:
        outcome = play(Demo("e19", "order-lost", "Order lost", "", (), refuse_the_first))
    except (ConfigError, KafkaError, TypeError) as error:
        raise AssertionError(f"no producer works with OPTIONS = {options}: {error}") from None
    found = in_words(outcome)
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"with OPTIONS = {options} {found}"
    if options.get("max_in_flight_requests_per_connection", 5) != 1:
        names = {step.name for step in outcome.recording.steps}
        assert "RecordAccumulator.mute_partition" not in names, "it mutes partitions although nobody has asked for that"
    assert not is_in_order(outcome), f"with OPTIONS = {options} the order is kept: {found}"
    file = pytestconfig.rootpath / "runs" / "e19.order-lost.otlp.jsonl"
    file.parent.mkdir(exist_ok=True)
    otlp.write(outcome.recording, file)
