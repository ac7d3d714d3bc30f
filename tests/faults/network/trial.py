"""A producer under load behind a network that can be made to misbehave, and what has to hold whatever it does.

A trial counts only if its fault struck: `trial` refuses one in which nothing was done to any byte.
"""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import KafkaError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer
from kafka_nio.producer.assembly import ProducerRuntime
from tests.faults.ledger import Comparison, Sent, compare, places
from tests.faults.load import SteadyLoad, is_acknowledged
from tests.faults.network.loop_watch import NS_PER_MS, NS_PER_S, Lateness, LoopWatch, Pace
from tests.faults.network.past_the_doors import read_past_the_doors
from tests.faults.network.timed_producer import TimedProducer
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
GIVEN_UP = ("ms have passed since the batch was made",)
"""What stands in the reason of a record that has failed after delivery.timeout.ms."""
NOT_ANSWERED = (*GIVEN_UP, "was not answered for")
"""The same, and the other reason where nobody answers: its time was over just when an attempt failed."""
CUT_OFF = (*GIVEN_UP, "connection to")
"""The same where connections end, too."""
PAUSE_MARGIN_S = 0.05
"""How much shorter than a fault its pause may seem: clocks are read one after the other."""
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
    recovery_strategy: object = None
    """The producer's metadata.recovery.strategy, unless it is Kafka's."""
    call_timeout_ms: int = 0
    """How long a call of `send` may wait. Not at all, as long as the producer need not begin anew."""
    began_ns: int = 0
    """When the fault of `under` was set, and done to every byte from then on."""

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
            load.fault_begins()
            self.network.fault = fault
            self.began_ns = self.watch.now_ns()
            if on_new_connections:
                self.network.end_connections()
            yield load

    def pause(self, fault: Fault, seconds: float) -> SteadyLoad:
        """Send; have this fault for so long, in which nothing may be acknowledged; and send until all goes on."""
        with self.under(fault) as load:
            time.sleep(seconds)
            self.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        paused_s = load.recovery_s() or 0.0
        assert paused_s >= seconds - PAUSE_MARGIN_S, f"a pause of {paused_s:.2f} s by a fault of {seconds} s"
        return load

    # What the fault has done...

    @property
    def fastest_ms(self) -> float:
        """The shortest way of a record that was sent under the fault, there and back."""
        return min(one.took_ms for one in self.timed.acknowledged if one.sent_ns >= self.began_ns)

    def ensure_sent_byte_by_byte(self) -> None:
        """Under the fault of the moment nothing else went through the doors."""
        sent = [traffic for traffic in self.network.sent_under_fault if traffic.bytes]
        assert sent, "nothing was sent"
        assert all(traffic.pieces == traffic.bytes for traffic in sent), f"not byte by byte: {sent}"

    def ensure_sent_no_faster(self, bytes_per_s: float, packet_bytes: int) -> None:
        """Under the fault of the moment no way has carried more in a second; a packet may have left before it."""
        most = max(traffic.bytes for traffic in self.network.sent_under_fault)
        seconds = (self.watch.now_ns() - self.began_ns) / NS_PER_S
        assert 0 < most <= bytes_per_s * seconds + packet_bytes, f"{most} bytes in {seconds:.1f} s"

    @property
    def struck(self) -> str:
        """How many of the faults did anything, for the row's remark."""
        faults = self.network.faults
        return f"{len(faults) - len(self.network.idle_faults)} of {len(faults)} faults struck"

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
        """What was sent, against what a consumer reads from the brokers."""
        at_least = sum(map(is_acknowledged, sent))
        return compare(sent, places(read_past_the_doors(self.cluster, TOPIC, PARTITIONS, at_least)))

    def end(
        self, note: Note, fault: str, load: SteadyLoad, *, may_fail_with: Collection[str] = (), remark: str = ""
    ) -> Comparison:
        """Close the producer and judge: nothing lost, nothing twice, nothing out of order, nothing late.

        Args:
            note, fault, remark: where the row goes, and what it says.
            load: what was sent; it has to be over.
            may_fail_with: words of which each record that failed has one in its reason. Without any, none may fail.
        """
        found = self.close_and_note(note, fault, load, remark)
        assert not (*found.duplicated, *found.reordered), found
        strange = found.reasons_without(may_fail_with)
        assert not strange, f"failed for another reason than {may_fail_with}: {strange[:5]}"
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
                remark="; ".join(self._remarks(found, remark)),
            )
        )
        assert not (*found.lost, *found.foreign, *found.unsaid), found
        assert close_ms <= self.allowed_ms(self.delivery_timeout_ms), f"close took {close_ms:.0f} ms"
        assert selects_per_s < MOST_SELECTS_PER_S, "the loop spins"
        self.ensure_nothing_was_late()
        return found

    def _remarks(self, found: Comparison, remark: str) -> Iterator[str]:
        if remark:
            yield remark
        if found.failed and not found.reasons_without(GIVEN_UP):
            yield f"failed after delivery.timeout.ms, which was {self.delivery_timeout_ms}"
        if self.recovery_strategy is not None:
            yield f"metadata.recovery.strategy={self.recovery_strategy}"

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
    fault: Fault = CLEAN,
    nodes: int = NODES,
    brokers: Mapping[str, object] | None = None,
    least_strikes: float = 1.0,
    **options: object,
) -> Iterator[Trial]:
    """Everything in its place, and the network as it is told to be.

    At the end a trial whose faults did not strike is refused.

    Args:
        fault: what the network does when the producer first meets it.
        nodes, brokers: how many brokers, and what else `EmbeddedCluster` takes.
        least_strikes: which share of the faults that were set has to strike: all, unless they are drawn at random.
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
                recovery_strategy = chosen.get("metadata_recovery_strategy")
                yield Trial(network, cluster, producer, timed, watch, lateness, delivery_timeout_ms, recovery_strategy)
            finally:
                producer.close(timeout=0)
        ensure_struck(network, least_strikes)


def ensure_struck(network: FaultyNetwork, least_share: float) -> None:
    """Refuse a trial in which too few of the faults that were set have struck, or none was set at all."""
    assert network.faults, "no fault was set"
    idle = network.idle_faults
    struck = len(network.faults) - len(idle)
    assert struck, f"the fault has not struck: {idle}"
    assert struck >= least_share * len(network.faults), f"{struck} of {len(network.faults)} faults struck, not {idle}"


def every_future_failed(sent: list[FutureRecordMetadata]) -> None:
    """Each of them is done and says why."""
    for future in sent:
        assert future.done(), "a future was left open"
        with pytest.raises(KafkaError, match=r"\w"):
            future.result(0)
