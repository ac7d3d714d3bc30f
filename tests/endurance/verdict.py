"""Is it flat? Judges what was measured, in plain words.

Memory: a straight line is laid through all samples after the warm-up, so that no single sample decides; its slope is
what the process grew by in an hour. Descriptors and threads are whole numbers: the most of the last quarter may not be
above the most of the first. Records: all that was acknowledged is there, once and in order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import linear_regression
from typing import NamedTuple

from tests.endurance.hour import Measured, Sample
from tests.endurance.producers import Left
from tests.endurance.wide import Wide

WARM_UP_SHARE = 1 / 6
"""The first part of a run is not judged: ten minutes of an hour. A connection that is idle closes after nine."""

LIMIT_KIB_PER_HOUR = 1024
"""At a thousand records a second this is a third of a byte a record."""

SHORTEST_S = 20 * 60
"""In less time the noise of some pages looks like a slope."""

LIMIT_BYTES_PER_PRODUCER = 64
"""A producer consists of thousands of objects. One that stays is a block more, which is the sharper figure."""

SETTLED_SHARE = 0.2
"""The memory of so many of the producers is not judged: what was freed between the objects that stay is used again."""

LIMIT_BLOCKS_PER_PRODUCER = 0.1

FEWEST_PRODUCERS = 10_000
"""For fewer, memory is not judged."""

KIB = 1024
S_PER_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    text: str
    is_good: bool


Findings = Sequence[Finding]


def is_good(findings: Findings) -> bool:
    """Whether all are."""
    return all(finding.is_good for finding in findings)


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """Those after the warm-up."""
    return [sample for sample in samples if sample.at_s >= samples[-1].at_s * WARM_UP_SHARE] if samples else []


class Line(NamedTuple):
    """A straight line."""

    start: float
    per_hour: float

    def at(self, at_s: float) -> float:
        """Its value so long after the beginning of the run."""
        return self.start + self.per_hour * at_s / S_PER_HOUR


def trend(samples: Sequence[Sample], gauge: Callable[[Sample], int]) -> Line:
    """The straight line that lies nearest to a figure of the samples (least squares); level if there is only one."""
    values = [gauge(sample) for sample in samples]
    if len(values) < 2:
        return Line(sum(values), 0.0)
    slope, start = linear_regression([sample.at_s / S_PER_HOUR for sample in samples], values)
    return Line(start, slope)


# An hour...


def of_hour(measured: Measured) -> Findings:
    """What is to be said of a long run."""
    samples = settled(measured.samples)
    return [
        _memory(measured, samples),
        _whole("descriptors", [sample.descriptors for sample in samples]),
        _whole("threads", [sample.threads for sample in samples]),
        _records(measured),
    ]


def _memory(measured: Measured, samples: Sequence[Sample]) -> Finding:
    if measured.seconds < SHORTEST_S:
        return Finding("memory", f"not judged, {measured.seconds / 60:.1f} minutes are too short", True)
    grown = trend(samples, lambda sample: sample.rss_kib).per_hour
    flat = grown <= LIMIT_KIB_PER_HOUR
    figures = [sample.rss_kib for sample in samples]
    text = (
        f"{'flat' if flat else 'NOT FLAT'}: a straight line through the {len(samples)} samples after the first"
        f" {samples[0].at_s / 60:.0f} minutes rises by {grown:,.0f} KiB an hour, where {LIMIT_KIB_PER_HOUR:,} are"
        f" allowed; they lie between {min(figures):,} and {max(figures):,} KiB"
    )
    return Finding("memory", text, flat)


def _whole(what: str, values: Sequence[int]) -> Finding:
    quarter = max(1, len(values) // 4)
    first, last = max(values[:quarter], default=0), max(values[-quarter:], default=0)
    flat = last <= first
    return Finding(what, f"{'flat' if flat else 'NOT FLAT'}: at most {first} at first, at most {last} at last", flat)


def _records(measured: Measured) -> Finding:
    counted = measured.counted
    good = measured.sent == measured.acknowledged == counted.records and not counted.twice and not counted.out_of_order
    text = (
        f"{measured.sent:,} sent, {measured.acknowledged:,} acknowledged, {measured.failed:,} failed;"
        f" the broker has {counted.records:,}, {counted.twice:,} of them twice, {counted.out_of_order:,} out of order"
    )
    if measured.first_failure:
        text += f"; the first failure: {measured.first_failure}"
    return Finding("records", text, good)


# Many producers...


def of_producers(left: Left) -> Findings:
    """What is to be said of those that have come and gone."""
    before, after = left.looks[0].held, left.looks[-1].held
    objects = ", ".join(f"{count} {name}" for name, count in sorted(left.objects.items()))
    return [
        Finding("objects", f"{objects or 'none'} of kafka_nio's classes left", not left.objects),
        _same("threads", before.threads, after.threads),
        _same("descriptors", before.descriptors, after.descriptors),
        *_memory_of_producers(left),
    ]


def _same(what: str, before: int, after: int) -> Finding:
    return Finding(what, f"{before} before, {after} after", after <= before)


def _memory_of_producers(left: Left) -> Findings:
    if left.producers < FEWEST_PRODUCERS:
        return [Finding("memory", f"not judged, {left.producers:,} producers are too few", True)]
    first = next(look for look in left.looks if look.producers >= left.producers * SETTLED_SHARE)
    before, after = left.looks[0].held, left.looks[-1].held
    grown_bytes = (after.rss_kib - first.held.rss_kib) * KIB / (left.producers - first.producers)
    grown_blocks = (after.blocks - before.blocks) / left.producers
    return [
        Finding(
            "memory",
            f"{first.held.rss_kib:,} KiB after {first.producers:,} producers, {after.rss_kib:,} KiB in the end:"
            f" {grown_bytes:,.1f} bytes a producer, where {LIMIT_BYTES_PER_PRODUCER} are allowed",
            grown_bytes <= LIMIT_BYTES_PER_PRODUCER,
        ),
        Finding(
            "blocks",
            f"{before.blocks:,} pieces of memory given out by Python before, {after.blocks:,} after:"
            f" {grown_blocks:,.3f} a producer, where {LIMIT_BLOCKS_PER_PRODUCER} are allowed",
            grown_blocks <= LIMIT_BLOCKS_PER_PRODUCER,
        ),
    ]


# Many partitions and topics...


def of_wide(runs: Sequence[Wide]) -> Findings:
    """What is to be said of each."""
    return list(chain.from_iterable(_of_wide(run) for run in runs))


def _of_wide(run: Wide) -> Findings:
    places = run.topics * run.partitions
    text = (
        f"{run.acknowledged:,} of {places * run.records_each:,} records acknowledged, {run.read_back:,} read back,"
        f" {run.wrong:,} partitions with anything but theirs; {run.seconds:.1f} s, {run.cpu_s:.1f} CPU s,"
        f" {run.grown_kib:,} KiB more memory"
    )
    return [
        Finding(title_of(run), text, run.acknowledged == run.read_back == places * run.records_each and not run.wrong)
    ]


def title_of(run: Wide) -> str:
    """Such as "1,000 topics of 1 partition"."""
    topics = "1 topic" if run.topics == 1 else f"{run.topics:,} topics"
    return f"{topics} of {run.partitions:,} partition{'s' if run.partitions > 1 else ''}"
