"""Runs a history: a real producer, its two threads taking turns, in a network and a cluster that exist in memory.

    verdict = simulate(seed)
    verdict.broken            # empty, or what was broken, in sentences

The same seed gives the same history, step by step, recorded or not.

Java: no counterpart.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer, ProducerRuntime
from kafka_nio.simulation.application import Application
from kafka_nio.simulation.brokers import SimulatedBrokers
from kafka_nio.simulation.clock import SimulationClock, Standstill
from kafka_nio.simulation.network import SimulatedNetwork
from kafka_nio.simulation.plan import Plan, plan
from kafka_nio.simulation.promises import broken_promises
from kafka_nio.simulation.weather import Weather
from kafka_nio.tracing import record
from kafka_nio.tracing.turns import DeadlockError

TICK_NS = 1_000
"""By how much time seems to move on with every event of a recording, so that no two begin together."""

CLOSING = "kafka_nio.producer.transactional_requests"
"""Who logs that a transaction cannot be aborted in a close because the application waits for its commit."""

Apart = Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a history."""

    plan: Plan
    broken: tuple[str, ...]
    """The promises that were broken; none, if all is well."""
    records: int
    """How many records were handed in."""
    acknowledged: int
    selects: int
    duration_ms: int
    """How long it took, by its own clock."""


def simulate(seed: int) -> Verdict:
    """Live through the history of this seed."""
    return live_through(plan(seed))


def live_through(plan: Plan) -> Verdict:
    """Live through a history that was planned by hand."""
    return _History(plan).verdict()


def record_history(seed: int, path: Path) -> Verdict:
    """Live through the history of this seed, and write a recording of it."""
    history = _History(plan(seed), apart=_on_another_thread)
    with record(path, name=f"simulation-{seed}", clock=history.clock, tick_ns=TICK_NS):
        return history.verdict()


def _on_another_thread(do: Callable[[], None]) -> None:
    """Do what a broker does where it is not recorded: on a thread that is none of the producer's."""
    thread = threading.Thread(target=do, name="broker")
    thread.start()
    thread.join()


class _History:
    def __init__(self, plan: Plan, apart: Apart | None = None) -> None:
        self.plan = plan
        self.clock = SimulationClock()
        self._weather = Weather(plan)
        self._brokers = SimulatedBrokers(plan, self._weather, self.clock)
        self._network = SimulatedNetwork(self.clock, self._brokers, apart)
        self._brokers.end_connections = self._network.end_connections
        for event in plan.events:
            self._brokers.schedule(event, self.clock.at)

    def verdict(self) -> Verdict:
        """Let it happen, and look what became of the promises."""
        with _errors_logged() as logged:
            application = Application(self.plan, self.clock, self._producer)
            stopped = self._stopped_by(application.run)
        broken = [stopped] if stopped is not None else [*logged, *self._promises_broken_by(application)]
        acknowledged = sum(1 for sent in application.sent if sent.outcomes and sent.outcomes[0][1] is None)
        return Verdict(
            self.plan, tuple(broken), len(application.sent), acknowledged, self.clock.selects, self.clock.now_ms()
        )

    def _promises_broken_by(self, application: Application) -> Iterator[str]:
        self.clock.finish()
        self._brokers.take_over()  # so that no transaction is open when we look
        return broken_promises(self.plan, application, self._brokers)

    def _producer(self) -> KafkaProducer:
        runtime = ProducerRuntime(
            clock=self.clock,
            random=Random(f"producer {self.plan.seed}"),
            resolve=self._network.resolve,
            open_channel=self._network.open_channel,
        )
        servers = self._brokers.bootstrap_servers
        return KafkaProducer(
            {"bootstrap_servers": servers, "client_id": "simulation", **self.plan.options}, runtime=runtime
        )

    @staticmethod
    def _stopped_by(run: Callable[[], None]) -> str | None:
        """What kept the history from its end, if anything did."""
        try:
            run()
        except Standstill as standstill:
            return f"the producer's loop spins: {standstill}"
        except DeadlockError as deadlock:
            return f"nobody goes on: {deadlock}"
        except KafkaError as error:
            return f"the application met an error that nobody told it of: {type(error).__name__}: {error}"
        return None


class _Errors(logging.Handler):
    """Keeps what is logged with a traceback: errors that nobody foresaw, which the producer survives."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.sentences: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        is_foreseen = record.name == CLOSING  # whose caller was told already that the transaction is under way
        if record.exc_info is not None and record.exc_info[1] is not None and not is_foreseen:
            error = record.exc_info[1]
            self.sentences.append(f"{record.getMessage()}: {type(error).__name__}: {error}")


@contextmanager
def _errors_logged() -> Iterator[list[str]]:
    """What the package logs as unforeseen during the block, and silence otherwise."""
    log, errors = logging.getLogger("kafka_nio"), _Errors()
    before = log.level, log.propagate
    log.addHandler(errors)
    log.setLevel(logging.ERROR)
    log.propagate = False
    try:
        yield errors.sentences
    finally:
        log.removeHandler(errors)
        log.level, log.propagate = before
        log.setLevel(before[0])
