"""The time index: a batch is unpacked for the first question, and the next ones are answered from what was noted."""

import pytest

from kafka_nio.broker import time_index
from kafka_nio.broker.partial_record import PartialRecord, partial_records
from kafka_nio.broker.time_index import TimeIndex
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import batch

TIMES_MS = [20, 10, 20, 40, 30, 50]


def at(offset: int) -> RecordBatch:
    """A batch of six records, of which three are newer than all before them."""
    return RecordBatch(batch(*[b"x"] * len(TIMES_MS), timestamps_ms=TIMES_MS)).placed_at(offset, 0)


@pytest.fixture
def unpacked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The base offsets of the batches that were stepped through."""
    offsets: list[int] = []

    def noting(found: RecordBatch) -> list[PartialRecord]:
        offsets.append(found.base_offset)
        return list(partial_records(found))

    monkeypatch.setattr(time_index, "partial_records", noting)
    return offsets


def test_every_time_leads_to_the_first_record_that_is_not_older(unpacked: list[int]) -> None:
    index, records = TimeIndex(), list(partial_records(at(0)))
    for timestamp_ms in range(51):
        expected = next(record for record in records if record.timestamp_ms >= timestamp_ms)
        assert index.first_at_or_after(at(0), timestamp_ms) == expected
    assert unpacked == [0], "fifty questions, and it was unpacked for the first"


def test_the_batch_asked_for_longest_ago_is_forgotten_first(unpacked: list[int]) -> None:
    index = TimeIndex(records_noted=6)
    for offset in (0, 6, 0, 12, 0, 6):
        index.first_at_or_after(at(offset), 45)
    assert unpacked == [0, 6, 12, 6]


def test_the_batch_asked_for_last_is_noted_even_if_it_is_too_large(unpacked: list[int]) -> None:
    index = TimeIndex(records_noted=1)
    for offset in (0, 0, 6, 6, 0):
        index.first_at_or_after(at(offset), 45)
    assert unpacked == [0, 6, 0]
