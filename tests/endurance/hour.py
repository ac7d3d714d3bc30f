"""An hour at a steady rate: one producer with default options, and what its process holds every ten seconds.

The broker is a process of its own. What is measured goes into a file as it comes, because a list of samples would grow
and be taken for a leak. At the end the broker reads everything that it has been sent and counts it.
"""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from typing import IO

from kafka_nio import KafkaProducer
from kafka_nio.errors import KafkaError
from kafka_nio.producer import RecordMetadata
from tests.endurance.broker_process import BrokerProcess, Counted, value_of
from tests.endurance.gauges import Latencies, cpu_s, held, objects, rss_kib
from tests.endurance.progress import Tell, nobody

TOPIC = "orders"
PARTITIONS = 6

SAMPLE_S = 10.0
SAMPLES_BETWEEN_OBJECTS = 6
"""The garbage collector's objects are counted once a minute."""

HANDFUL_S = 0.02
"""Records are sent so far apart in time, a few at once: one by one, most of the CPU would go into requests of one."""

LATE_S = 1.0
"""What is missed by more than this is not made up for in a burst."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the process that sends, and at the broker's; latencies are those since the look before."""

    at_s: float
    sent: int
    acknowledged: int
    failed: int
    p50_ms: float | None
    p99_ms: float | None
    cpu_s: float
    rss_kib: int
    peak_rss_kib: int
    descriptors: int
    threads: int
    blocks: int
    objects: int | None
    broker_cpu_s: float
    broker_rss_kib: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A whole run."""

    rate: int
    value_bytes: int
    seconds: float
    interrupted: bool
    sent: int
    acknowledged: int
    failed: int
    first_failure: str | None
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float
    counted: Counted
    samples: list[Sample]


class Answers:
    """What became of the records. The producer's thread writes, the sending one reads."""

    def __init__(self) -> None:
        self.acknowledged = self.failed = 0
        self.first_failure: str | None = None
        self.max_ms = 0.0
        self.all = Latencies()
        self.lately = Latencies()

    def note(self, sent_s: float, _: RecordMetadata, error: KafkaError | None) -> None:
        """The callback of a record."""
        if error is None:
            took_ms = (time.monotonic() - sent_s) * 1e3
            self.acknowledged += 1
            self.all.add(took_ms)
            self.lately.add(took_ms)
            self.max_ms = max(self.max_ms, took_ms)
        else:
            self.failed += 1
            self.first_failure = self.first_failure or f"{type(error).__name__}: {error}"


class Hour:
    """One run.

    Args:
        seconds: how long it sends.
        rate: records in a second.
        value_bytes: the size of a record's value.
        tell: called many times a second with a line that says how far it is.
        is_over: asked as often whether somebody wants it to end.
    """

    def __init__(
        self,
        seconds: float,
        rate: int,
        value_bytes: int,
        tell: Tell = nobody,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._seconds = seconds
        self._rate = rate
        self._value_bytes = value_bytes
        self._tell = tell
        self._is_over = is_over
        self._answers = Answers()
        self._sent = 0
        self._lately = ""
        self._samples: IO[str]

    def run(self) -> Measured:
        """Send, have it counted, and say what was found.

        Raises:
            BrokerProcessError: the broker's process has ended.
        """
        with tempfile.TemporaryFile("w+") as self._samples, BrokerProcess(PARTITIONS) as broker:
            began_s = time.monotonic()
            with KafkaProducer(bootstrap_servers=broker.bootstrap_servers) as producer:
                self._send(producer, broker)
                seconds = time.monotonic() - began_s
                producer.flush()
            self._tell("the broker reads all of it", at_once=True)
            return self._measured(seconds, broker.count(TOPIC))

    def _send(self, producer: KafkaProducer, broker: BrokerProcess) -> None:
        began_s = time.monotonic()
        looked = 0
        for handful, now_s in enumerate(self._moments(began_s), 1):
            if now_s - began_s >= looked * SAMPLE_S:
                self._look(now_s - began_s, broker, counts_objects=looked % SAMPLES_BETWEEN_OBJECTS == 0)
                looked += 1
            while self._sent < round(handful * HANDFUL_S * self._rate):
                callback = partial(self._answers.note, time.monotonic())
                producer.send(TOPIC, value_of(self._sent, self._value_bytes), callback=callback)
                self._sent += 1
            self._tell(f"{self._answers.acknowledged:,} of {self._sent:,} records acknowledged; {self._lately}")
        self._look(time.monotonic() - began_s, broker, counts_objects=True)

    def _moments(self, began_s: float) -> Iterator[float]:
        due_s = now_s = began_s
        while now_s < began_s + self._seconds and not self._is_over():
            yield now_s
            due_s = max(due_s + HANDFUL_S, now_s - LATE_S)
            time.sleep(max(0.0, due_s - time.monotonic()))
            now_s = time.monotonic()

    def _look(self, at_s: float, broker: BrokerProcess, counts_objects: bool) -> None:
        answers, lately = self._answers, self._answers.lately
        answers.lately = Latencies()
        sample = Sample(
            at_s=round(at_s, 2),
            sent=self._sent,
            acknowledged=answers.acknowledged,
            failed=answers.failed,
            p50_ms=lately.percentile_ms(50),
            p99_ms=lately.percentile_ms(99),
            cpu_s=cpu_s(),
            **asdict(held()),
            objects=objects() if counts_objects else None,
            broker_cpu_s=cpu_s(broker.process_id),
            broker_rss_kib=rss_kib(broker.process_id),
        )
        print(json.dumps(asdict(sample)), file=self._samples)
        self._lately = as_text(sample)

    def _measured(self, seconds: float, counted: Counted) -> Measured:
        answers = self._answers
        self._samples.seek(0)
        return Measured(
            rate=self._rate,
            value_bytes=self._value_bytes,
            seconds=round(seconds, 1),
            interrupted=seconds < self._seconds,
            sent=self._sent,
            acknowledged=answers.acknowledged,
            failed=answers.failed,
            first_failure=answers.first_failure,
            p50_ms=answers.all.percentile_ms(50),
            p99_ms=answers.all.percentile_ms(99),
            max_ms=round(answers.max_ms, 1),
            counted=counted,
            samples=[Sample(**json.loads(line)) for line in self._samples],
        )


def as_text(sample: Sample) -> str:
    """The parts of a sample that somebody who waits wants to see."""
    answered = "no answer" if sample.p50_ms is None else f"p50 {sample.p50_ms:.1f} ms, p99 {sample.p99_ms:.1f} ms"
    return (
        f"{sample.failed} failed, {answered}; {sample.rss_kib:,} KiB, {sample.descriptors} descriptors,"
        f" {sample.threads} threads, {sample.cpu_s:.0f} CPU s, the broker's {sample.broker_cpu_s:.0f}"
    )
