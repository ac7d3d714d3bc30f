"""Which batches a request takes along.

Java: no counterpart.
"""

import threading
from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.clock import MockClock
from kafka_nio.cluster import Cluster, Node, PartitionInfo, TopicPartition
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.producer.batch_factory import BatchFactory
from kafka_nio.producer.drain import Drain, Queues
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.compression import NO_COMPRESSION

ALL = "a request takes all that a partition has"
STRICT = "no request is ever larger than max.request.size"
ROOM = "the batch that goes over is the last one"
GAP = "a smaller batch may go instead of one that does not fit"
FIRST = "a round begins at the first partition"
SHARED = "one place for all nodes"
ALONE = "batches have nothing to do with each other"

MOST = 1_000
"""What a request may hold."""


class Waiting:
    """Batches in their queues, of partitions that node 0 leads, and some that node 1 leads."""

    def __init__(self, partitions: int, of_node_1: int = 0) -> None:
        self.nodes = [Node(number, f"broker-{number}", 9092) for number in range(2)]
        leaders = [self.nodes[0]] * partitions + [self.nodes[1]] * of_node_1
        infos = [PartitionInfo("orders", number, leader) for number, leader in enumerate(leaders)]
        self.cluster = Cluster(tuple(self.nodes), {TopicPartition(*key(number)): it for number, it in enumerate(infos)})
        self.queues: Queues = {}
        self.drain = Drain(
            self.queues, threading.Lock(), linger_ms=0, delivery_timeout_ms=120_000, must_send_now=lambda: False
        )
        self._factory = BatchFactory(NO_COMPRESSION, MockClock(), IoThread())

    def put(self, partition: int, value_size: int = 1) -> ProducerBatch:
        """A batch with one record comes to stand at the end of this partition's queue."""
        batch = self._factory.new_batch(TopicPartition(*key(partition)), 16_384, 0, 0)
        batch.try_append((0, None, bytes(value_size), (), None))
        self.queues.setdefault(key(partition), deque()).append(batch)
        return batch

    def take(self, node: int = 0) -> list[ProducerBatch]:
        """A node's next request."""
        batches = self.drain.drain(self.cluster, [self.nodes[node]], MOST, 0)
        return batches.get(node, [])

    def taken(self, node: int = 0) -> list[int]:
        """The partitions whose batches are in it."""
        return [batch.topic_partition.partition for batch in self.take(node)]


def key(partition: int) -> tuple[str, int]:
    """A queue's name."""
    return TopicPartition("orders", partition)


@misconception(ALL, "One batch of each partition, then the next partition. The rest goes with the next request.")
def test_a_request_takes_the_first_batch_of_each_partition() -> None:
    """A request takes one batch of each partition that the node leads."""
    waiting = Waiting(3)
    first, _, *others = [waiting.put(partition) for partition in (0, 0, 1, 2)]
    taken = waiting.take()
    assert taken == [first, *others], f"it took {taken}"
    left = sum(map(len, waiting.queues.values()))
    assert left == 1, f"{left} batches stand in the queues afterwards, and not the 1 that was not taken"


@misconception(STRICT, "Sooner or later this batch must leave, and no later request will have more room.")
def test_a_batch_larger_than_a_request_leaves() -> None:
    """A batch that is larger than any request may be is taken if it is the first."""
    waiting = Waiting(1)
    batch = waiting.put(0, 5 * MOST)
    assert waiting.take() == [batch], f"nothing was taken, and the batch of {batch.estimated_size} bytes stays for ever"


@misconception(STRICT, "It leaves alone: not with others before it, and not with others after it.")
def test_a_batch_larger_than_a_request_leaves_alone() -> None:
    """A batch that is larger than any request may be shares its request with no other."""
    for sizes in ((5 * MOST, 1), (1, 5 * MOST)):
        waiting = Waiting(2)
        for partition, size in enumerate(sizes):
            waiting.put(partition, size)
        requests = [waiting.taken(), waiting.taken()]
        assert requests == [[0], [1]], f"with values of {sizes} bytes, two requests took the partitions {requests}"


@misconception(GAP, "What does not fit comes next. If smaller ones went first each time, it would never leave.")
def test_the_round_ends_at_the_first_batch_that_does_not_fit() -> None:
    """The round ends at a batch that does not fit, even if one behind it would."""
    waiting = Waiting(3)
    for partition, size in enumerate((600, 600, 1)):
        waiting.put(partition, size)
    requests = [waiting.taken(), waiting.taken()]
    assert requests == [[0], [1, 2]], f"two requests took the partitions {requests}"


@misconception(FIRST, "Where did the last round for this node end?")
def test_the_next_round_begins_where_the_last_one_ended() -> None:
    """Of two partitions that always have a batch, each gets every second request if there is room for one batch."""
    waiting = Waiting(2)
    requests = []
    for _ in range(4):
        for partition in range(2):
            waiting.put(partition, 600)
        requests += waiting.taken()
    assert requests == [0, 1, 0, 1], f"four requests took the partitions {requests}"


@misconception(SHARED, "Each node leads partitions of its own, so each has a place of its own.")
def test_each_node_has_a_place_of_its_own() -> None:
    """A round for one node does not move the place at which the other's begins."""
    waiting = Waiting(2, of_node_1=2)
    for partition in range(4):
        waiting.put(partition, 600)
    requests = [waiting.taken(0), waiting.taken(1), waiting.taken(1), waiting.taken(0)]
    assert requests == [[0], [2], [3], [1]], f"requests for nodes 0, 1, 1, 0 took the partitions {requests}"


@misconception(ROOM, "Compare with the room that is left before you take the batch.")
@given(sizes=st.lists(st.sampled_from([1, 200, 400, 700, 1_500]), min_size=1, max_size=5))
def test_every_batch_leaves_soon_and_no_request_holds_too_much(sizes: list[int]) -> None:
    """However large the batches, no request of two is over the limit, and each partition is in one of the next few."""
    waiting = Waiting(len(sizes))
    seen = set()
    for _ in sizes:
        for partition, size in enumerate(sizes):
            if key(partition) not in waiting.queues:
                waiting.put(partition, size)
        batches = waiting.take()
        size = sum(batch.estimated_size for batch in batches)
        assert size <= MOST or len(batches) == 1, f"{len(batches)} batches in a request make {size} bytes of {MOST}"
        seen |= {batch.topic_partition.partition for batch in batches}
    left = sorted({*range(len(sizes))} - seen)
    assert not left, f"after {len(sizes)} requests, no batch of the partitions {left} has left"


@misconception(ALONE, "One that has no bytes is no part of the request. Another may have been taken before it.")
def test_a_batch_of_which_no_bytes_can_be_made_does_not_go() -> None:
    """A batch that cannot be encoded is left out of the request, and takes nothing of its room."""

    def fail() -> bytes:
        raise MemoryError("no room for its bytes")

    waiting = Waiting(3)
    batches = [waiting.put(partition, size) for partition, size in enumerate((300, 300, 500))]
    batches[1].close = fail  # type: ignore[method-assign]
    taken = waiting.taken()
    assert taken == [0, 2], f"it took the partitions {taken}"


class Numbers:
    """Numbers batches. Those of one partition have to wait."""

    def __init__(self, queues: Queues, waiting_partition: int) -> None:
        self.queues = queues
        self.waiting_partition = waiting_partition
        self.numbered: list[int] = []

    def must_wait(self, batch: ProducerBatch) -> bool:
        """Whether an earlier one is under way."""
        return batch.topic_partition.partition == self.waiting_partition

    def must_stay(self, batch: ProducerBatch) -> bool:
        """Whether it could arrive before an earlier one."""
        return False

    def assign(self, batch: ProducerBatch) -> None:
        """Give it its number, which is in its bytes."""
        assert batch not in [first for first, *_ in self.queues.values()], f"{batch} was numbered before it was taken"
        self.numbered.append(batch.topic_partition.partition)


@misconception(ALONE, "What it waits for comes soon. Until then the round goes no further.")
def test_a_batch_that_must_wait_ends_the_round() -> None:
    """A batch that must wait for its number ends the round and keeps its place; those before it are numbered."""
    waiting = Waiting(3)
    numbers = Numbers(waiting.queues, waiting_partition=1)
    waiting.drain._sequences = numbers  # type: ignore[assignment]
    for partition in range(3):
        waiting.put(partition)
    taken = waiting.taken()
    assert taken == [0], f"it took the partitions {taken}"
    assert numbers.numbered == [0], f"batches of the partitions {numbers.numbered} were numbered"


@costs
@misconception(ALL, "The request leaves anyway, so what is not ripe yet rides along.")
def test_a_batch_that_is_not_ripe_rides_along(play: Play) -> None:
    """In a whole producer, a batch that still lingers leaves in the same request as one that has lingered."""
    recording = play("ride-along").recording
    requests = [step for step in recording.steps if step.name == "Sender.send_produce_request"]
    assert len(requests) == 1, f"there were {len(requests)} requests"
