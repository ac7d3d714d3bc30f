"""A producer under load behind a network that can be made to misbehave, and what has to hold whatever it does."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import KafkaError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.producer.assembly import ProducerRuntime
from tests.faults.ledger import Comparison, Sent, compare
from tests.faults.load import SteadyLoad
from tests.faults.network.loop_watch import NS_PER_MS, Lateness, LoopWatch, Pace
from tests.faults.table import Note, Outcome
from tests.support.fault_proxy import CLEAN, Fault, FaultyNetwork

SETTING = "A network that misbehaves"
TOPIC = "orders"
PARTITIONS = 3
NODES = 2
RATE = 300
"""Records per second."""

DELIVERY_TIMEOUT_MS = 2_000
MAX_BLOCK_MS = 2_000
MOST_SELECTS_PER_S = 3_000
"""Ten for each record. A loop that spins comes to many times that."""
MARGIN_MS = 250
"""How much longer than promised something may take, and how long a turn of the loop. What this machine is late by comes
on top of that: it is measured."""

QUICK: Mapping[str, object] = {
    "linger_ms": 5,
    "request_timeout_ms": 400,
    "delivery_timeout_ms": DELIVERY_TIMEOUT_MS,
    "max_block_ms": MAX_BLOCK_MS,
    "retry_backoff_ms": 20,
    "retry_backoff_max_ms": 200,
    "reconnect_backoff_ms": 20,
    "reconnect_backoff_max_ms": 200,
    "socket_connection_setup_timeout_ms": 400,
    "socket_connection_setup_timeout_max_ms": 400,
}
"""A producer that gives up soon what does not go on, so that a test takes seconds."""

SLOWER: Mapping[str, object] = {
    "request_timeout_ms": 2_000,
    "delivery_timeout_ms": 8_000,
    "socket_connection_setup_timeout_ms": 2_000,
    "socket_connection_setup_timeout_max_ms": 2_000,
    "metadata_recovery_strategy": "none",
}
"""For networks that are slow because much has to be worked out for every byte. Until the connections stand again a
metadata request may come due, and a producer that then began anew would have forgotten its topics, and `send` wait."""

PATIENT: Mapping[str, object] = {
    **QUICK,
    "request_timeout_ms": 20_000,
    "delivery_timeout_ms": 30_000,
    "socket_connection_setup_timeout_ms": 20_000,
}
"""One that does not, so that there is time to see what its loop does when nothing moves."""


class TimedProducer:
    """Hands records on to a producer, and notes how long the calls took, and after each of them its outcome."""

    def __init__(self, producer: KafkaProducer, now_ns: Callable[[], int]) -> None:
        self._producer = producer
        self._now_ns = now_ns
        self.longest_call_ms = 0.0
        self.longest_outcome_ms = 0.0

    def send(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int,
        callback: Callable[[RecordMetadata, KafkaError | None], None] = lambda metadata, error: None,
    ) -> FutureRecordMetadata:
        """As `KafkaProducer.send`."""
        began_ns = self._now_ns()
        returned_ns: list[int] = []

        def note(metadata: RecordMetadata, error: KafkaError | None) -> None:
            for since_ns in returned_ns:  # unless the outcome was faster than the call
                self.longest_outcome_ms = max(self.longest_outcome_ms, (self._now_ns() - since_ns) / NS_PER_MS)
            callback(metadata, error)

        future = self._producer.send(topic, value, partition=partition, callback=note)
        returned_ns.append(self._now_ns())
        self.longest_call_ms = max(self.longest_call_ms, (returned_ns[0] - began_ns) / NS_PER_MS)
        return future


@dataclass
class Trial:
    """The network, the brokers behind it, and the producer before it."""

    network: FaultyNetwork
    cluster: EmbeddedCluster
    producer: KafkaProducer
    timed: TimedProducer
    watch: LoopWatch
    lateness: Lateness
    delivery_timeout_ms: int
    call_timeout_ms: int = 0
    """How long a call of `send` may wait. Not at all, as long as the producer need not begin anew."""
    began_ns: int = 0

    def load(self, rate: int = RATE) -> SteadyLoad:
        """Numbered records, one after the other."""
        return SteadyLoad(self.timed, TOPIC, PARTITIONS, rate, say=lambda line: None)  # type: ignore[arg-type]

    @contextmanager
    def under(self, fault: Fault, *, on_new_connections: bool = False, rate: int = RATE) -> Iterator[SteadyLoad]:
        """The load, and from the beginning of the block on the fault.

        Args:
            fault: what happens.
            on_new_connections: the fault looks at frames, so it has to see connections from their beginning.
            rate: how many records per second.
        """
        self.producer.partitions_for(TOPIC)  # so that no call of send has to wait for it
        with self.load(rate) as load:
            load.wait_until_each_partition_goes_on()
            self.began_ns = self.watch.now_ns()
            load.fault_begins()
            self.network.fault = fault
            if on_new_connections:
                self.network.end_connections()
            yield load

    # What time it took...

    def allowed_ms(self, promised_ms: float) -> float:
        """What was promised, with the margin and this machine's lateness."""
        return promised_ms + MARGIN_MS + self.lateness.worst_ms

    @contextmanager
    def within(self, promised_ms: float, what: str) -> Iterator[None]:
        """The block has to end within this time."""
        began_ns = self.watch.now_ns()
        yield
        took_ms = (self.watch.now_ns() - began_ns) / NS_PER_MS
        assert took_ms <= self.allowed_ms(promised_ms), f"{what} took {took_ms:.0f} ms of {promised_ms:.0f}"

    def pace(self, seconds: float) -> Pace:
        """Let so much time pass, and say what the producer's loop did in it."""
        began_ns = self.watch.now_ns()
        time.sleep(seconds)
        return self.watch.pace(began_ns, self.watch.now_ns())

    # What came of it...

    def comparison(self, sent: list[Sent]) -> Comparison:
        """What was sent, against the brokers' logs."""
        read = {
            (partition, record.offset): None if record.value is None else bytes(record.value)
            for partition in range(PARTITIONS)
            for record in self.cluster.log(TOPIC, partition).records()
        }
        return compare(sent, read)

    def end(self, note: Note, fault: str, load: SteadyLoad, *, may_fail: bool = False, remark: str = "") -> Comparison:
        """Close the producer and judge: nothing lost, nothing twice, nothing out of order, nothing late."""
        found = self.close_and_note(note, fault, load, remark)
        assert not (*found.duplicated, *found.reordered), found
        assert may_fail or not found.failed, found.reasons
        return found

    def close_and_note(self, note: Note, fault: str, load: SteadyLoad, remark: str) -> Comparison:
        """Close the producer and judge what holds without idempotence, too."""
        closing_ns = self.watch.now_ns()
        self.producer.close()
        close_ms = (self.watch.now_ns() - closing_ns) / NS_PER_MS
        selects_per_s = self.watch.pace(self.began_ns, closing_ns).selects_per_s
        found = self.comparison(load.sent)
        note(
            Outcome(
                setting=SETTING,
                fault=fault,
                acknowledged=found.acknowledged,
                failed=found.failed,
                lost=len(found.lost),
                duplicated=len(found.duplicated),
                reordered=len(found.reordered),
                recovery_s=load.recovery_s(),
                selects_per_s=selects_per_s,
                remark=remark,
            )
        )
        assert not (*found.lost, *found.foreign, *found.unsaid), found
        assert close_ms <= self.allowed_ms(self.delivery_timeout_ms), f"close took {close_ms:.0f} ms"
        assert selects_per_s < MOST_SELECTS_PER_S, "the loop spins"
        self.ensure_nothing_was_late()
        return found

    def ensure_nothing_was_late(self) -> None:
        """No call blocked, no outcome came later than promised, and the loop never stood still outside of its sleep."""
        longest = {
            "a call of send": (self.timed.longest_call_ms, self.call_timeout_ms),
            "an outcome": (self.timed.longest_outcome_ms, self.delivery_timeout_ms),
            "a turn of the loop": (self.watch.longest_turn_ms, 0),
        }
        for what, (took_ms, promised_ms) in longest.items():
            allowed_ms = self.allowed_ms(promised_ms)
            assert took_ms <= allowed_ms, f"{what} took {took_ms:.0f} ms, and {allowed_ms:.0f} are allowed here"


def new_producer(network: FaultyNetwork, watch: LoopWatch, options: Mapping[str, object]) -> KafkaProducer:
    """One that knows the doors only, and whose loop is watched."""
    return KafkaProducer(bootstrap_servers=network.bootstrap_servers, runtime=ProducerRuntime(clock=watch), **options)


@contextmanager
def trial(
    fault: Fault = CLEAN, nodes: int = NODES, brokers: Mapping[str, object] | None = None, **options: object
) -> Iterator[Trial]:
    """Everything in its place, and the network as it is told to be.

    Args:
        fault: what the network does when the producer first meets it.
        nodes, brokers: how many brokers, and what else `EmbeddedCluster` takes.
        options: the producer's, instead of the `QUICK` ones.
    """
    watch = LoopWatch()
    chosen = {**QUICK, **options}
    with FaultyNetwork() as network, Lateness() as lateness:
        cluster = EmbeddedCluster(nodes=nodes, advertised=network.advertise, **(brokers or {}))  # type: ignore[arg-type]
        with cluster:
            cluster.create_topic(TOPIC, PARTITIONS)
            network.fault = fault
            producer = new_producer(network, watch, chosen)
            timed = TimedProducer(producer, watch.now_ns)
            delivery_timeout_ms = chosen["delivery_timeout_ms"]
            assert isinstance(delivery_timeout_ms, int)
            try:
                yield Trial(network, cluster, producer, timed, watch, lateness, delivery_timeout_ms)
            finally:
                producer.close(timeout=0)


def every_future_failed(sent: list[FutureRecordMetadata]) -> None:
    """Each of them is done and says why."""
    for future in sent:
        assert future.done(), "a future was left open"
        with pytest.raises(KafkaError, match=r"\w"):
            future.result(0)
