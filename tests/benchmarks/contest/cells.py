"""The cells of the contest: the base, and what differs from it, one thing at a time.

A contestant's `times` multiplies a cell's `records`, so that the fast ones run long enough to be measured; but not
where the number of records is what the cell is about.
"""

from dataclasses import dataclass, replace
from enum import Enum

KIB, MIB = 1024, 1024 * 1024

RECORDS_A_SECOND = 2_000
"""In the cells of latency."""


class Measure(Enum):
    """What a run is for."""

    THROUGHPUT = "throughput"
    LATENCY = "latency"
    START_UP = "start-up"
    TRACED = "traced"
    """Throughput, with a span for each record, as the client's OpenTelemetry instrumentation makes it."""
    MARKS = "marks"
    """What is left of the speed of `send` because of marks that nobody watches; ours alone."""


class Keys(Enum):
    """How many different keys of 16 bytes there are."""

    NONE = "none"
    TEN_THOUSAND = "10,000"
    UNIQUE = "unique"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One way to use a producer. The defaults are the base."""

    name: str
    differs_by: str
    value_bytes: int = 100
    random_sizes: bool = False
    """From 60 to 140 % of `value_bytes`."""
    batch_bytes: int = 16 * KIB
    linger_ms: int = 5
    idempotent: bool = False
    """Idempotent with acks=all; otherwise acks=1."""
    compression: str = "none"
    partitions: int = 6
    keys: Keys = Keys.NONE
    records: int = 50_000
    same_for_all: bool = False
    """No contestant sends more of them than another."""
    callback: bool = False
    """A callback for each record, also where a contestant would do without."""
    measure: Measure = Measure.THROUGHPUT

    def quick(self) -> "Cell":
        """The same with so few records that only the harness is tried."""
        return replace(self, records=max(self.records // 100, min(self.records, 200)))


CELLS = (
    Cell(name="base", differs_by="100 B, batches of 16 KiB, linger 5 ms, acks 1, 6 partitions, no keys"),
    Cell(name="1-kib", differs_by="values of 1 KiB", value_bytes=KIB, records=25_000),
    Cell(name="random-sizes", differs_by="values of 60 to 140 B", random_sizes=True),
    Cell(name="large-batches", differs_by="batches of 1 MiB, linger 50 ms", batch_bytes=MIB, linger_ms=50),
    Cell(name="idempotent", differs_by="idempotent, acks all", idempotent=True),
    Cell(name="lz4", differs_by="compressed with lz4", compression="lz4"),
    Cell(name="zstd", differs_by="compressed with zstd", compression="zstd"),
    Cell(name="1-partition", differs_by="1 partition", partitions=1),
    Cell(name="64-partitions", differs_by="64 partitions", partitions=64),
    Cell(name="1000-partitions", differs_by="1,000 partitions", partitions=1_000, records=20_000),
    Cell(name="10000-keys", differs_by="10,000 different keys", keys=Keys.TEN_THOUSAND),
    Cell(name="unique-keys", differs_by="each record its own key", keys=Keys.UNIQUE),
    Cell(
        name="10000-keys-1000-partitions",
        differs_by="10,000 different keys, 1,000 partitions",
        keys=Keys.TEN_THOUSAND,
        partitions=1_000,
        records=20_000,
    ),
    Cell(name="callbacks", differs_by="a callback for each record", callback=True),
    Cell(name="10^4-records", differs_by="10⁴ records", records=10_000, same_for_all=True),
    Cell(name="10^5-records", differs_by="10⁵ records", records=100_000, same_for_all=True),
    Cell(name="10^6-records", differs_by="10⁶ records", records=1_000_000, same_for_all=True),
    Cell(
        name="latency-linger-0",
        differs_by="2,000 records a second, linger 0",
        linger_ms=0,
        records=6_000,
        same_for_all=True,
        callback=True,
        measure=Measure.LATENCY,
    ),
    Cell(
        name="latency-linger-5",
        differs_by="2,000 records a second, linger 5 ms",
        records=6_000,
        same_for_all=True,
        callback=True,
        measure=Measure.LATENCY,
    ),
    Cell(
        name="start-up",
        differs_by="import, connect, one record, linger 0",
        linger_ms=0,
        records=1,
        same_for_all=True,
        callback=True,
        measure=Measure.START_UP,
    ),
    Cell(name="traced", differs_by="a span for each record", records=10_000, measure=Measure.TRACED),
    Cell(
        name="marks",
        differs_by="`send` alone, in one large batch that is not sent",
        records=100_000,
        same_for_all=True,
        measure=Measure.MARKS,
    ),
)

BY_NAME = {cell.name: cell for cell in CELLS}
