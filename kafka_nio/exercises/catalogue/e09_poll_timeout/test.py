"""How long select may sleep.

Java: no counterpart.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from selectors import BaseSelector, SelectorKey
from tempfile import gettempdir

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.client import Metadata, NetworkClient
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import Node
from kafka_nio.config import ProducerConfig
from kafka_nio.demos import Demo
from kafka_nio.demos.scene import Scene
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.metrics import Metrics
from kafka_nio.network import Selector
from kafka_nio.nio import SocketAddress, SocketChannel
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.protocol.messages import MetadataResponse
from kafka_nio.protocol.messages.metadata import (
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)

LINGER = "the timeout is linger"
READY_IS_NOW = "what is ready must not wait"
ONE_ROUND = "a drain takes all there is"
SELECT_SEES = "whatever can be done, select reports"

MILLISECONDS = st.sampled_from((3, 50, 1_000, 20_000))


def ms(timeout_ms: float) -> str:
    """A timeout in words."""
    return "for ever" if timeout_ms == NEVER else f"{timeout_ms:g} ms"


def known(clock: MockClock, expire_ms: float = 300_000) -> Metadata:
    """Metadata that is fresh: node 0 leads the only partition of `demo`."""
    partition = MetadataResponsePartition(partition_index=0, leader_id=0)
    topic = MetadataResponseTopic(name="demo", partitions=[partition])
    answer = MetadataResponse(brokers=[MetadataResponseBroker(0, "broker-0", 9092)], topics=[topic])
    metadata = Metadata(100, 100, expire_ms, 300_000, clock, Random(1))
    metadata.add("demo", clock.now_ms())
    _, version, _ = metadata.next_request()
    metadata.update(version, answer, False, clock.now_ms(), 9)
    return metadata


class Network:
    """A client whose only node takes a batch, or says in how many ms it might."""

    def __init__(self, not_ready_for_ms: float | None = None) -> None:
        self.not_ready_for_ms = not_ready_for_ms

    def ready(self, node: Node, now_ms: int) -> bool:
        """Whether it takes one."""
        return self.not_ready_for_ms is None

    def poll_delay_ms(self, node: Node, now_ms: int) -> float:
        """When to ask again."""
        return NEVER if self.not_ready_for_ms is None else self.not_ready_for_ms

    def new_client_request(self, *args: object, **kwargs: object) -> None:
        """What becomes of it is of no interest here."""

    def send(self, request: object, now_ms: int) -> None:
        """It is under way."""


class Batches:
    """A sender with one batch in its queue."""

    def __init__(self, network: Network, *, linger_ms: int = 0, delivery_timeout_ms: int = 120_000) -> None:
        self.clock, io_thread = MockClock(1_000_000), IoThread()
        metadata = known(self.clock)
        accumulator = RecordAccumulator(
            batch_size=16_384,
            linger_ms=linger_ms,
            delivery_timeout_ms=delivery_timeout_ms,
            retry_backoff_ms=100,
            retry_backoff_max_ms=1_000,
            buffer_pool=BufferPool(1_000_000, self.clock, io_thread, Metrics()),
            clock=self.clock,
            io_thread=io_thread,
            random=Random(1),
        )
        self.sender = Sender(
            client=network,  # type: ignore[arg-type]
            metadata=metadata,
            accumulator=accumulator,
            guarantee_message_order=False,
            max_request_size=1_000_000,
            acks=-1,
            retries=0,
            request_timeout_ms=30_000,
            clock=self.clock,
            io_thread=io_thread,
            metrics=Metrics(),
        )
        accumulator.append("demo", 0, (0, None, b"hello", (), None), 0, metadata.cluster)

    def timeout_ms(self, after_ms: int = 0) -> float:
        """How long the poll may sleep, as the sender says so long after the record was sent."""
        self.clock.sleep(after_ms)
        return self.sender.send_producer_data(self.clock.now_ms())


@misconception(
    READY_IS_NOW, "Its batch is ready, and it cannot take it. What would the next turn of the loop do about that?"
)
def test_a_node_that_takes_none_is_no_reason_to_turn() -> None:
    """A batch that may leave, for a node that cannot take it now, does not make the timeout 0."""
    timeout_ms = Batches(Network(not_ready_for_ms=50)).timeout_ms()
    assert timeout_ms > 0, "it was 0: the loop would turn and turn until the node takes the batch"


@misconception(LINGER, "Linger is one of several times. What else is waited for, and which of them comes first?")
@given(node_ms=MILLISECONDS, old_ms=MILLISECONDS)
def test_the_nearest_deadline_counts(node_ms: int, old_ms: int) -> None:
    """With a batch for a node that takes none, the sleep ends when the node is asked again or the batch is too old."""
    timeout_ms = Batches(Network(not_ready_for_ms=node_ms), delivery_timeout_ms=old_ms).timeout_ms()
    assert timeout_ms == min(node_ms, old_ms), f"it was {ms(timeout_ms)}, with {node_ms} ms and {old_ms} ms to go"


@misconception(LINGER, "Linger counts from the batch's first record. How much of it is left?")
@given(linger_ms=MILLISECONDS, passed=st.sampled_from((0, 0.5, 0.9)))
def test_a_batch_that_lingers(linger_ms: int, passed: float) -> None:
    """While a batch lingers, the timeout is what is left of its linger."""
    passed_ms = int(linger_ms * passed)
    timeout_ms = Batches(Network(), linger_ms=linger_ms).timeout_ms(passed_ms)
    assert timeout_ms == linger_ms - passed_ms, f"it was {ms(timeout_ms)}, {passed_ms} ms after the batch was opened"


@misconception(ONE_ROUND, "A drain takes one batch of each partition. Where is the next one?")
def test_after_a_drain() -> None:
    """After a drain the timeout is 0, for there may be more that could leave."""
    timeout_ms = Batches(Network()).timeout_ms()
    assert timeout_ms == 0, f"it was {ms(timeout_ms)}"


# The client...


class Sleeper(MockClock):
    """Notes how long each select would have slept."""

    def __init__(self) -> None:
        super().__init__(1_000_000)
        self.asked_ms: list[float] = []

    def select(self, poller: BaseSelector, timeout_ms: float) -> list[tuple[SelectorKey, int]]:
        """Look, and let the time pass if there is nothing."""
        self.asked_ms.append(timeout_ms)
        return super().select(poller, timeout_ms)


@misconception(LINGER, "The sender knows of batches only. What does the client know of that is due at some time?")
@given(sender_ms=MILLISECONDS, metadata_ms=st.sampled_from((500, 10_000)), request_ms=MILLISECONDS)
def test_the_client_has_deadlines_of_its_own(sender_ms: int, metadata_ms: int, request_ms: int) -> None:
    """The client sleeps no longer than the sender allows, and no longer than until metadata or an answer is due."""
    clock = Sleeper()
    config = ProducerConfig.parse(None, bootstrap_servers="broker-0:9092", request_timeout_ms=request_ms)
    metadata, selector = known(clock, expire_ms=metadata_ms), Selector(clock=clock)
    with closing(NetworkClient(config, selector, metadata, client_id="e09", clock=clock, random=Random(1))) as client:
        client.poll(sender_ms, clock.now_ms())
    assert clock.asked_ms, "it did not poll the selector"
    assert clock.asked_ms == [min(sender_ms, metadata_ms, request_ms)], f"it was {ms(clock.asked_ms[0])}"


# The selector...


@contextmanager
def a_selector(clock: Sleeper) -> Iterator[Selector]:
    """A selector without connections."""
    with closing(Selector(clock=clock)) as selector:
        yield selector


@misconception(SELECT_SEES, "The bytes of a staged message are read already. What is there for the kernel to report?")
def test_a_staged_message() -> None:
    """With a message staged from an earlier poll, the next one does not sleep before it hands it over."""
    clock = Sleeper()
    ours, theirs = socket.socketpair()
    with a_selector(clock) as selector, theirs:
        selector.register("0", SocketChannel(ours, SocketAddress(socket.AF_UNIX, "peer")))
        theirs.send(b"\0\0\0\5first\0\0\0\6second")
        for number in (1, 2):
            selector.poll(1000)
            handed_over = [bytes(receive.payload) for receive in selector.completed_receives]
            assert handed_over == [[b"first"], [b"second"]][number - 1], f"poll {number} handed over {handed_over}"
    assert clock.asked_ms[1] == 0, f"it would have slept {ms(clock.asked_ms[1])}"


@misconception(SELECT_SEES, "OP_CONNECT is reported when an attempt ends. This one ended before anybody asked.")
def test_a_connection_made_at_once() -> None:
    """With a connection that stood the moment it was begun, the poll does not sleep before it says so."""
    clock = Sleeper()
    path = Path(gettempdir(), f"kafka-nio-e09-{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as listener, a_selector(clock) as selector:
        listener.bind(str(path))
        listener.listen()
        selector.connect("0", SocketAddress(socket.AF_UNIX, str(path)))
        path.unlink()
        selector.poll(1000)
        assert selector.connected == ["0"], "the connection was not reported as connected"
    assert clock.asked_ms == [0], f"it would have slept {ms(clock.asked_ms[0])}"


@misconception(SELECT_SEES, "A timeout of 0 is for what is there to do already. With nothing to do, sleep.")
@given(timeout_ms=MILLISECONDS)
def test_with_nothing_to_do_it_sleeps(timeout_ms: int) -> None:
    """With nothing staged and nothing connected, the selector sleeps for as long as it was told."""
    clock = Sleeper()
    with a_selector(clock) as selector:
        selector.poll(timeout_ms)
    assert clock.asked_ms == [timeout_ms], f"it was {ms(clock.asked_ms[0])}"


# All three...


def run(scene: Scene) -> None:
    """Two records with 5 ms of linger, and 20 ms between them."""
    with scene.producer(linger_ms=5) as producer:
        scene.warm_up(producer)
        scene.begin()
        for value in (b"first", b"second"):
            scene.wait_for(producer.send(scene.topic, value, partition=0))
            scene.pause(20)
        scene.end(producer)


TWO_RECORDS = Demo(id="e09", name="two-records", title="", sentence="", watch_for=(), run=run)


@costs
@misconception(READY_IS_NOW, "Each select that comes back with nothing to do was cut short by somebody. By whom?")
def test_a_producer_at_rest_sleeps(play: Play) -> None:
    """In a whole producer, two records that linger take nine selects, and between them it sleeps."""
    selects = [step for step in play(TWO_RECORDS, look_ms=0.05).recording.steps if step.name == "Selector.select"]
    number = sum(step.count for step in selects)
    assert number <= 9, f"it took {number}"
