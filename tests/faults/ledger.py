"""Compares what a producer promised with what a broker has.

A record carries its number. What counts is where its acknowledgement said that it stands: a record that stands
elsewhere only is lost as well.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kafka_nio.producer import FutureRecordMetadata
from tests.support.read_back import ReadRecord, read_back

Place = tuple[int, int]
"""Partition and offset."""

PADDING = b"." * 90


class Sent(NamedTuple):
    """A record that was handed to the producer."""

    number: int
    partition: int
    future: FutureRecordMetadata


@dataclass(frozen=True, slots=True)
class Comparison:
    """What became of the records."""

    acknowledged: int
    failed: int
    lost: tuple[int, ...]
    """The numbers of those that were acknowledged and are not where they should be."""
    duplicated: tuple[int, ...]
    """The number of each copy beyond the first."""
    reordered: tuple[int, ...]
    """The numbers of those that stand behind a later one of their partition; copies do not count again."""
    foreign: tuple[bytes | None, ...]
    """Values that nobody sent, or not to this partition: damaged ones, too."""
    unsaid: tuple[int, ...] = ()
    """The numbers of those whose future is open, or failed without a word why."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why records failed: how often each kind of error."""
    compared: int = 0
    """How many of those acknowledged were looked for; the others are gone with their topic."""

    def reasons_without(self, words: Collection[str]) -> list[str]:
        """The reasons in which none of these words stands."""
        return [reason for reason in self.reasons if not any(one in reason for one in words)]


def value_of(number: int) -> bytes:
    """The value of the record with this number."""
    return b"%010d" % number + PADDING


def places(records: Iterable[ReadRecord]) -> dict[Place, bytes | None]:
    """What `read_back` has read, by where it stands."""
    return {(record.partition, record.offset): record.value for record in records}


def read_all(bootstrap_servers: str, topic: str, partitions: int, at_least: int) -> list[ReadRecord]:
    """All that a topic contains. What was acknowledged a moment ago may take a moment to be seen, and is waited for.

    If there are fewer than expected even so, they are returned: the comparison will say which ones are missing.
    """
    try:
        return read_back(bootstrap_servers, topic, partitions, at_least)
    except AssertionError:
        return read_back(bootstrap_servers, topic, partitions, 0)


def compare(
    sent: Sequence[Sent], read: Mapping[Place, bytes | None], *, lost_from: Mapping[int, int] | None = None
) -> Comparison:
    """Compare the futures, all of which should be done, with all that the topic contains.

    Args:
        lost_from: for each partition a number. Records of it with smaller ones cannot be lost, because they are gone
            with the topic that they were in.
    """
    acknowledged, failed, unsaid = [], [], []
    for one in sent:
        if not one.future.done():
            unsaid.append(one.number)
        elif (error := one.future.exception(0)) is None:
            acknowledged.append(one)
        else:
            failed.append(error)
            if not str(error):
                unsaid.append(one.number)
    stands = {one.number: one.partition for one in sent}
    numbers, foreign = _numbers_by_partition(read, stands)
    duplicated, reordered = _out_of_place(numbers)
    present = {partition: set(found) for partition, found in numbers.items()}
    compared = [one for one in acknowledged if can_be_lost(one, lost_from)]
    return Comparison(
        acknowledged=len(acknowledged),
        failed=len(failed),
        lost=tuple(one.number for one in compared if not _is_there(one, read, present)),
        duplicated=duplicated,
        reordered=reordered,
        foreign=foreign,
        unsaid=tuple(unsaid),
        reasons=Counter(f"{type(error).__name__}: {error}" for error in failed),
        compared=len(compared),
    )


def can_be_lost(one: Sent, lost_from: Mapping[int, int] | None) -> bool:
    """Whether the topic that this record went to is still there."""
    return one.number >= (lost_from or {}).get(one.partition, 0)


def _is_there(one: Sent, read: Mapping[Place, bytes | None], present: Mapping[int, set[int]]) -> bool:
    """Where it said, or, if the broker did not say where, anywhere in its partition."""
    told = one.future.result(0)
    if told.has_offset:
        return read.get((told.partition, told.offset)) == value_of(one.number)
    return one.number in present.get(told.partition, ())


def _numbers_by_partition(
    read: Mapping[Place, bytes | None], stands: Mapping[int, int]
) -> tuple[dict[int, list[int]], tuple[bytes | None, ...]]:
    numbers: dict[int, list[int]] = defaultdict(list)
    foreign = []
    for (partition, _), value in sorted(read.items(), key=lambda item: item[0]):
        number = int(value[:10]) if value is not None and value[:10].isdigit() else -1
        if value == value_of(number) and stands.get(number) == partition:
            numbers[partition].append(number)
        else:
            foreign.append(value)
    return numbers, tuple(foreign)


def _out_of_place(numbers: Mapping[int, list[int]]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    duplicated, reordered = [], []
    for found in numbers.values():
        seen: set[int] = set()
        greatest = -1
        for number in found:
            if number in seen:
                duplicated.append(number)
            elif number < greatest:
                reordered.append(number)
            seen.add(number)
            greatest = max(greatest, number)
    return tuple(duplicated), tuple(reordered)
