"""What is counted while the producer runs. `metric_names` says what it is called and what is shown of it.

    metrics.record("batch-size", 16_000)              # tells a sensor a value
    metrics.count("record-send", 500, "orders")       # the same, of one topic
    metrics.snapshot()["record-send-total{topic=orders}"]

Sensors are told something once per batch, request or poll, never per record. Even so it adds up, so nothing is told
twice: what a topic or a node was told is the whole producer's, too, and is put together when somebody looks.

A rate, an average or a maximum looks back on the last few *samples*: two of 30 s, unless the options say otherwise. A
sample collects what happens in its time, and is dropped as a whole when it has become too old. So a figure looks back
between one and two times 30 s, costs three additions, and forgets. A rate is taken over at least one whole sample, or
it would be absurd in the first second.

Left out against Java: reporters, JMX, quotas, percentiles.

Java: org.apache.kafka.common.metrics.Metrics, Sensor, org.apache.kafka.common.metrics.stats
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kafka_nio.metric_names import METRICS, Metric, Stat

NS_PER_MS = 1_000_000


def _stands_still() -> int:
    return 0


@dataclass(slots=True)
class _Sample:
    """What happened in one stretch of time."""

    started_ms: int
    last_ms: int
    count: int = 0
    sum: float = 0.0
    largest: float = -math.inf

    def add(self, other: "_Sample") -> None:
        """Count what happened there as well."""
        self.count += other.count
        self.sum += other.sum


class Sensor:
    """Values of one kind: all of them in numbers, the last ones in samples."""

    def __init__(self, window_ms: int, samples: int, kept: Iterable[_Sample] = ()) -> None:
        self._window_ms = window_ms
        self._wanted = samples
        self._samples = deque(kept)
        self._forgotten = _Sample(0, 0)
        """What was in the samples that are no longer kept."""

    @classmethod
    def merged(cls, window_ms: int, samples: int, sensors: Iterable["Sensor"], now_ms: int) -> "Sensor":
        """One that was told everything that these were told, and has forgotten what they have by now."""
        sensors = list(sensors)
        for sensor in sensors:
            sensor._forget(now_ms)
        kept = (sample for sensor in sensors for sample in sensor._samples)
        merged = cls(window_ms, samples, sorted(kept, key=lambda sample: sample.started_ms))
        for sensor in sensors:
            merged._forgotten.add(sensor._forgotten)
        return merged

    def record(self, values: Sequence[float], now_ms: int) -> None:
        """Take values in."""
        samples = self._samples
        if not samples or now_ms - samples[-1].started_ms >= self._window_ms:
            self._forget(now_ms)
            samples.append(_Sample(now_ms, now_ms))
        sample = samples[-1]
        sample.last_ms = now_ms
        sample.count += len(values)
        sample.sum += sum(values)
        sample.largest = max(sample.largest, *values)

    def _forget(self, now_ms: int) -> None:
        while self._samples and now_ms - self._samples[0].last_ms >= self._wanted * self._window_ms:
            self._forgotten.add(self._samples.popleft())

    def measure(self, stat: Stat, now_ms: int) -> float:
        """One way to look at the values; NaN where there is none to look at."""
        self._forget(now_ms)
        count = sum(sample.count for sample in self._samples)
        total = sum(sample.sum for sample in self._samples)
        match stat:
            case Stat.TOTAL:
                return self._forgotten.sum + total
            case Stat.COUNT:
                return self._forgotten.count + count
            case Stat.RATE:
                return total * 1000 / self._looks_back_ms(now_ms)
            case Stat.COUNT_RATE:
                return count * 1000 / self._looks_back_ms(now_ms)
            case Stat.RATIO:
                return total / NS_PER_MS / self._looks_back_ms(now_ms)
            case Stat.AVG:
                return total / count if count else math.nan
            case _:
                return max((sample.largest for sample in self._samples), default=math.nan)

    def _looks_back_ms(self, now_ms: int) -> float:
        """All samples but one count as whole, even if the producer is younger than that. Java: Rate.windowSize"""
        elapsed_ms = now_ms - self._samples[0].started_ms if self._samples else 0
        missing = self._wanted - 1 - (elapsed_ms // self._window_ms if self._window_ms else 0)
        return max(elapsed_ms + max(missing, 0) * self._window_ms, 1)


class Metrics:
    """Sensors by name. Told values by several threads, read by `KafkaProducer.metrics()`.

    Args:
        now_ms: the time; it stands still unless somebody hands in a clock's.
        window_ms, samples: how long a sample is, and how many are looked back on.
    """

    def __init__(self, now_ms: Callable[[], int] = _stands_still, window_ms: int = 30_000, samples: int = 2) -> None:
        self._now_ms = now_ms
        self._window_ms, self._samples = window_ms, samples
        self._lock = threading.Lock()
        self._gauges: dict[str, Callable[[], float]] = {}
        # guarded by the lock:
        self._sensors: dict[tuple[str, str], Sensor] = {}
        """By name and tag."""

    def record(self, sensor: str, value: float, tag: str = "") -> None:
        """Tell a sensor a value. The arguments are those of `record_all`."""
        self.record_all(sensor, (value,), tag)

    def record_all(self, sensor: str, values: Sequence[float], tag: str = "") -> None:
        """Tell a sensor several values that came together: it costs no more than one.

        Args:
            sensor: its name; `metric_names` has them all.
            values: at least one.
            tag: the topic or the node, for a sensor that each of them has.
        """
        now_ms = self._now_ms()
        with self._lock:
            told = self._sensors.get((sensor, tag))
            if told is None:
                told = self._sensors[sensor, tag] = Sensor(self._window_ms, self._samples)
            told.record(values, now_ms)

    def count(self, sensor: str, amount: float = 1, tag: str = "") -> None:
        """Tell a sensor that something has happened, once or several times."""
        self.record(sensor, amount, tag)

    def gauge(self, name: str, read: Callable[[], float]) -> None:
        """Have `snapshot` ask for this figure, from whatever thread it runs on."""
        self._gauges[name] = read

    def snapshot(self) -> dict[str, float]:
        """Every metric by its name, at this moment; NaN for an average of nothing."""
        values = {}
        for metric, tag, value in self.measurements():
            values[f"{metric.name}{{{metric.tag}={tag}}}" if tag else metric.name] = value
        return dict(sorted(values.items()))

    def measurements(self) -> list[tuple[Metric, str, float]]:
        """Every metric at this moment, with the topic or the node that it is told by, if it is."""
        now_ms = self._now_ms()
        read = {name: gauge() for name, gauge in self._gauges.items()}
        with self._lock:
            measured = [found for metric in METRICS for found in self._measure(metric, now_ms)]
        return measured + [(metric, "", read[metric.name]) for metric in METRICS if metric.name in read]

    def _measure(self, metric: Metric, now_ms: int) -> Iterator[tuple[Metric, str, float]]:
        if metric.stat is Stat.NOW:
            return
        wanted = metric.sensor.split()
        sensors = [(tag, sensor) for (name, tag), sensor in self._sensors.items() if name in wanted]
        if metric.tag == "":
            of_all = Sensor.merged(self._window_ms, self._samples, (sensor for _, sensor in sensors), now_ms)
            yield metric, "", of_all.measure(metric.stat, now_ms)
            return
        for tag, sensor in sensors:
            if tag:
                yield metric, tag, sensor.measure(metric.stat, now_ms)
