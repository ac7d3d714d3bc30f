"""What `kafka-nio perf` counts: records, bytes, seconds, and how long each record took.

`Latencies` counts every record, in buckets: no latency is sampled, and the memory is the same for a thousand records
and for a billion. Up to 2 ms a bucket is one microsecond; above, it is a thousandth of its value. So each figure that
is told is exact to a thousandth, and never less than the truth.

Left out against Java: nothing is sorted, so percentiles cost nothing while records are sent. Java keeps at most 500,000
latencies and takes every n-th of a longer run.

Java: org.apache.kafka.tools.ProducerPerformance.Stats
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1024 * 1024

EXACT_BITS = 11
"""Numbers of so many bits have a bucket each; of larger ones the leading bits decide."""

HALF = 1 << EXACT_BITS - 1

LONGEST_BITS = 42
"""Of a latency in microseconds: 50 days."""

BUCKETS = HALF * (LONGEST_BITS - EXACT_BITS + 2)


def bucket_of(latency_us: int) -> int:
    """Where a latency is counted."""
    shift = latency_us.bit_length() - EXACT_BITS
    return latency_us if shift <= 0 else shift * HALF + (latency_us >> shift)


def largest_of(bucket: int) -> int:
    """The largest latency that is counted there, in microseconds."""
    shift = max(0, bucket // HALF - 1)
    return (bucket - shift * HALF + 1 << shift) - 1


@dataclass(frozen=True, slots=True)
class Latencies:
    """How many records took how long: one number for each bucket."""

    counts: list[int]

    @property
    def count(self) -> int:
        """How many records there are."""
        return sum(self.counts)

    @property
    def average_ms(self) -> float:
        """Their mean, in milliseconds."""
        return sum(largest_of(bucket) * count for bucket, count in self._filled()) / 1000 / self.count

    @property
    def max_ms(self) -> float:
        """The longest, in milliseconds."""
        return max(largest_of(bucket) for bucket, _ in self._filled()) / 1000

    def percentile_ms(self, fraction: float) -> float:
        """So many milliseconds, or less, this fraction of the records took."""
        rank = math.ceil(fraction * self.count)
        for bucket, count in self._filled():
            rank -= count
            if rank <= 0:
                return largest_of(bucket) / 1000
        raise ValueError("there are no latencies")

    def _filled(self) -> Iterator[tuple[int, int]]:
        return ((bucket, count) for bucket, count in enumerate(self.counts) if count)

    def __add__(self, other: "Latencies") -> "Latencies":
        return Latencies([one + more for one, more in zip(self.counts, other.counts, strict=True)])

    def __sub__(self, earlier: "Latencies") -> "Latencies":
        return Latencies([now - before for now, before in zip(self.counts, earlier.counts, strict=True)])


@dataclass(frozen=True, slots=True)
class Figures:
    """What has come of some records in some time."""

    latencies: Latencies
    value_bytes: int
    seconds: float
    cpu_seconds: float = 0.0
    """Of this process, all its threads."""

    def __sub__(self, earlier: "Figures") -> "Figures":
        return Figures(
            self.latencies - earlier.latencies,
            self.value_bytes - earlier.value_bytes,
            self.seconds - earlier.seconds,
            self.cpu_seconds - earlier.cpu_seconds,
        )

    @property
    def records(self) -> int:
        """How many were acknowledged."""
        return self.latencies.count

    @property
    def rates(self) -> tuple[float, float]:
        """Records and mebibytes per second."""
        seconds = self.seconds or math.inf
        return self.records / seconds, self.value_bytes / MIB / seconds

    @property
    def cpu_seconds_per_million(self) -> float | None:
        """What a million of such records cost."""
        return self.cpu_seconds / self.records * 1_000_000 if self.records else None
