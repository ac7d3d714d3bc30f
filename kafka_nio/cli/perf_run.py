"""A run of `kafka-nio perf`: one thread sends, the producer's thread counts the answers, the main thread tells.

The main thread is the one that Ctrl-C interrupts, wherever it is. So it must not be the one that sends: an interrupt
amid `send` could leave a record half appended, or a lock held. The thread that sends is asked to stop instead.

The latency of a record is the time from just before `send` to its callback, as in Kafka's tool. What costs least:
records that are sent within 10 µs share one callback, which knows when the first of them was sent, and an answer adds
one to one number. An object for each record would cost more than that, most of it in the garbage collector.

Left out against Java: transactions.

Java: org.apache.kafka.tools.ProducerPerformance
"""

import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

from kafka_nio.cli.perf_figures import BUCKETS, EXACT_BITS, HALF, Figures, Latencies
from kafka_nio.cli.perf_load import Load, Pace
from kafka_nio.clock import Clock
from kafka_nio.errors import IllegalStateError, KafkaError
from kafka_nio.producer import KafkaProducer, RecordMetadata
from kafka_nio.producer.producer_record import Callback

SHARED_NS = 10_000
"""Records sent within so many nanoseconds are counted as sent at once; a latency may be told too long by that."""

GRACE_S = 10.0
"""How long, after Ctrl-C, to wait for what is under way."""


def cpu_seconds() -> float:
    """What this process has used so far, all its threads, for itself and in the kernel."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Tally:
    """What has come of the records of one part of the run."""

    def __init__(self, num_records: int, clock: Clock) -> None:
        self.num_records = num_records
        self._now_ns = clock.now_ns
        # written by the thread that sends, before its first record:
        self.start_ns = clock.now_ns()
        self.start_cpu_seconds = cpu_seconds()
        # written by the producer's thread alone:
        self._counts = [0] * BUCKETS
        self.value_bytes = 0
        # A record that gets into no batch fails on the thread that sends, any other on the producer's; guarded:
        self._lock = threading.Lock()
        self.failures = Counter[str]()
        self.first_failure: dict[str, str] = {}

    def begin(self) -> None:
        """Its first record is about to be sent."""
        self.start_ns = self._now_ns()
        self.start_cpu_seconds = cpu_seconds()

    def callback(self, sent_ns: int) -> Callback:
        """For the records that are sent now."""
        return partial(self._answered, sent_ns)

    def _answered(self, sent_ns: int, metadata: RecordMetadata, error: KafkaError | None) -> None:
        if error is not None:
            self._failed(error)
            return
        latency_us = (self._now_ns() - sent_ns) // 1000
        shift = latency_us.bit_length() - EXACT_BITS  # `bucket_of`, here because a call costs as much again
        self._counts[latency_us if shift <= 0 else shift * HALF + (latency_us >> shift)] += 1
        self.value_bytes += metadata.serialized_value_size

    def _failed(self, error: KafkaError) -> None:
        reason = type(error).__name__
        with self._lock:
            self.failures[reason] += 1
            self.first_failure.setdefault(reason, str(error))

    @property
    def latencies(self) -> Latencies:
        """Those counted so far."""
        return Latencies(self._counts.copy())


class Run:
    """Sends a load, and knows what has come of it."""

    def __init__(self, producer: KafkaProducer, load: Load, clock: Clock) -> None:
        self.is_interrupted = False
        self._producer = producer
        self._load = load
        self._clock = clock
        self._is_stopped = False
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._send_all, name="perf", daemon=True)
        self.warmup = Tally(load.warmup_records, clock)
        self.steady = Tally(load.num_records - load.warmup_records, clock)
        self._end: tuple[int, float] | None = None
        """When the last answer came, by the clock and in CPU seconds."""

    # The main thread...

    def run(self, every_ms: float, tell: Callable[[], object]) -> None:
        """Send everything and wait for the answers.

        Args:
            every_ms: how often to call `tell` meanwhile.
            tell: says how far it has come.

        Raises:
            KafkaError: a record was refused by `send` itself.
        """
        self._clock.start(self._thread)
        while not self._clock.join(self._thread, every_ms):
            tell()
        if self._fault is not None:
            raise self._fault

    def stop(self) -> None:
        """Send nothing more, and wait for what is under way. What has no answer then has failed."""
        self.is_interrupted = self._is_stopped = True
        self._producer.close(timeout=GRACE_S)
        self._clock.join(self._thread, GRACE_S * 1000)

    # The thread that sends...

    def _send_all(self) -> None:
        try:
            self._send()
            self._producer.flush()
        except BaseException as error:
            # `stop` closes the producer, and a `send` that still waits for memory then is told so.
            if not (self._is_stopped and isinstance(error, IllegalStateError)):
                self._fault = error
        finally:
            self._end = (self._clock.now_ns(), cpu_seconds())

    def _send(self) -> None:
        load = self._load
        pace = Pace(load.throughput, self._clock, lambda: self._is_stopped) if load.throughput > 0 else None
        values = cycle(load.values)
        number = 0
        for tally in (self.warmup, self.steady):
            tally.begin()
            self._send_part(tally, number, values, pace)
            number += tally.num_records

    def _send_part(self, tally: Tally, first: int, values: Iterator[bytes], pace: Pace | None) -> None:
        """The loop that is measured: what it looks up for each record, it looks up in its own names."""
        send, topic, now_ns, new_callback = self._producer.send, self._load.topic, self._clock.now_ns, tally.callback
        shared_until_ns = 0
        numbers = range(first, first + tally.num_records)
        for number, key, value in zip(numbers, self._load.keys, values, strict=False):  # the numbers alone end
            if pace is not None:
                pace.wait_for(number)
            if self._is_stopped:
                return
            sent_ns = now_ns()
            if sent_ns >= shared_until_ns:
                callback = new_callback(sent_ns)
                shared_until_ns = sent_ns + SHARED_NS
            send(topic, value, key, callback=callback)

    # What has come of it...

    def figures(self) -> Figures:
        """What was acknowledged, warm-up or not, until now or until the end."""
        latencies = self.warmup.latencies + self.steady.latencies
        value_bytes = self.warmup.value_bytes + self.steady.value_bytes
        return self._figures(latencies, value_bytes, self.warmup)

    def steady_figures(self) -> Figures:
        """What was acknowledged of the records after the warm-up."""
        return self._figures(self.steady.latencies, self.steady.value_bytes, self.steady)

    def _figures(self, latencies: Latencies, value_bytes: int, since: Tally) -> Figures:
        end_ns, end_cpu_seconds = self._end or (self._clock.now_ns(), cpu_seconds())
        seconds = max(0, end_ns - since.start_ns) / 1e9
        return Figures(latencies, value_bytes, seconds, end_cpu_seconds - since.start_cpu_seconds)

    @property
    def failures(self) -> Counter[str]:
        """How many records failed, by reason."""
        return self.warmup.failures + self.steady.failures

    @property
    def first_failures(self) -> dict[str, str]:
        """What was wrong with the first record that failed for a reason."""
        return self.steady.first_failure | self.warmup.first_failure
