"""One fault, from the first record to the row in the table.

    with Trial(cluster, note, "`kill -9` of a leader") as trial:
        trial.fault_begins()
        cluster.nodes[cluster.leader(trial.topic)].kill()
        trial.goes_on()

Before the block the load has run for a moment; after it the cluster is made whole, the producer is closed, the topic is
read back, and what was promised is checked.
"""

import time
from collections.abc import Collection, Mapping, Set
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from kafka_nio.producer import KafkaProducer
from tests.faults.ledger import Comparison, can_be_lost, compare, places, read_all
from tests.faults.load import SteadyLoad, is_acknowledged
from tests.faults.network.loop_watch import Lateness
from tests.faults.table import Note, Outcome

THREE_NODES = "Three nodes of Apache Kafka"
PARTITIONS = 6

DEFAULT_WITHIN_S = 60
"""By when each partition goes on, unless a test says otherwise."""

DELIVERY_TIMEOUT_MS = 120_000
"""The producer's, unless a test says otherwise."""

MARGIN_MS = 500
"""How much later an outcome may come. What this machine is late by comes on top of that: it is measured."""


class Brokers(Protocol):
    """Whom a trial needs."""

    @property
    def bootstrap_servers(self) -> str:
        """Where the topic is read back, and written unless the options say otherwise."""

    def create_topic(self, purpose: str, partitions: int = 1) -> str:
        """Make a new topic; return its name."""

    def restore(self) -> None:
        """Undo what was done to them."""


@dataclass
class Trial:
    """A producer under load, a fault, and the reckoning.

    Attributes:
        options: the producer's.
        allowed: which columns need not be 0, because that is not promised.
        may_fail_with: words of which each record that failed has one in its reason. Without any, none may fail.
    """

    brokers: Brokers
    note: Note
    fault: str
    setting: str = THREE_NODES
    options: Mapping[str, object] = field(default_factory=dict)
    allowed: Set[str] = frozenset()
    may_fail_with: Collection[str] = ()
    within_s: float = DEFAULT_WITHIN_S
    remark: str = ""
    lost_from: Mapping[int, int] = field(default_factory=dict)
    """By partition: smaller numbers cannot be lost, they are gone with their topic."""
    is_closed: bool = False
    """Whether the test itself has closed the producer."""

    def __enter__(self) -> Self:
        self.say(f"\n{self.fault}")
        self.topic = self.brokers.create_topic("load", PARTITIONS)
        options = {"bootstrap_servers": self.brokers.bootstrap_servers, "linger_ms": 5, **self.options}
        self.producer = KafkaProducer(**options)
        self.load = SteadyLoad(self.producer, self.topic, PARTITIONS, say=self.say)
        self._machine = ExitStack()
        self.lateness = self._machine.enter_context(Lateness())
        self.load.start()
        try:
            self.goes_on()
        except BaseException as error:
            self._give_up(error)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            self._give_up(error)
            return
        self.load.faults_are_over()
        try:
            self.brokers.restore()
            if not self.is_closed:
                self.goes_on()
                self.load.stop()
                self.producer.flush(60)
        except BaseException as problem:
            self._give_up(problem)
            raise
        self.producer.close()
        self._machine.close()
        self._reckon()

    def _give_up(self, error: BaseException) -> None:
        """Leave nothing behind that disturbs the next test; after Ctrl-C there is none."""
        self.producer.close(0)
        self.load.abandon()
        self._machine.close()
        if not isinstance(error, KeyboardInterrupt):
            self.brokers.restore()

    # For the test...

    def say(self, line: str) -> None:
        """A line of progress, to be seen with -s."""
        print(f"{time.strftime('%H:%M:%S')}  {line.strip()}", flush=True)

    def fault_begins(self) -> None:
        """From here on time to recover is counted."""
        self.load.fault_begins()

    def goes_on(self, timeout_s: float = 90) -> None:
        """Wait until each partition is acknowledged again."""
        self.load.wait_until_each_partition_goes_on(timeout_s)

    def close_while_records_wait(self, number: int) -> None:
        """Send no more and close the producer, while the outcome of at least so many records is open."""

        def open_ones() -> int:
            return sum(not one.future.done() for one in self.load.sent)

        self.load.wait_for(lambda: open_ones() >= number, f"{number} records that wait", 60)
        self.load.stop()
        waiting = open_ones()
        self.producer.close()
        self.is_closed = True
        self.say(f"closed while {waiting} records waited")
        assert waiting, "none was open any more"
        assert not open_ones(), "a future is open after close()"

    # The reckoning...

    def _reckon(self) -> None:
        sent = self.load.sent
        expected = sum(is_acknowledged(one) for one in sent if can_be_lost(one, self.lost_from))
        at_least = 0 if "lost" in self.allowed else expected
        read = read_all(self.brokers.bootstrap_servers, self.topic, PARTITIONS, at_least)
        self.found = found = compare(sent, places(read), lost_from=self.lost_from)
        outcome = Outcome(
            setting=self.setting,
            fault=self.fault,
            acknowledged=found.acknowledged,
            failed=found.failed,
            lost=len(found.lost),
            duplicated=len(found.duplicated),
            reordered=len(found.reordered),
            recovery_s=self.load.recovery_s(),
            within_s=self.within_s,
            remark=self.remark + (f"; {found.compared:,} are compared" if self.lost_from else ""),
        )
        self.say(str(outcome))
        self.note(outcome)
        for reason, number in self.found.reasons.most_common(5):
            self.say(f"{number} failed: {reason}")
        self._check(found, outcome)

    def _check(self, found: Comparison, outcome: Outcome) -> None:
        assert not found.foreign, f"nobody sent these there: {found.foreign[:5]}"
        assert not found.unsaid, f"open, or failed without a reason: {found.unsaid[:20]}"
        strange = found.reasons_without(self.may_fail_with)
        assert not strange, f"failed with reasons other than {self.may_fail_with}: {strange[:5]}"
        for column in ("lost", "duplicated", "reordered"):
            assert column in self.allowed or not getattr(outcome, column), f"{column}: {getattr(found, column)[:20]}"
        assert outcome.in_time, f"recovered after {outcome.recovery_s} s"
        self._ensure_nothing_was_late()

    def _ensure_nothing_was_late(self) -> None:
        promised_ms = self.options.get("delivery_timeout_ms", DELIVERY_TIMEOUT_MS)
        assert isinstance(promised_ms, int)
        took_ms, late_ms = self.load.longest_outcome_ms, self.lateness.worst_ms
        self.say(f"the longest outcome took {took_ms:.0f} of {promised_ms} ms; the machine was {late_ms:.0f} ms late")
        assert took_ms <= promised_ms + MARGIN_MS + late_ms, f"an outcome took {took_ms:.0f} ms of {promised_ms}"
