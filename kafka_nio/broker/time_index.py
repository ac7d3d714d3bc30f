"""Remembers to which records of a batch a time can lead, so that a batch is unpacked for the first question alone.

A batch of a hundred kilobytes may unpack to a hundred megabytes, and whoever asks for an offset by its time sends a
hundred bytes. What a time leads to is always a record that is newer than all before it in its batch. Those records are
noted, 16 bytes for each, and the batches asked for last stay noted.

Left out against Java: the file that leads from times to places in a segment; there batches are unpacked again.

Java: org.apache.kafka.storage.internals.log.TimeIndex
"""

from array import array
from bisect import bisect_left
from typing import NamedTuple

from kafka_nio.broker.partial_record import PartialRecord, partial_records
from kafka_nio.protocol.record_batch import RecordBatch

RECORDS_NOTED = 1 << 18
"""For all batches of a log together; but the batch that was asked for last is noted however many it has."""


class _Newest(NamedTuple):
    """The records that are newer than all before them: their timestamps, which grow, and their offset deltas."""

    timestamps_ms: "array[int]"
    offset_deltas: "array[int]"


class TimeIndex:
    """The batches of one log by their base offset. The log's lock guards it."""

    def __init__(self, records_noted: int = RECORDS_NOTED) -> None:
        self._records_noted = records_noted
        self._noted: dict[int, _Newest] = {}
        self._size = 0

    def first_at_or_after(self, batch: RecordBatch, timestamp_ms: int) -> PartialRecord:
        """The first record of a batch that is not older; the caller knows that there is one."""
        newest = self._newest_of(batch)
        index = bisect_left(newest.timestamps_ms, timestamp_ms)
        return PartialRecord(newest.offset_deltas[index], newest.timestamps_ms[index])

    def _newest_of(self, batch: RecordBatch) -> _Newest:
        newest = self._noted.pop(batch.base_offset, None)
        if newest is None:
            newest = _newest_records(batch)
            self._size += len(newest.offset_deltas)
            self._forget_oldest()
        self._noted[batch.base_offset] = newest  # behind all others: they are forgotten first
        return newest

    def _forget_oldest(self) -> None:
        while self._noted and self._size > self._records_noted:
            oldest = next(iter(self._noted))
            self._size -= len(self._noted.pop(oldest).offset_deltas)

    def __repr__(self) -> str:
        return f"<TimeIndex: {self._size} records of {len(self._noted)} batches>"


def _newest_records(batch: RecordBatch) -> _Newest:
    newest = _Newest(array("q"), array("q"))
    for record in partial_records(batch):
        if not newest.timestamps_ms or record.timestamp_ms > newest.timestamps_ms[-1]:
            newest.timestamps_ms.append(record.timestamp_ms)
            newest.offset_deltas.append(record.offset_delta)
    return newest
