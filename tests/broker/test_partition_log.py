"""The log: batches go in, get offsets, and come out as they went in."""

import pytest

from kafka_nio.broker.partition_log import OffsetOutOfRangeError, PartitionLog
from kafka_nio.cluster import NO_LEADER_EPOCH, TopicPartition
from kafka_nio.protocol.record_batch import RecordBatch
from tests.broker.wire import batch


@pytest.fixture
def log() -> PartitionLog:
    """An empty log."""
    return PartitionLog(TopicPartition("orders", 0))


def append(log: PartitionLog, data: bytes, leader_epoch: int = 0) -> tuple[int, int]:
    appended = log.append(RecordBatch(data), leader_epoch)
    return appended.first_offset, appended.last_offset


def read(log: PartitionLog, offset: int, max_bytes: int = 1_000_000, *, at_least_one: bool = False) -> list[int]:
    """The base offsets of the batches that are read."""
    return [found.base_offset for found in log.read(offset, max_bytes, at_least_one=at_least_one)]


def test_an_empty_log_begins_and_ends_at_0(log: PartitionLog) -> None:
    assert (log.start_offset, log.end_offset, len(log), log.records()) == (0, 0, 0, [])
    assert log.first_leader_epoch == NO_LEADER_EPOCH


def test_offsets_count_records_from_0(log: PartitionLog) -> None:
    assert append(log, batch(b"a", b"b", b"c")) == (0, 2)
    assert append(log, batch(b"d")) == (3, 3)
    assert log.end_offset == 4
    assert [(record.offset, record.value) for record in log.records()] == [(0, b"a"), (1, b"b"), (2, b"c"), (3, b"d")]
    assert repr(log) == "<PartitionLog orders-0: 4 records in 2 batches>"


def test_a_batch_stays_valid_when_it_gets_its_offset(log: PartitionLog) -> None:
    append(log, batch(b"a"))
    append(log, batch(b"b"), leader_epoch=3)
    kept = log.batches()[1]
    kept.ensure_valid()
    assert (kept.base_offset, kept.partition_leader_epoch) == (1, 3)


def test_what_the_producer_sent_is_not_changed_under_its_hands(log: PartitionLog) -> None:
    append(log, batch(b"a"))
    sent = bytearray(batch(b"b"))
    before = bytes(sent)
    log.append(RecordBatch(sent), 0)
    assert bytes(sent) == before


def test_a_repeated_batch_is_kept_once_and_answered_twice(log: PartitionLog) -> None:
    append(log, batch(b"other"))
    first = log.append(RecordBatch(batch(b"a", b"b", producer=(7, 0, 0))), 0)
    second = log.append(RecordBatch(batch(b"a", b"b", producer=(7, 0, 0))), 0)
    assert (first.first_offset, first.last_offset, first.is_duplicate) == (1, 2, False)
    assert (second.first_offset, second.last_offset, second.is_duplicate) == (1, 2, True)
    assert log.end_offset == 3


# Reading...


@pytest.fixture
def three_batches(log: PartitionLog) -> PartitionLog:
    """Offsets 0-2, 3, 4-5."""
    for data in (batch(b"a", b"b", b"c"), batch(b"d"), batch(b"e", b"f")):
        append(log, data)
    return log


@pytest.mark.parametrize(
    ("offset", "expected"), [(0, [0, 3, 4]), (1, [0, 3, 4]), (2, [0, 3, 4]), (3, [3, 4]), (4, [4]), (5, [4]), (6, [])]
)
def test_reading_begins_with_the_batch_that_holds_the_offset(
    three_batches: PartitionLog, offset: int, expected: list[int]
) -> None:
    assert read(three_batches, offset) == expected


@pytest.mark.parametrize("offset", [-1, 7])
def test_reading_outside_the_log_is_refused(three_batches: PartitionLog, offset: int) -> None:
    with pytest.raises(OffsetOutOfRangeError, match="is not between 0 and 6"):
        read(three_batches, offset)


def test_reading_stops_before_it_is_too_much(three_batches: PartitionLog) -> None:
    two = len(batch(b"a", b"b", b"c")) + len(batch(b"d"))
    assert read(three_batches, 0, two) == [0, 3]
    assert read(three_batches, 0, two - 1) == [0]


def test_a_batch_that_is_too_large_is_read_only_if_there_must_be_one(three_batches: PartitionLog) -> None:
    assert read(three_batches, 0, 10) == []
    assert read(three_batches, 0, 10, at_least_one=True) == [0]


@pytest.mark.parametrize("end_offset", [None, 6, 5, 4, 3, 2, 1, 0])
@pytest.mark.parametrize("offset", range(7))
def test_what_could_be_read_is_counted_as_it_would_be_read(
    three_batches: PartitionLog, offset: int, end_offset: int | None
) -> None:
    found = three_batches.read(offset, 10**9, at_least_one=True, end_offset=end_offset)
    assert three_batches.size_from(offset, end_offset) == sum(batch.size_in_bytes for batch in found)


def test_nothing_is_looked_at_to_count_what_could_be_read(
    three_batches: PartitionLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(three_batches, "_batches", [])
    assert three_batches.size_from(0) > three_batches.size_from(3) > three_batches.size_from(6) == 0


# Finding an offset by time...


@pytest.fixture
def timed(log: PartitionLog) -> PartitionLog:
    """Timestamps 10, 30, 20 in the first batch, 5, 15 in the second, 30, 40 in the third."""
    append(log, batch(b"a", b"b", b"c", timestamps_ms=[10, 30, 20]))
    append(log, batch(b"d", b"e", timestamps_ms=[5, 15]))
    append(log, batch(b"f", b"g", timestamps_ms=[30, 40]), leader_epoch=2)
    return log


@pytest.mark.parametrize(
    ("timestamp_ms", "expected"), [(0, (10, 0)), (10, (10, 0)), (11, (30, 1)), (30, (30, 1)), (31, (40, 6))]
)
def test_a_time_leads_to_the_first_record_that_is_not_older(
    timed: PartitionLog, timestamp_ms: int, expected: tuple[int, int]
) -> None:
    found = timed.first_at_or_after(timestamp_ms)
    assert found is not None
    assert (found.timestamp_ms, found.offset) == expected


def test_a_time_after_all_records_leads_nowhere(timed: PartitionLog) -> None:
    assert timed.first_at_or_after(41) is None


def test_the_highest_timestamp_is_found_with_its_epoch(timed: PartitionLog) -> None:
    found = timed.with_highest_timestamp()
    assert found is not None
    assert (found.timestamp_ms, found.offset, found.leader_epoch) == (40, 6, 2)


def test_an_empty_log_has_no_highest_timestamp(log: PartitionLog) -> None:
    assert log.with_highest_timestamp() is None
