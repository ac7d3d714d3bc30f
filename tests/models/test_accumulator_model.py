"""The accumulator against lists of records: none lost, none twice, in order, and all memory comes back."""

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import BufferExhaustedError, KafkaError, NotEnoughReplicasError
from kafka_nio.producer.futures import same_for_all
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.record_batch import RecordBatch
from tests.models.settings import MODEL
from tests.producer.parts import NODE_0, NODE_1, ORDERS_0, ORDERS_1, ORDERS_2, Outcomes, accumulator, append, cluster

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

MEMORY = 1_500
BATCH_SIZE = 200
LINGER_MS = 20
BACKOFF_MS = 50
DELIVERY_TIMEOUT_MS = 500
MOST_BYTES = 450

KNOWN = cluster(NODE_0, NODE_1, NODE_0)
LED_BY = {NODE_0: (ORDERS_0, ORDERS_2), NODE_1: (ORDERS_1,)}

Partitions = st.sampled_from([ORDERS_0, ORDERS_1, ORDERS_2])
Nodes = st.sampled_from([NODE_0, NODE_1])
Numbers = st.integers(0, 9)


def values(batch: ProducerBatch) -> list[bytes]:
    return [record.value or b"" for record in RecordBatch(batch.close()).records()]


class AccumulatorModel(RuleBasedStateMachine):
    """`queued` are the records that wait, by partition and in order; `under_way` are batches that were drained."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = MockClock(now_ms=1_000)
        self.records = accumulator(
            self.clock,
            batch_size=BATCH_SIZE,
            linger_ms=LINGER_MS,
            delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
            retry_backoff_ms=BACKOFF_MS,
            buffer_memory=MEMORY,
        )
        self.numbers = itertools.count()
        self.queued: dict[TopicPartition, list[bytes]] = {ORDERS_0: [], ORDERS_1: [], ORDERS_2: []}
        self.under_way: list[tuple[ProducerBatch, list[bytes]]] = []
        self.outcomes: dict[bytes, Outcomes] = {}
        self.muted: set[TopicPartition] = set()

    # What the application does...

    @rule(topic_partition=Partitions, size=st.sampled_from([6, 6, 40, 150, 700]))
    def send(self, topic_partition: TopicPartition, size: int) -> None:
        value = (b"%06d" % next(self.numbers)).ljust(size, b".")
        outcomes = Outcomes()
        free = self.records.buffer_pool.available_bytes
        try:
            append(self.records, topic_partition, value, callback=outcomes, known=KNOWN)
        except BufferExhaustedError:
            assert free < max(BATCH_SIZE, size + 100), "there was memory enough"
            return
        self.queued[topic_partition].append(value)
        self.outcomes[value] = outcomes

    @rule(duration_ms=st.sampled_from([1, LINGER_MS, BACKOFF_MS, DELIVERY_TIMEOUT_MS]))
    def time_passes(self, duration_ms: int) -> None:
        self.clock.sleep(duration_ms)

    @rule()
    def flush_in_vain(self) -> None:
        """As long as somebody flushes, whatever is queued may leave."""
        self.records.begin_flush()
        ready = self.records.ready(KNOWN, self.clock.now_ms()).ready_nodes
        for node, led in LED_BY.items():
            first = [self.records._queues[place][0] for place in led if place in self.records._queues]
            can_leave = any(
                not batch.is_backing_off(self.clock.now_ms()) and batch.topic_partition not in self.muted
                for batch in first
            )
            assert (node in ready) == can_leave
        self.records.end_flush()

    # What the sender does...

    @rule()
    def drain_all(self) -> None:
        for node in LED_BY:
            self.drain(node)

    @rule(topic_partition=Partitions, size=st.sampled_from([6, 40]))
    def send_and_drain(self, topic_partition: TopicPartition, size: int) -> None:
        self.send(topic_partition, size)
        self.drain_all()

    @rule(node=Nodes)
    def drain(self, node: Node) -> None:
        now_ms = self.clock.now_ms()
        drained = self.records.drain(KNOWN, [node], MOST_BYTES, now_ms).get(node.id, [])
        assert len({batch.topic_partition for batch in drained}) == len(drained), "one of each partition"
        assert len(drained) <= 1 or sum(len(batch.close()) for batch in drained) <= MOST_BYTES
        for batch in drained:
            assert batch.topic_partition in LED_BY[node]
            assert batch.topic_partition not in self.muted
            assert now_ms - batch.created_ms < DELIVERY_TIMEOUT_MS
            taken = values(batch)
            queue = self.queued[batch.topic_partition]
            assert queue[: len(taken)] == taken, "the oldest come first"
            del queue[: len(taken)]
            self.under_way.append((batch, taken))

    @precondition(lambda self: self.under_way)
    @rule(number=Numbers)
    def a_batch_succeeds(self, number: int) -> None:
        batch, taken = self._take(number)
        batch.complete(base_offset=100, log_append_time_ms=-1)
        self.records.deallocate(batch)
        self._assert_told(taken, None)

    @precondition(lambda self: self.under_way)
    @rule(number=Numbers)
    def a_batch_fails(self, number: int) -> None:
        batch, taken = self._take(number)
        error = KafkaError("refused")
        batch.complete_exceptionally(same_for_all(error))
        self.records.deallocate(batch)
        self._assert_told(taken, error)

    @precondition(lambda self: self.under_way)
    @rule()
    def a_connection_is_lost(self) -> None:
        """All batches come back, the newest first, and wait for their backoff."""
        while self.under_way:
            self.a_batch_comes_back(len(self.under_way) - 1)
        self.clock.sleep(BACKOFF_MS)

    @precondition(lambda self: self.under_way)
    @rule(number=Numbers)
    def a_batch_comes_back(self, number: int) -> None:
        batch, taken = self._take(number)
        self.records.reenqueue(batch, NotEnoughReplicasError(), self.clock.now_ms())
        self._put_back(batch.topic_partition, taken)
        assert batch.is_backing_off(self.clock.now_ms())

    @precondition(lambda self: any(len(taken) > 1 for _, taken in self.under_way))
    @rule()
    def a_batch_is_split(self) -> None:
        number = next(index for index, (_, taken) in enumerate(self.under_way) if len(taken) > 1)
        batch, taken = self._take(number)
        parts = self.records.split_and_reenqueue(batch)
        self.records.deallocate(batch)
        assert [value for part in parts for value in values(part)] == taken
        assert len(parts) > 1
        self._put_back(batch.topic_partition, taken)

    @rule()
    def what_is_too_late_is_given_up(self) -> None:
        error = KafkaError("too late")
        for batch in self.records.expired_batches(self.clock.now_ms()):
            taken = values(batch)
            for value in taken:
                self.queued[batch.topic_partition].remove(value)
            batch.complete_exceptionally(same_for_all(error))
            self.records.deallocate(batch)
            self._assert_told(taken, error)
        for queue in self.records._queues.values():
            assert self.clock.now_ms() - queue[0].created_ms < DELIVERY_TIMEOUT_MS

    @rule(topic_partition=Partitions)
    def mute(self, topic_partition: TopicPartition) -> None:
        self.records.mute_partition(topic_partition)
        self.muted.add(topic_partition)

    @rule(topic_partition=Partitions)
    def unmute(self, topic_partition: TopicPartition) -> None:
        self.records.unmute_partition(topic_partition)
        self.muted.discard(topic_partition)

    # What must hold...

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.records.incomplete.open_record_count == sum(map(len, self.queued.values())) + sum(
            len(taken) for _, taken in self.under_way
        )

    @invariant()
    def nobody_was_told_twice_or_too_soon(self) -> None:
        open_values = {value for queue in self.queued.values() for value in queue}
        open_values |= {value for _, taken in self.under_way for value in taken}
        for value, outcomes in self.outcomes.items():
            assert len(outcomes.errors) == (0 if value in open_values else 1)

    def teardown(self) -> None:
        self.records.close()
        self.records.abort_incomplete_batches(KafkaError("closed by force"))
        pool = self.records.buffer_pool
        assert pool.available_bytes == pool.total_bytes, "memory is missing"
        assert len(self.records.incomplete) == 0
        assert all(len(outcomes.errors) == 1 for outcomes in self.outcomes.values())

    def _take(self, number: int) -> tuple[ProducerBatch, list[bytes]]:
        return self.under_way.pop(number % len(self.under_way))

    def _put_back(self, topic_partition: TopicPartition, taken: list[bytes]) -> None:
        """Values begin with their numbers, so in order they are sorted."""
        self.queued[topic_partition] = sorted(self.queued[topic_partition] + taken)

    def _assert_told(self, taken: list[bytes], error: KafkaError | None) -> None:
        for place, value in enumerate(taken):
            assert self.outcomes[value].errors == [error]
            if error is None:
                assert self.outcomes[value].metadata[0].offset == 100 + place


AccumulatorModel.TestCase.settings = MODEL
TestAccumulator = AccumulatorModel.TestCase


def test_a_record_that_never_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="can never be taken"):
        append(accumulator(MockClock(), buffer_memory=MEMORY), ORDERS_0, b"." * MEMORY, known=KNOWN)
