"""One fault, from the first record to the row in the table.

    with Trial(cluster, note, "`kill -9` of a leader") as trial:
        trial.fault_begins()
        cluster.nodes[cluster.leader(trial.topic)].kill()
        trial.goes_on()

Before the block the load has run for a moment; after it the cluster is made whole, the producer is closed, the topic is
read back, and what was promised is checked.
"""

import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self

from kafka_nio.producer import KafkaProducer
from tests.faults.ledger import Comparison, compare, places, read_all
from tests.faults.load import SteadyLoad, is_acknowledged
from tests.faults.table import Note, Outcome

THREE_NODES = "Three nodes of Apache Kafka"
PARTITIONS = 6

DEFAULT_WITHIN_S = 60
"""By when each partition goes on, unless a test says otherwise."""


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
    """

    brokers: Brokers
    note: Note
    fault: str
    setting: str = THREE_NODES
    options: Mapping[str, object] = field(default_factory=dict)
    allowed: Set[str] = frozenset()
    within_s: float = DEFAULT_WITHIN_S
    remark: str = ""
    lost_from: int = 0
    """Smaller numbers cannot be lost: they are gone with their topic."""

    def __enter__(self) -> Self:
        self.say(f"\n{self.fault}")
        self.topic = self.brokers.create_topic("load", PARTITIONS)
        options = {"bootstrap_servers": self.brokers.bootstrap_servers, "linger_ms": 5, **self.options}
        self.producer = KafkaProducer(**options)
        self.load = SteadyLoad(self.producer, self.topic, PARTITIONS, say=self.say)
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
            self.goes_on()
            self.load.stop()
            self.producer.flush(60)
        except BaseException as problem:
            self._give_up(problem)
            raise
        self.producer.close()
        self._reckon()

    def _give_up(self, error: BaseException) -> None:
        """Leave nothing behind that disturbs the next test; after Ctrl-C there is none."""
        self.producer.close(0)
        self.load.abandon()
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

    # The reckoning...

    def _reckon(self) -> None:
        sent = self.load.sent
        expected = sum(is_acknowledged(one) for one in sent if one.number >= self.lost_from)
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
            remark=self.remark,
        )
        self.say(str(outcome))
        self.note(outcome)
        for reason, number in self.found.reasons.most_common(5):
            self.say(f"{number} failed: {reason}")
        self._check(found, outcome)

    def _check(self, found: Comparison, outcome: Outcome) -> None:
        assert not found.foreign, f"nobody sent these there: {found.foreign[:5]}"
        assert not found.unsaid, f"open, or failed without a reason: {found.unsaid[:20]}"
        for column in ("failed", "lost", "duplicated", "reordered"):
            details = found.reasons.most_common(5) if column == "failed" else getattr(found, column)[:20]
            assert column in self.allowed or not getattr(outcome, column), f"{column}: {details}"
        assert outcome.in_time, f"recovered after {outcome.recovery_s} s"
