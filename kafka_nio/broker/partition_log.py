"""A partition's log: batches in order, each with the offsets it was given.

`append` takes a batch that has been checked, writes the next free offset and the leader's epoch into its header (both
lie outside the checksum, so the batch stays valid), and keeps the bytes as they came. `read` hands out the very same
bytes, so what a consumer sees is what the producer built. Indexes answer questions about a long log without reading it:
last offset of each batch, bytes before it, highest timestamp so far, the producers' sequence numbers, the aborted
transactions.

Two offsets bound what is handed out. The high watermark is the log's end, since nobody has to copy it. The last stable
offset lies before it while transactions are open: it is where the oldest of them begins.

Left out against Java: segments, files and their caches, deletion and compaction, followers; so the log starts at offset
0 for ever.

Java: org.apache.kafka.storage.internals.log.UnifiedLog
"""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from kafka_nio.broker.control_record import ControlRecordType, kind_of
from kafka_nio.broker.producer_state import CompletedTransaction, ProducerStateManager
from kafka_nio.broker.time_index import TimeIndex
from kafka_nio.broker.transaction_index import TransactionIndex
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition
from kafka_nio.errors import ApiError
from kafka_nio.protocol.record import Record
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.spans import Stage, span

READ_COMMITTED = 1
"""The isolation level of a consumer that wants nothing of open and aborted transactions; the other one is 0."""

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
    _positions: list[int] = field(default_factory=lambda: [0], repr=False)
    _highest_timestamps_ms: list[int] = field(default_factory=list, repr=False)
    _times: TimeIndex = field(default_factory=TimeIndex, repr=False)
    _producers: ProducerStateManager = field(default_factory=ProducerStateManager, repr=False)
    _aborted: TransactionIndex = field(default_factory=TransactionIndex, repr=False)

    start_offset: ClassVar[int] = 0
    """Nothing is ever deleted."""

    @property
    def end_offset(self) -> int:
        """The offset that the next record will get."""
        return self._last_offsets[-1] + 1 if self._last_offsets else self.start_offset

    @property
    def last_stable_offset(self) -> int:
        """The offset up to which every transaction has ended."""
        with self._lock:
            unstable = self._producers.first_unstable_offset
            return self.end_offset if unstable is None else unstable

    def readable_end(self, isolation_level: int) -> int:
        """Where the log ends for a consumer of this isolation level."""
        return self.last_stable_offset if isolation_level == READ_COMMITTED else self.end_offset

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
            OutOfOrderSequenceError, InvalidProducerEpochError, InvalidTxnStateError: see `ProducerStateManager.check`.
        """
        with self._lock:
            earlier = self._producers.check(batch)
            if earlier is not None:
                return LogAppendInfo(earlier.first_offset, earlier.last_offset, is_duplicate=True)
            placed = batch.placed_at(self.end_offset, leader_epoch)
            self._producers.update(placed)
            self._keep(placed)
            return LogAppendInfo(placed.base_offset, placed.last_offset)

    @span(Stage.BROKER, show="self return")
    def append_marker(self, marker: RecordBatch, leader_epoch: int) -> LogAppendInfo:
        """Append the mark that ends a producer's transaction. From now on its records are committed, or aborted.

        Raises:
            InvalidProducerEpochError: see `ProducerStateManager.check_marker`.
        """
        with self._lock:
            self._producers.check_marker(marker)
            placed = marker.placed_at(self.end_offset, leader_epoch)
            ended = self._producers.end_transaction(placed)
            if ended is not None and kind_of(placed) is ControlRecordType.ABORT:
                self._aborted.append(ended)
            self._keep(placed)
            return LogAppendInfo(placed.base_offset, placed.last_offset)

    def _keep(self, batch: RecordBatch) -> None:
        highest_ms = self._highest_timestamps_ms[-1] if self._highest_timestamps_ms else NO_TIMESTAMP
        self._batches.append(batch)
        self._positions.append(self._positions[-1] + batch.size_in_bytes)
        self._highest_timestamps_ms.append(max(highest_ms, batch.max_timestamp))
        # Last, because readers outside the lock go by it.
        self._last_offsets.append(batch.last_offset)

    # Reading...

    def read(
        self, offset: int, max_bytes: int, *, at_least_one: bool, end_offset: int | None = None
    ) -> list[RecordBatch]:
        """Whole batches from the one that holds `offset`, up to `max_bytes`; empty at the log's end.

        Args:
            offset: the first record wanted; its batch may begin before it, and the consumer drops those records.
            max_bytes: no more than this together.
            at_least_one: the first batch is handed out even if it alone is larger, "to ensure that the consumer can
                make progress" (KIP-74).
            end_offset: nothing from here on; the log's end if not given.

        Raises:
            OffsetOutOfRangeError: the log does not reach there.
        """
        self.ensure_in_range(offset)
        found: list[RecordBatch] = []
        for batch in self._batches_from(offset, end_offset):
            max_bytes -= batch.size_in_bytes
            if max_bytes < 0 and (found or not at_least_one):
                break
            found.append(batch)
        return found

    def size_from(self, offset: int, end_offset: int | None = None) -> int:
        """How many bytes `read` could hand out from here, without a look at any batch."""
        first, end = bisect_left(self._last_offsets, offset), self._number_of_batches_before(end_offset)
        return max(0, self._positions[end] - self._positions[first])

    def _number_of_batches_before(self, end_offset: int | None) -> int:
        number = len(self._last_offsets)
        if end_offset is None:
            return number
        # A batch begins where the one before it has ended.
        return min(number, bisect_left(self._last_offsets, end_offset - 1) + 1) if end_offset > self.start_offset else 0

    def ensure_in_range(self, offset: int) -> None:
        """Refuse an offset that is neither in the log nor the next one."""
        if not self.start_offset <= offset <= self.end_offset:
            raise OffsetOutOfRangeError(
                f"offset {offset} of {self.topic_partition} is not between {self.start_offset} and {self.end_offset}"
            )

    def aborted_transactions(self, first_offset: int, end_offset: int) -> list[CompletedTransaction]:
        """The aborted transactions that have records in this part of the log."""
        with self._lock:
            return self._aborted.between(first_offset, end_offset)

    def batches(self) -> list[RecordBatch]:
        """Everything, batch by batch, marks included."""
        with self._lock:
            return list(self._batches)

    def records(self) -> list[Record]:
        """Everything that producers wrote, record by record, in open and aborted transactions too."""
        return [record for batch in self.batches() if not batch.is_control for record in batch.records()]

    def committed_records(self) -> list[Record]:
        """What a careful consumer sees: no record of a transaction that is open or aborted, nor any behind an open one.

        It is worked out here as consumers do it, with a list of aborted transactions beside the batches.
        """
        stable = self.last_stable_offset
        starting = {(aborted.producer_id, aborted.first_offset) for aborted in self.aborted_transactions(0, stable)}
        aborting: set[int] = set()
        records: list[Record] = []
        for batch in self._batches_from(self.start_offset, stable):
            if batch.is_control:
                aborting.discard(batch.producer_id)
                continue
            if (batch.producer_id, batch.base_offset) in starting:
                aborting.add(batch.producer_id)
            if not (batch.is_transactional and batch.producer_id in aborting):
                records += batch.records()
        return records

    def _batches_from(self, offset: int, end_offset: int | None = None) -> Iterator[RecordBatch]:
        for index in range(bisect_left(self._last_offsets, offset), len(self._last_offsets)):
            batch = self._batches[index]
            if end_offset is not None and batch.base_offset >= end_offset:
                break
            yield batch

    # Finding an offset by time...

    def first_at_or_after(self, timestamp_ms: int) -> TimestampAndOffset | None:
        """The earliest record whose timestamp is `timestamp_ms` or later, or None.

        Timestamps come from producers and need not grow; the highest one so far does, so it can be searched.
        """
        index = bisect_left(self._highest_timestamps_ms, timestamp_ms)
        if index >= len(self._last_offsets):
            return None
        batch = self._batches[index]
        with self._lock:
            found = self._times.first_at_or_after(batch, timestamp_ms)
        return TimestampAndOffset(
            found.timestamp_ms, batch.base_offset + found.offset_delta, batch.partition_leader_epoch
        )

    def with_highest_timestamp(self) -> TimestampAndOffset | None:
        """The earliest record among those with the highest timestamp of all (KIP-734), or None in an empty log."""
        return self.first_at_or_after(self._highest_timestamps_ms[-1]) if self._highest_timestamps_ms else None
