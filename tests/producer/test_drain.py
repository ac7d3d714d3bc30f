"""Which nodes are ready, which batches they take, which batches are too late."""

import pytest

from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.errors import BufferExhaustedError, NotLeaderOrFollowerError
from kafka_nio.producer.drain import ReadyCheckResult
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.protocol.compression import Compression, CompressionType
from tests.producer.parts import NODE_0, NODE_1, ORDERS_0, ORDERS_1, ORDERS_2, accumulator, append, cluster

KNOWN = cluster(NODE_0, NODE_0, NODE_1)
BIG = 1_000_000


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000)


@pytest.fixture
def records(clock: MockClock) -> RecordAccumulator:
    """Batches of 1,000 bytes that linger for 10 ms."""
    return accumulator(clock, linger_ms=10)


def ready(records: RecordAccumulator, clock: MockClock, known: Cluster = KNOWN) -> list[Node]:
    return records.ready(known, clock.now_ms()).ready_nodes


def drained(
    records: RecordAccumulator, clock: MockClock, *, node: Node = NODE_0, max_request_size: int = BIG
) -> list[TopicPartition]:
    """The partitions whose batches this node takes."""
    return [batch.topic_partition for batch in drain(records, clock, node=node, max_request_size=max_request_size)]


def drain(
    records: RecordAccumulator, clock: MockClock, *, node: Node = NODE_0, max_request_size: int = BIG
) -> list[ProducerBatch]:
    return records.drain(KNOWN, [node], max_request_size, clock.now_ms()).get(node.id, [])


def put_back(records: RecordAccumulator, clock: MockClock, batch: ProducerBatch) -> None:
    records.reenqueue(batch, NotLeaderOrFollowerError(), clock.now_ms())


# Who is ready?


def test_nothing_to_send_means_nobody_is_ready_and_nothing_to_wait_for(
    records: RecordAccumulator, clock: MockClock
) -> None:
    assert records.ready(KNOWN, clock.now_ms()) == ReadyCheckResult([], NEVER, [])


@pytest.mark.behaviour(117)
def test_a_batch_is_sendable_once_it_has_lingered(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    clock.sleep(9)
    assert ready(records, clock) == []
    clock.sleep(1)
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(119)
def test_the_next_look_is_due_when_the_first_batch_has_lingered(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    clock.sleep(4)
    append(records, ORDERS_2)
    assert records.ready(KNOWN, clock.now_ms()).next_ready_check_delay_ms == 6


@pytest.mark.behaviour(116, 117)
def test_a_full_batch_does_not_linger(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 2_000)
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(116, 117)
def test_a_second_batch_in_the_queue_makes_the_first_sendable(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 800)
    assert ready(records, clock) == []
    append(records, ORDERS_0, b"x" * 800)
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(117, 142)
def test_a_flush_makes_every_batch_sendable(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    append(records, ORDERS_2)
    records.begin_flush()
    assert ready(records, clock) == [NODE_0, NODE_1]


@pytest.mark.behaviour(117, 187)
def test_closing_makes_every_batch_sendable(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    records.close()
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(117)
def test_somebody_waiting_for_memory_makes_every_batch_sendable(clock: MockClock) -> None:
    records = accumulator(clock, buffer_memory=1_000, linger_ms=10_000)
    append(records, ORDERS_0)
    seen: list[list[Node]] = []
    clock.while_waiting.append(lambda: seen.append(ready(records, clock)))
    with pytest.raises(BufferExhaustedError):
        append(records, ORDERS_1, max_wait_ms=5)
    assert seen == [[NODE_0]]


def test_a_partition_without_a_leader_names_its_topic_once(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    append(records, ORDERS_1)
    result = records.ready(cluster(None, None), clock.now_ms() + 10)
    assert result.unknown_leader_topics == ["orders"]
    assert result.ready_nodes == []


@pytest.mark.behaviour(117)
def test_a_muted_partition_is_not_ready(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 2_000)
    records.mute_partition(ORDERS_0)
    assert ready(records, clock) == []
    records.unmute_partition(ORDERS_0)
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(117)
def test_a_batch_that_backs_off_is_not_ready_even_when_closing(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    put_back(records, clock, batch)
    records.close()
    result = records.ready(KNOWN, clock.now_ms())
    assert result.ready_nodes == []
    assert result.next_ready_check_delay_ms == batch.retry_backoff_ms
    clock.sleep(batch.retry_backoff_ms)
    assert ready(records, clock) == [NODE_0]


def test_a_batch_that_has_backed_off_lingers_no_longer_than_any_other(
    records: RecordAccumulator, clock: MockClock
) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    put_back(records, clock, batch)
    clock.sleep(batch.retry_backoff_ms)
    assert ready(records, clock) == [NODE_0]


@pytest.mark.behaviour(130)
def test_a_new_leader_is_tried_without_backing_off(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 2_000)
    (batch,) = drain(records, clock)
    put_back(records, clock, batch)
    assert ready(records, clock) == []
    assert ready(records, clock, cluster(NODE_1, epoch=1)) == [NODE_1]


@pytest.mark.behaviour(120)
def test_only_the_first_batch_of_a_queue_decides(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    append(records, ORDERS_0, b"x" * 2_000)
    put_back(records, clock, batch)
    assert ready(records, clock) == [], "the full one waits behind the one that backs off"


@pytest.mark.behaviour(121)
def test_a_node_that_is_ready_is_not_waited_for_because_of_its_other_partitions(
    records: RecordAccumulator, clock: MockClock
) -> None:
    append(records, ORDERS_0, b"x" * 2_000)
    append(records, ORDERS_1)
    assert records.ready(KNOWN, clock.now_ms()) == ReadyCheckResult([NODE_0], NEVER, [])


# What do they take?


@pytest.mark.behaviour(122)
def test_a_node_takes_one_batch_of_each_of_its_partitions(records: RecordAccumulator, clock: MockClock) -> None:
    for _ in range(2):
        append(records, ORDERS_0, b"x" * 800)
    append(records, ORDERS_1)
    append(records, ORDERS_2)
    assert drained(records, clock) == [ORDERS_0, ORDERS_1]


@pytest.mark.behaviour(123)
def test_a_batch_that_still_lingers_leaves_with_the_others(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 2_000)
    append(records, ORDERS_1)
    assert ready(records, clock) == [NODE_0]
    assert drained(records, clock) == [ORDERS_0, ORDERS_1]


@pytest.mark.behaviour(125)
def test_a_request_takes_no_more_than_it_may(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 700)
    append(records, ORDERS_1, b"x" * 700)
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_0]
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_1]


@pytest.mark.behaviour(128)
def test_a_compressed_batch_takes_of_the_request_what_it_has_become(clock: MockClock) -> None:
    records = accumulator(clock, compression=Compression(CompressionType.GZIP))
    append(records, ORDERS_0, b"x" * 700)
    append(records, ORDERS_1, b"x" * 700)
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_0, ORDERS_1]


@pytest.mark.behaviour(125)
def test_a_batch_larger_than_a_request_may_be_leaves_alone(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 5_000)
    append(records, ORDERS_1)
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_0]


@pytest.mark.behaviour(124)
def test_a_drain_begins_where_the_last_one_stopped_so_that_nobody_starves(clock: MockClock) -> None:
    records = accumulator(clock)
    order = []
    for _ in range(4):
        append(records, ORDERS_0, b"x" * 700)
        append(records, ORDERS_1, b"x" * 700)
        order += drained(records, clock, max_request_size=1_000)
    assert order == [ORDERS_0, ORDERS_1, ORDERS_0, ORDERS_1]


@pytest.mark.behaviour(124)
def test_each_node_remembers_its_own_place(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"x" * 700)
    append(records, ORDERS_1, b"x" * 700)
    append(records, ORDERS_2, b"x" * 700)
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_0]
    assert drained(records, clock, node=NODE_1, max_request_size=1_000) == [ORDERS_2]
    assert drained(records, clock, max_request_size=1_000) == [ORDERS_1]


@pytest.mark.behaviour(127)
def test_a_node_without_partitions_takes_nothing(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    assert records.drain(cluster(NODE_0), [NODE_1], BIG, clock.now_ms()) == {}


@pytest.mark.behaviour(126)
def test_muted_partitions_keep_their_batches(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    append(records, ORDERS_1)
    records.mute_partition(ORDERS_0)
    assert drained(records, clock) == [ORDERS_1]


@pytest.mark.behaviour(126)
def test_a_batch_that_backs_off_stays(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    put_back(records, clock, batch)
    append(records, ORDERS_1)
    assert drained(records, clock) == [ORDERS_1]
    clock.sleep(batch.retry_backoff_ms)
    assert drained(records, clock) == [ORDERS_0]


def test_a_drained_batch_is_encoded_and_takes_no_more_records(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0, b"before")
    (batch,) = drain(records, clock)
    append(records, ORDERS_0, b"after")
    (next_one,) = drain(records, clock)
    assert batch is not next_one
    assert [batch.record_count, next_one.record_count] == [1, 1]


def test_a_batch_that_is_too_late_is_not_drained(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    clock.sleep(120_000)
    assert drained(records, clock) == []


def test_partitions_of_several_topics_are_drained_together(records: RecordAccumulator, clock: MockClock) -> None:
    bills = TopicPartition("bills", 0)
    known = Cluster(
        nodes=(NODE_0,),
        partitions={ORDERS_0: PartitionInfo("orders", 0, NODE_0), bills: PartitionInfo("bills", 0, NODE_0)},
    )
    append(records, ORDERS_0, known=known)
    append(records, bills, known=known)
    batches = records.drain(known, [NODE_0], BIG, clock.now_ms())
    assert {batch.topic_partition for batch in batches[NODE_0.id]} == {ORDERS_0, bills}


# Who is too late?


@pytest.mark.behaviour(132)
def test_a_batch_expires_when_its_delivery_timeout_is_over(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    assert records.expired_batches(clock.now_ms() + 119_999) == []
    expired = records.expired_batches(clock.now_ms() + 120_000)
    assert [batch.topic_partition for batch in expired] == [ORDERS_0]
    assert records.expired_batches(clock.now_ms() + 120_000) == []


@pytest.mark.behaviour(132)
def test_a_muted_partitions_batches_expire_too(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    records.mute_partition(ORDERS_0)
    assert len(records.expired_batches(clock.now_ms() + 120_000)) == 1


def test_every_batch_in_a_queue_that_is_too_late_expires_and_the_others_stay(
    records: RecordAccumulator, clock: MockClock
) -> None:
    append(records, ORDERS_0, b"x" * 800)
    append(records, ORDERS_0, b"x" * 800)
    clock.sleep(50)
    append(records, ORDERS_0, b"x" * 800)
    clock.sleep(119_950)
    assert len(records.expired_batches(clock.now_ms())) == 2
    assert len(records.expired_batches(clock.now_ms() + 50)) == 1


def test_a_batch_that_came_back_expires_by_its_making(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    (batch,) = drain(records, clock)
    clock.sleep(100_000)
    put_back(records, clock, batch)
    assert records.expired_batches(clock.now_ms() + 20_000) == [batch]


@pytest.mark.behaviour(133)
def test_a_clock_that_goes_back_expires_nothing(records: RecordAccumulator, clock: MockClock) -> None:
    append(records, ORDERS_0)
    assert records.expired_batches(clock.now_ms() - 500_000) == []


def test_the_next_expiry_is_that_of_the_oldest_batch(records: RecordAccumulator, clock: MockClock) -> None:
    records.expired_batches(clock.now_ms())
    assert records.next_expiry_ms == NEVER
    append(records, ORDERS_0)
    clock.sleep(5)
    append(records, ORDERS_1)
    records.expired_batches(clock.now_ms())
    assert records.next_expiry_ms == 121_000


@pytest.mark.behaviour(134)
def test_a_delivery_timeout_without_end_never_expires(clock: MockClock) -> None:
    records = accumulator(clock, delivery_timeout_ms=NEVER)
    append(records, ORDERS_0)
    assert records.expired_batches(2**62) == []
    assert records.next_expiry_ms == NEVER
