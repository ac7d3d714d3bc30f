"""The application of a simulation: it takes the plan's steps with a real `KafkaProducer`, and keeps what it was told.

Java: no counterpart.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from random import Random

from kafka_nio.errors import KafkaError, KafkaTimeoutError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.simulation.brokers import TOPIC
from kafka_nio.simulation.clock import SimulationClock
from kafka_nio.simulation.plan import Do, Plan, Step

HOURS_AHEAD_MS = 3 * 60 * 60 * 1000
"""A record with a timestamp so far ahead is refused by every broker, always."""

MOST_CALLS = 5
"""How often a call is made again that was waited for in vain."""


class Fate(Enum):
    """What the application knows of a transaction."""

    OPEN = "it was never ended"
    COMMITTED = "commit_transaction returned"
    ABORTED = "abort_transaction returned"
    UNKNOWN = "commit_transaction failed"


@dataclass(slots=True)
class Transaction:
    """One transaction."""

    fate: Fate = Fate.OPEN


@dataclass(slots=True)
class Sent:
    """A record that was handed in, and all that was said about it."""

    number: int
    value: bytes
    transaction: Transaction | None = None
    future: FutureRecordMetadata | None = None
    raised: Exception | None = None
    called: int = -1
    """When `send` was called: a count that goes on with each call and each return."""
    returned: int = -1
    """When it returned. A callback may send a record meanwhile, and neither is before the other then."""
    appended_ms: int = 0
    """When `send` returned."""
    leapt_ms: int = 0
    """How long the process had been suspended until then."""
    took_ms: int = 0
    """How long from then to its outcome, without the time in which the process was suspended."""
    outcomes: list[tuple[RecordMetadata, KafkaError | None]] = field(default_factory=list)
    """What its callback was called with."""

    @property
    def name(self) -> str:
        """It, in the words of a report."""
        return f"record {self.number}"


class Application:
    """Lives through a plan.

    Args:
        plan: what it does.
        clock: by which it lives.
        make_producer: from the plan's options.
    """

    def __init__(self, plan: Plan, clock: SimulationClock, make_producer: Callable[[], KafkaProducer]) -> None:
        self.plan = plan
        self.sent: list[Sent] = []
        self.broken: list[str] = []
        """Promises that were broken before its eyes."""
        self.proofs: list[Sent] = []
        """Records sent when all was well again. They must arrive."""
        self.closing_ms = 0
        self.left_bytes = 0
        """What the buffer pool misses after close."""
        self._clock = clock
        self._random = Random(f"application {plan.seed}")
        self._producer = make_producer()
        self._transaction: Transaction | None = None
        self._leapt_ms = 0
        self._is_over = False
        self._is_initialized = not plan.is_transactional
        self._ticks = itertools.count()

    def run(self) -> None:
        """Take all steps, then close."""
        try:
            for step in self.plan.steps:
                self._take(step)
            if self.plan.close_timeout_s is None:
                self._prove_that_it_goes_on()
        finally:
            self._close()

    def _close(self) -> None:
        began_ms = self._clock.now_ms()
        self._producer.close(self.plan.close_timeout_s)
        self.closing_ms = self._clock.now_ms() - began_ms
        pool = self._producer._accumulator.buffer_pool
        self.left_bytes = pool.total_bytes - pool.available_bytes

    def _take(self, step: Step) -> None:
        match step.do:
            case Do.SEND:
                for _ in range(step.amount):
                    self._send_in_transaction()
            case Do.WAIT:
                self._clock.sleep(step.amount)
            case Do.FLUSH:
                self._flush()
            case Do.PURGE:
                self._producer.purge()
            case Do.BE_SUSPENDED:
                self._clock.leap(step.amount)
                self._leapt_ms += step.amount
            case Do.SET_WALL_CLOCK:
                self._clock.set_wall_clock(step.amount)
            case Do.COMMIT | Do.ABORT:
                self._end_transaction(step.do)

    # Sending...

    def _send_in_transaction(self) -> None:
        if self.plan.is_transactional and not self._has_transaction():
            return
        self._send_any(self._transaction)

    def _send_any(self, transaction: Transaction | None) -> None:
        """Send a record of some size: to a named partition, with a key, or wherever the producer likes."""
        way = self._random.random()
        partition = self._random.randrange(self.plan.partitions) if way < 0.6 else None
        key = b"key %d" % self._random.randrange(5) if 0.6 < way < 0.8 else None
        is_refused = self._random.random() < 0.01
        timestamp_ms = self._clock.time_ms() + HOURS_AHEAD_MS if is_refused else None
        sent = self._new_record(transaction, self._random.choice(self.plan.value_sizes))
        self._send(sent, key, partition, timestamp_ms)

    def _send(self, sent: Sent, key: bytes | None, partition: int | None, timestamp_ms: int | None) -> None:
        callback = self._callback_of(sent)
        sent.called = next(self._ticks)
        try:
            sent.future = self._producer.send(TOPIC, sent.value, key, partition, timestamp_ms, callback=callback)
            sent.returned = next(self._ticks)
            sent.appended_ms, sent.leapt_ms = self._clock.now_ms(), self._leapt_ms
        except (KafkaError, ValueError) as error:
            sent.raised = error
            self._after_error(error)

    def _new_record(self, transaction: Transaction | None, size: int = 0) -> Sent:
        number = len(self.sent)
        sent = Sent(number, (b"%06d" % number).ljust(size, b"."), transaction)
        self.sent.append(sent)
        return sent

    def _callback_of(self, sent: Sent) -> Callable[[RecordMetadata, KafkaError | None], None]:
        follows = self.plan.sends_in_callbacks and self._random.random() < 0.3

        def callback(metadata: RecordMetadata, error: KafkaError | None) -> None:
            sent.outcomes.append((metadata, error))
            if sent.future is not None:  # else it was refused while `send` was at work
                sent.took_ms = self._clock.now_ms() - sent.appended_ms - (self._leapt_ms - sent.leapt_ms)
            if follows:
                self._send_any(None)

        return callback

    def _flush(self) -> None:
        before = [sent for sent in self.sent if sent.future is not None]
        timeout_s = self._random.choice((None, None, 0.2))
        try:
            self._producer.flush(timeout_s)
        except KafkaTimeoutError:
            if timeout_s is None:
                self.broken.append("flush without a timeout timed out")
            return
        for sent in before:
            assert sent.future is not None
            if not sent.future.done():
                self.broken.append(f"flush returned, and {sent.name} that was sent before has no outcome")

    # Transactions...

    def _has_transaction(self) -> bool:
        """Whether a transaction is open now, begun if need be."""
        try:
            if not self._is_over and not self._is_initialized:
                self._again_and_again(self._producer.init_transactions)
                self._is_initialized = True
            if not self._is_over and self._transaction is None:
                self._producer.begin_transaction()
                self._transaction = Transaction()
        except KafkaError:
            self._is_over = True
        return not self._is_over

    def _end_transaction(self, do: Do) -> None:
        if self._transaction is None or self._is_over:
            return
        transaction, self._transaction = self._transaction, None
        if do is Do.COMMIT:
            transaction.fate = Fate.UNKNOWN
        call = self._producer.commit_transaction if do is Do.COMMIT else self._producer.abort_transaction
        try:
            self._again_and_again(call)
            transaction.fate = Fate.COMMITTED if do is Do.COMMIT else Fate.ABORTED
        except KafkaTimeoutError:
            self._is_over = True  # it is still under way, and nothing else may be called
        except KafkaError as error:
            self._transaction = transaction
            self._after_error(error)

    def _after_error(self, error: Exception) -> None:
        """What an application does after an error in a transaction: abort it, or give up for good."""
        if self._transaction is None or isinstance(error, KafkaTimeoutError):
            return
        if getattr(error, "fatal", False):
            self._transaction, self._is_over = None, True
            return
        transaction, self._transaction = self._transaction, None
        try:
            self._again_and_again(self._producer.abort_transaction)
            transaction.fate = Fate.ABORTED
        except KafkaError:
            self._is_over = True

    @staticmethod
    def _again_and_again(call: Callable[[], None]) -> None:
        for left in reversed(range(MOST_CALLS)):
            try:
                return call()
            except KafkaTimeoutError:
                if not left:
                    raise

    # The end...

    def _prove_that_it_goes_on(self) -> None:
        """When the weather has cleared up, whatever has happened, records are written again."""
        plan = self.plan
        if plan.is_transactional or not plan.can_wait_out_everything:
            return
        self._clock.sleep(max(0, plan.all_well_from_ms - self._clock.now_ms()))
        self._producer.flush()
        for partition in range(plan.partitions):
            proof = self._new_record(None)
            self.proofs.append(proof)
            self._send(proof, None, partition, None)
