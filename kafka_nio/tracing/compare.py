"""Compares two recordings by what happened in them, not by when: the steps' names are aligned, costs are counted.

Alignment finds the longest runs of steps that both recordings have, thread by thread, so that a step that one of them
has and the other has not is told once and does not shift all that follows.

Java: no counterpart.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from kafka_nio.spans import RETURN
from kafka_nio.tracing.recording import Recording
from kafka_nio.tracing.step import Step

SELECTS = ("nio.Selector.select", "nio.Selector.select_now")
WAKEUPS = ("nio.Selector.wakeup",)
SYSTEM_CALLS = (*SELECTS, "nio.SocketChannel.read", "nio.SocketChannel.write", "nio.SocketChannel.connect")
APPENDS = ("RecordAccumulator.append", "KafkaProducer.send")


@dataclass(frozen=True, slots=True)
class Cost:
    """What the steps of one name cost in one recording: how many there were, and the time inside them but outside
    their own marked calls, in nanoseconds."""

    count: int = 0
    own_ns: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """The steps of one name, in the one recording and in the other."""

    name: str
    before: Cost
    after: Cost


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of the alignment on one thread: `equal` in both, `only before` or `only after`."""

    thread: str
    before: tuple[Step, ...]
    after: tuple[Step, ...]

    @property
    def is_equal(self) -> bool:
        """Whether both have these steps."""
        return bool(self.before) and bool(self.after)


@dataclass(frozen=True, slots=True)
class Totals:
    """What a recording took, per record where there are any."""

    records: int
    wakeups: int
    selects: int
    system_calls: int
    duration_ns: int

    def per_record(self, number: int) -> float | None:
        """A number divided by the records; None if there was none."""
        return number / self.records if self.records else None


def times(recording: Recording) -> dict[int, int]:
    """How often each step happened, by `seq`: folded steps stand for many."""
    result: dict[int, int] = {}
    for step in recording.steps:
        result[step.seq] = step.count * (1 if step.parent is None else result.get(step.parent, 1))
    return result


def costs(recording: Recording) -> dict[str, Cost]:
    """What the steps of each name cost, in the order in which the names first appear."""
    number = times(recording)
    own_ns = {step.seq: step.end_ns - step.start_ns for step in recording.steps}
    for step in recording.steps:
        if step.parent is not None:
            own_ns[step.parent] -= step.end_ns - step.start_ns
    result: dict[str, Cost] = {}
    for step in recording.steps:
        so_far = result.get(step.name, Cost())
        result[step.name] = Cost(so_far.count + number[step.seq], so_far.own_ns + max(own_ns[step.seq], 0))
    return result


def rows(before: Recording, after: Recording) -> list[Row]:
    """The costs side by side, by name."""
    one, other = costs(before), costs(after)
    names = dict.fromkeys([*one, *other])
    return [Row(name, one.get(name, Cost()), other.get(name, Cost())) for name in names]


def totals(recording: Recording) -> Totals:
    """Wakeups, selects and system calls of the client's threads, and the records."""
    number = times(recording)
    counts: Counter[str] = Counter()
    for step in recording.steps:
        if not step.thread.startswith("broker-"):
            counts[step.name] += number[step.seq]
    first, last = recording.steps[0].start_ns, max(step.end_ns for step in recording.steps)
    records = next((counts[name] for name in APPENDS if counts[name]), 0)
    return Totals(records, _sum(counts, WAKEUPS), _sum(counts, SELECTS), _sum(counts, SYSTEM_CALLS), last - first)


def _sum(counts: Counter[str], names: tuple[str, ...]) -> int:
    return sum(counts[name] for name in names)


def aligned(before: Recording, after: Recording) -> Iterator[Stretch]:
    """Both recordings, thread by thread, as stretches that both have or only one."""
    for thread in dict.fromkeys((*before.threads, *after.threads)):
        one = tuple(step for step in before.steps if step.thread == thread)
        other = tuple(step for step in after.steps if step.thread == thread)
        matcher = SequenceMatcher(None, [_shape(step) for step in one], [_shape(step) for step in other], False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            if tag == "equal":
                yield Stretch(thread, one[i1:i2], other[j1:j2])
            else:
                yield from (
                    stretch
                    for stretch in (Stretch(thread, one[i1:i2], ()), Stretch(thread, (), other[j1:j2]))
                    if stretch.before or stretch.after
                )


def _shape(step: Step) -> tuple[str, int]:
    """What makes two steps the same: the name, and how deep it stands."""
    return step.name, step.depth


def difference_in_values(before: Step, after: Step) -> list[str]:
    """What two aligned steps were shown differently, as `name: this → that`; also how often they happened."""
    names = dict.fromkeys((*before.shown, *after.shown))
    differing = [name for name in names if before.shown.get(name) != after.shown.get(name)]
    texts = [f"{_called(name)}: {before.shown.get(name, '-')} → {after.shown.get(name, '-')}" for name in differing]
    return texts + ([f"times: {before.count} → {after.count}"] if before.count != after.count else [])


def _called(name: str) -> str:
    return "result" if name == RETURN else name
