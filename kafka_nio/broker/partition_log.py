"""A partition's log: batches in order, each with the offsets it was given.

`append` takes a batch that has been checked, writes the next free offset and the leader's epoch into its header (both
lie outside the checksum, so the batch stays valid), and keeps the bytes as they came. `read` hands out the very same
bytes, so what a consumer sees is what the producer built. Three indexes answer questions about a long log with a
binary search: last offset of each batch, highest timestamp so far, and the producers' sequence numbers.

Left out against Java: segments, files and their caches, deletion and compaction, followers; so the log starts at offset
0 for ever, and the high watermark is always the log's end.

Java: org.apache.kafka.storage.internals.log.UnifiedLog
"""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from kafka_nio.broker.producer_state import ProducerStateManager
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition
from kafka_nio.errors import ApiError
from kafka_nio.protocol.record import Record
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.spans import Stage, span

NO_OFFSET = -1
"""No record fits the question."""

NO_TIMESTAMP = -1
"""The answer is about an offset alone; no record stands behind it."""


class OffsetOutOfRangeError(ApiError):
    """Nothing is kept at this offset, and it is not the next one either."""

    code: ClassVar[int] = 1
    sentence = "The offset is beyond the log's end or before its start."


@dataclass(frozen=True, slots=True)
class LogAppendInfo:
    """Where a batch lies. For a batch that had been appended before, where it lay already."""

    first_offset: int
    last_offset: int
    is_duplicate: bool = False

    def __str__(self) -> str:
        duplicate = ", a duplicate" if self.is_duplicate else ""
        return f"offsets {self.first_offset} to {self.last_offset}{duplicate}"


@dataclass(frozen=True, slots=True)
class TimestampAndOffset:
    """An answer to "which offset?", with the timestamp of the record found there and the epoch it was written in."""

    timestamp_ms: int
    offset: int
    leader_epoch: int = NO_LEADER_EPOCH


@dataclass
class PartitionLog:
    """The batches of one partition.

    Its leader's processor appends and reads; a test may look inside at any time, hence the lock.
    """

    topic_partition: TopicPartition

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    # guarded by the lock:
    _batches: list[RecordBatch] = field(default_factory=list, repr=False)
    _last_offsets: list[int] = field(default_factory=list, repr=False)
    _highest_timestamps_ms: list[int] = field(default_factory=list, repr=False)
    _producers: ProducerStateManager = field(default_factory=ProducerStateManager, repr=False)

    start_offset: ClassVar[int] = 0
    """Nothing is ever deleted."""

    @property
    def end_offset(self) -> int:
        """The offset that the next record will get."""
        return self._last_offsets[-1] + 1 if self._last_offsets else self.start_offset

    @property
    def first_leader_epoch(self) -> int:
        """The epoch in which the first record was written, or `NO_LEADER_EPOCH`."""
        return self._batches[0].partition_leader_epoch if self._last_offsets else NO_LEADER_EPOCH

    def __len__(self) -> int:
        """How many records it holds."""
        return self.end_offset - self.start_offset

    def __repr__(self) -> str:
        batches = len(self._batches)
        return f"<PartitionLog {self.topic_partition}: {len(self)} records in {batches} batches>"

    # Writing...

    @span(Stage.BROKER, show="self return")
    def append(self, batch: RecordBatch, leader_epoch: int) -> LogAppendInfo:
        """Give the batch the next offsets and keep it, unless its producer sent it before.

        Raises:
            OutOfOrderSequenceError, InvalidProducerEpochError: see `ProducerStateManager.check`.
        """
        with self._lock:
            earlier = self._producers.check(batch)
            if earlier is not None:
                return LogAppendInfo(earlier.first_offset, earlier.last_offset, is_duplicate=True)
            placed = batch.placed_at(self.end_offset, leader_epoch)
            self._producers.update(placed)
            self._keep(placed)
            return LogAppendInfo(placed.base_offset, placed.last_offset)

    def _keep(self, batch: RecordBatch) -> None:
        highest_ms = self._highest_timestamps_ms[-1] if self._highest_timestamps_ms else NO_TIMESTAMP
        self._batches.append(batch)
        self._highest_timestamps_ms.append(max(highest_ms, batch.max_timestamp))
        # Last, because readers outside the lock go by it.
        self._last_offsets.append(batch.last_offset)

    # Reading...

    def read(self, offset: int, max_bytes: int, *, at_least_one: bool) -> list[memoryview]:
        """Whole batches from the one that holds `offset`, up to `max_bytes`; empty at the log's end.

        Args:
            offset: the first record wanted; its batch may begin before it, and the consumer drops those records.
            max_bytes: no more than this together.
            at_least_one: the first batch is handed out even if it alone is larger, "to ensure that the consumer can
                make progress" (KIP-74).

        Raises:
            OffsetOutOfRangeError: the log does not reach there.
        """
        self.ensure_in_range(offset)
        parts: list[memoryview] = []
        for batch in self._batches_from(offset):
            max_bytes -= batch.size_in_bytes
            if max_bytes < 0 and (parts or not at_least_one):
                break
            parts.append(batch.buffer)
        return parts

    def size_from(self, offset: int, enough: int) -> int:
        """How many bytes `read` could hand out from here; stops counting when it is `enough`."""
        size = 0
        for batch in self._batches_from(offset):
            size += batch.size_in_bytes
            if size >= enough:
                break
        return size

    def ensure_in_range(self, offset: int) -> None:
        """Refuse an offset that is neither in the log nor the next one."""
        if not self.start_offset <= offset <= self.end_offset:
            raise OffsetOutOfRangeError(
                f"offset {offset} of {self.topic_partition} is not between {self.start_offset} and {self.end_offset}"
            )

    def batches(self) -> list[RecordBatch]:
        """Everything, batch by batch."""
        with self._lock:
            return list(self._batches)

    def records(self) -> list[Record]:
        """Everything, record by record."""
        return [record for batch in self.batches() for record in batch.records()]

    def _batches_from(self, offset: int) -> Iterator[RecordBatch]:
        for index in range(bisect_left(self._last_offsets, offset), len(self._last_offsets)):
            yield self._batches[index]

    # Finding an offset by time...

    def first_at_or_after(self, timestamp_ms: int) -> TimestampAndOffset | None:
        """The earliest record whose timestamp is `timestamp_ms` or later, or None.

        Timestamps come from producers and need not grow; the highest one so far does, so it can be searched.
        """
        index = bisect_left(self._highest_timestamps_ms, timestamp_ms)
        if index >= len(self._last_offsets):
            return None
        batch = self._batches[index]
        found = next(record for record in batch.records() if record.timestamp_ms >= timestamp_ms)
        return TimestampAndOffset(found.timestamp_ms, found.offset, batch.partition_leader_epoch)

    def with_highest_timestamp(self) -> TimestampAndOffset | None:
        """The earliest record among those with the highest timestamp of all (KIP-734), or None in an empty log."""
        return self.first_at_or_after(self._highest_timestamps_ms[-1]) if self._highest_timestamps_ms else None
