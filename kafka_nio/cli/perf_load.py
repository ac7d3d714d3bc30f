"""What `kafka-nio perf` sends, and when: values made ahead, keys, and a schedule.

Values are made before the clock starts, because making them is not what is to be measured: ten thousand at most, or as
many as fit into 4 MiB, and then the same again. Kafka's tool makes a new one each time.

Java: org.apache.kafka.tools.ProducerPerformance, org.apache.kafka.server.util.ThroughputThrottler
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, cycle, repeat
from pathlib import Path
from random import Random

from kafka_nio.cli.problem import Problem
from kafka_nio.clock import Clock

MOST_VALUES = 10_000
MOST_BYTES = 4 * 1024 * 1024

LETTERS = bytes(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[byte % 26] for byte in range(256))
"""Makes letters of bytes: what a codec finds in them is about what it finds in the letters of Kafka's tool."""

LONGEST_SLEEP_MS = 100.0
"""After so long somebody who sleeps looks whether there is still something to wait for."""


@dataclass(frozen=True, slots=True)
class Load:
    """What is to be sent."""

    topic: str
    num_records: int
    warmup_records: int
    values: list[bytes]
    """Sent in this order, again and again."""
    described: str
    """The values, in words."""
    keys: Iterator[bytes | None]
    throughput: float
    """Records per second; less than 0 for as fast as possible."""
    seed: int

    def refuse_if_wrong(self) -> None:
        """Raise a `Problem` for numbers that make no sense, alone or together."""
        if self.throughput == 0 or not math.isfinite(self.throughput):
            raise Problem(f"--throughput {self.throughput:g}: give records per second, or -1 for no limit", status=2)
        if self.warmup_records >= self.num_records:
            raise Problem(
                f"--warmup-records {self.warmup_records} leaves none of --num-records {self.num_records}", status=2
            )

    @property
    def expected_bytes(self) -> int:
        """About how many bytes of values it will be."""
        return self.num_records * sum(map(len, self.values)) // len(self.values)


def sizes(text: str) -> tuple[int, int]:
    """The smallest and the largest size in `100` or `50-150`.

    Raises:
        Problem: it is neither.
    """
    smallest, _, largest = text.partition("-")
    try:
        bounds = int(smallest), int(largest or smallest)
    except ValueError:
        bounds = (0, 0)
    if not 0 < bounds[0] <= bounds[1]:
        raise Problem(f"--record-size {text}: give bytes, as in 100, or two bounds, as in 50-150", status=2)
    return bounds


def random_values(bounds: tuple[int, int], random: Random) -> list[bytes]:
    """Values of capital letters, each of any size within the bounds."""
    smallest, largest = bounds
    how_many = max(1, min(MOST_VALUES, MOST_BYTES // largest))
    return [random.randbytes(random.randint(smallest, largest)).translate(LETTERS) for _ in range(how_many)]


def values_of_file(path: Path, delimiter: str, random: Random) -> list[bytes]:
    """Values drawn from those in a file, each any number of times.

    Raises:
        OSError: it cannot be read.
        Problem: there is none in it, or nothing that ends one.
    """
    end = delimiter.replace("\\n", "\n").replace("\\t", "\t").encode()
    if not end:
        raise Problem("--payload-delimiter is empty: say what ends a payload in the file", status=2)
    values = path.read_bytes().removesuffix(end).split(end)
    if values == [b""]:
        raise Problem(f"{path}: there is no payload in it")
    return random.choices(values, k=max(MOST_VALUES, len(values)))


def keys(kind: str) -> Iterator[bytes | None]:
    """Keys of 16 digits, without end: `none`, so many different ones in turn, or all `unique`.

    Raises:
        Problem: it is nothing of that.
    """
    if kind == "none":
        return repeat(None)
    numbered = b"%016d".__mod__  # in C, as `map` and `cycle` are: the loop that sends is not slowed by making keys
    if kind == "unique":
        return map(numbered, count())
    if not kind.isdecimal() or int(kind) == 0:
        raise Problem(f"--keys {kind}: give none, unique, or how many different ones", status=2)
    return cycle(map(numbered, range(int(kind))))


class Pace:
    """A schedule: record n is due n/throughput seconds after the start.

    Because the schedule stands, what a sleep takes too long does not add up, and a delay is made up for: the records
    that are late go at once.
    """

    def __init__(self, throughput: float, clock: Clock, is_over: Callable[[], bool] = lambda: False) -> None:
        self._interval_ns = 1e9 / throughput
        self._clock = clock
        self._is_over = is_over
        self._start_ns = clock.now_ns()

    def wait_for(self, number: int) -> None:
        """Sleep until this record is due, counted from 0, or until it is over."""
        due_ns = self._start_ns + number * self._interval_ns
        while (early_ns := due_ns - self._clock.now_ns()) > 0 and not self._is_over():
            self._clock.sleep(min(early_ns / 1e6, LONGEST_SLEEP_MS))
