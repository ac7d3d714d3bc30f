"""Stepping through records finds the same as reading them, and takes nothing that cannot be read."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.broker.partial_record import PartialRecord, partial_records
from kafka_nio.errors import CorruptRecordBatchError, InvalidRecordError
from kafka_nio.protocol.record_batch import RecordBatch, RecordBatchBuilder
from tests.broker.wire import batch

Headers = Sequence[tuple[str, bytes | None]]

some_bytes = st.none() | st.binary(max_size=200)
some_headers = st.lists(st.tuples(st.text(max_size=5), some_bytes), max_size=3)
some_records = st.lists(st.tuples(st.integers(0, 2**45), some_bytes, some_bytes, some_headers), min_size=1, max_size=5)

FIRST_RECORD = 61


def built(records: list[tuple[int, bytes | None, bytes | None, Headers]]) -> bytes:
    builder = RecordBatchBuilder(size_limit=1_000_000)
    for record in records:
        builder.try_append(*record)
    return builder.close()


def read(data: bytes) -> list[PartialRecord]:
    return [PartialRecord(record.offset, record.timestamp_ms) for record in RecordBatch(data).records()]


@settings(max_examples=50, deadline=None)
@given(some_records)
def test_stepping_through_finds_what_reading_finds(
    records: list[tuple[int, bytes | None, bytes | None, Headers]],
) -> None:
    data = built(records)
    assert list(partial_records(RecordBatch(data))) == read(data)


@settings(max_examples=100, deadline=None)
@given(some_records, st.integers(0, 10_000), st.integers(1, 255))
def test_what_reading_refuses_stepping_through_refuses_too(
    records: list[tuple[int, bytes | None, bytes | None, Headers]], position: int, flipped: int
) -> None:
    data = bytearray(built(records))
    data[FIRST_RECORD + position % (len(data) - FIRST_RECORD)] ^= flipped
    try:
        expected = read(bytes(data))
    except CorruptRecordBatchError:
        with pytest.raises(InvalidRecordError):
            list(partial_records(RecordBatch(data)))
    else:
        assert list(partial_records(RecordBatch(data))) == expected


def test_a_record_that_is_not_whole_is_named() -> None:
    data = bytearray(batch(b"a", b"b"))
    with pytest.raises(InvalidRecordError, match="record 1 of the batch, at byte 8 of them all, is malformed"):
        list(partial_records(RecordBatch(data[:-2])))


def test_nothing_may_follow_the_last_record() -> None:
    with pytest.raises(InvalidRecordError, match="3 bytes follow the last of 1 records"):
        list(partial_records(RecordBatch(batch(b"a") + b"xyz")))
