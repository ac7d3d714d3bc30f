"""Filling a batch: what finds room, how large it says it is, and the bytes it gives back."""

import random
from collections.abc import Iterable
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record import MemoryRecords

from kafka_nio.errors import IllegalStateError
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.compression_ratio_estimator import CompressionRatioEstimator
from kafka_nio.protocol.record import Header, Headers
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.protocol.record_batch_builder import RecordBatchBuilder

Given = tuple[int, bytes | None, bytes | None, Headers]
"""Timestamp, key, value and headers of a record."""

DATA = st.none() | st.binary(max_size=40)
HEADERS = st.lists(st.tuples(st.text(max_size=5), DATA), max_size=3)
TIMESTAMPS = st.integers(0, 2**42) | st.integers(1_700_000_000_000, 1_700_000_000_100)
RECORDS = st.lists(st.tuples(TIMESTAMPS, DATA, DATA, HEADERS), min_size=1, max_size=20)


def fill(records: list[Given], size_limit: int = 1_000_000) -> tuple[RecordBatchBuilder, int]:
    """A builder with as many of the records as find room, and how many these are."""
    builder = RecordBatchBuilder(size_limit=size_limit)
    for index, record in enumerate(records):
        if builder.try_append(*record) is None:
            return builder, index
    return builder, len(records)


def test_one_record_gives_these_bytes() -> None:
    builder = RecordBatchBuilder(size_limit=100)
    builder.set_producer_state(producer_id=5, producer_epoch=6, base_sequence=7, is_transactional=True)
    builder.try_append(0x0123, b"k", b"v", [])

    assert builder.close().hex(" ") == (
        "00 00 00 00 00 00 00 00 00 00 00 3a ff ff ff ff 02 "  # offset 0, 58 bytes follow, no leader epoch, version 2
        "51 2e 66 7a 00 10 00 00 00 00 "  # checksum, transactional, last offset delta 0
        "00 00 00 00 00 00 01 23 00 00 00 00 00 00 01 23 "  # base and max timestamp
        "00 00 00 00 00 00 00 05 00 06 00 00 00 07 00 00 00 01 "  # producer id, epoch, sequence, one record
        "10 00 00 00 02 6b 02 76 00"
    )


@given(RECORDS)
@settings(max_examples=30, deadline=None)
def test_records_are_read_back_as_they_were_given(records: list[Given]) -> None:
    builder, _ = fill(records)
    batch = RecordBatch(builder.close())

    batch.ensure_valid()
    assert [(record.timestamp_ms, record.key, record.value, list(record.headers)) for record in batch.records()] == [
        (timestamp_ms, key, value, list(headers)) for timestamp_ms, key, value, headers in records
    ]


@given(RECORDS)
@settings(max_examples=30, deadline=None)
def test_kafka_python_reads_what_was_written(records: list[Given]) -> None:
    builder, _ = fill(records)
    batch = MemoryRecords(builder.close()).next_batch()

    assert batch.validate_crc()
    assert [(record.offset, record.timestamp, record.key, record.value, list(record.headers)) for record in batch] == [
        (offset, timestamp_ms, key, value, list(headers))
        for offset, (timestamp_ms, key, value, headers) in enumerate(records)
    ]


@pytest.mark.behaviour(113)
@given(RECORDS, st.integers(62, 600))
@settings(max_examples=50, deadline=None)
def test_a_batch_is_as_large_as_it_says_and_within_its_limit(records: list[Given], size_limit: int) -> None:
    builder, taken = fill(records, size_limit)
    size = builder.estimated_size

    assert builder.record_count == taken
    assert len(builder.close()) == size
    assert size <= size_limit or taken == 1
    if taken < len(records):
        assert len(fill(records[: taken + 1])[0].close()) > size_limit


@pytest.mark.behaviour(113)
def test_the_first_record_finds_room_however_large() -> None:
    builder = RecordBatchBuilder(size_limit=100)

    assert builder.try_append(0, None, bytes(1000)) == 0
    assert builder.try_append(0, None, b"") is None
    assert builder.is_full


def test_a_batch_that_reaches_its_limit_is_full() -> None:
    builder = RecordBatchBuilder(size_limit=61 + 7 + 7)
    full = [builder.is_full]
    for _ in range(2):
        builder.try_append(0, None, None)
        full.append(builder.is_full)

    assert full == [False, False, True]
    assert repr(builder) == "<RecordBatchBuilder open, 2 records, 75/75 B>"


def test_sizes_stay_when_keys_and_values_have_gone() -> None:
    builder, _ = fill([(5, None, b"abc", ()), (6, b"k", None, ())])
    before = builder.key_sizes, builder.value_sizes
    builder.close()

    assert before == ([-1, 1], [3, -1])
    assert (builder.key_sizes, builder.value_sizes, builder.timestamps) == ([-1, 1], [3, -1], [5, 6])


def test_a_closed_batch_takes_nothing_and_stays_the_same() -> None:
    builder, _ = fill([(0, None, b"a", ())])
    batch = builder.close()

    assert builder.close() is batch
    assert builder.is_full
    assert builder.try_append(0, None, b"b") is None
    with pytest.raises(IllegalStateError, match="must be set before the batch is closed: <RecordBatchBuilder closed"):
        builder.set_producer_state(1, 0, 0)


def test_an_empty_batch_cannot_be_closed() -> None:
    with pytest.raises(IllegalStateError, match="without records"):
        RecordBatchBuilder(size_limit=100).close()


def test_offsets_and_sizes_grow_beyond_one_byte() -> None:
    """Offset deltas take a second byte from 64 on, and a third from 8192 on."""
    records: list[Given] = [(index, None, b"x" * (index % 80), ()) for index in range(8200)]
    builder, _ = fill(records)
    size = builder.estimated_size
    batch = RecordBatch(builder.close())

    batch.ensure_valid()
    assert len(batch.buffer) == size
    assert [(record.timestamp_ms, record.value) for record in batch.records()] == [
        (timestamp_ms, value) for timestamp_ms, _, value, _ in records
    ]


def test_time_may_go_back_within_a_batch() -> None:
    builder, _ = fill([(1000, None, b"a", ()), (10, None, b"b", ())])
    batch = RecordBatch(builder.close())

    assert (batch.base_timestamp, batch.max_timestamp) == (1000, 1000)
    assert [record.timestamp_ms for record in batch.records()] == [1000, 10]


# Compressing it...

CODECS = [Compression(codec) for codec in CompressionType]


def compressed(records: list[Given], compression: Compression) -> RecordBatchBuilder:
    builder = RecordBatchBuilder(size_limit=1_000_000, compression=compression)
    for record in records:
        builder.try_append(*record)
    return builder


@pytest.mark.parametrize("compression", CODECS, ids=lambda compression: compression.type.title)
@given(records=RECORDS)
@settings(max_examples=20, deadline=None)
def test_compressed_records_are_read_back_as_they_were_given(records: list[Given], compression: Compression) -> None:
    builder = compressed(records, compression)
    builder.set_producer_state(5, 6, 7, is_transactional=True)
    batch = RecordBatch(builder.close())

    batch.ensure_valid()
    assert (batch.compression_codec, batch.is_transactional) == (compression.type, True)
    assert [(record.timestamp_ms, record.key, record.value, list(record.headers)) for record in batch.records()] == [
        (timestamp_ms, key, value, list(headers)) for timestamp_ms, key, value, headers in records
    ]


@pytest.mark.parametrize("name", ["gzip", "lz4", "zstd"])  # for snappy it would need one more library
def test_kafka_python_reads_what_was_compressed(name: str) -> None:
    compression = Compression(CompressionType.for_name(name))
    records: list[Given] = [(5, b"k", b"%d" % n * 50, [("h", b"x")]) for n in range(200)]
    batch = MemoryRecords(compressed(records, compression).close()).next_batch()

    assert batch.validate_crc()
    assert [(record.timestamp, record.key, record.value, list(record.headers)) for record in batch] == records


def test_a_batch_is_full_by_its_estimated_size() -> None:
    """A tenth of 1,000 bytes is expected to remain, and 5 % more: so there is room for about nine records of these."""
    estimator = CompressionRatioEstimator(0.1)
    builder = RecordBatchBuilder(size_limit=2_000, compression=Compression(CompressionType.GZIP), estimator=estimator)
    taken = 0
    while builder.try_append(0, None, bytes(1_000)) is not None:
        taken += 1

    assert taken == 9
    assert builder.estimated_size == 61 + int(builder.records_size * 0.1 * 1.05)
    assert builder.estimated_size + 1_000 > builder.size_limit, "the record that found no room counts in full"
    assert builder.try_append(0, None, bytes(900)) == 9, "a smaller one finds room"


def test_a_closed_batch_knows_its_size_and_tells_the_estimator() -> None:
    estimator = CompressionRatioEstimator(0.5)
    builder = RecordBatchBuilder(size_limit=10_000, compression=Compression(CompressionType.ZSTD), estimator=estimator)
    builder.try_append(0, None, bytes(5_000))
    batch = builder.close()

    assert builder.estimated_size == len(batch)
    assert builder.compression_ratio == (len(batch) - 61) / builder.records_size < 0.1
    assert estimator.estimation == 0.495


def test_a_batch_may_come_out_larger_than_its_limit() -> None:
    """Nobody knew that these records would not compress."""
    noise = random.Random(1).randbytes(5_000)
    estimator = CompressionRatioEstimator(0.2)
    builder = RecordBatchBuilder(size_limit=2_000, compression=Compression(CompressionType.GZIP), estimator=estimator)
    for start in range(0, 5_000, 500):
        builder.try_append(0, None, noise[start : start + 500])

    assert len(builder.close()) > 2_000
    assert estimator.estimation > 0.9


def test_a_batch_that_is_numbered_anew_stays_compressed() -> None:
    builder = compressed([(0, None, b"x" * 100, ())], Compression(CompressionType.LZ4))
    builder.set_producer_state(1, 1, 1)
    builder.close()
    builder.rewrite_producer_state(2, 2, 2)
    batch = RecordBatch(builder.close())

    batch.ensure_valid()
    assert (batch.producer_id, batch.compression_codec) == (2, CompressionType.LZ4)
    assert [record.value for record in batch.records()] == [b"x" * 100]


# Ctrl-C...


class Interrupted(list[object]):
    """A batch's fields, which Ctrl-C hits once, when a record has gone in: a signal is handled after a call."""

    def extend(self, values: Iterable[object]) -> None:
        super().extend(values)
        raise KeyboardInterrupt


class HeadersThatAreInterrupted(tuple[Header, ...]):
    """Headers that Ctrl-C hits while their size is taken."""

    __slots__ = ()

    def __iter__(self) -> NoReturn:
        raise KeyboardInterrupt


@pytest.mark.parametrize("is_in", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("first", [0, 2], ids=["empty", "not-empty"])
def test_an_interrupted_record_is_in_the_batch_or_not_but_never_half_of_it(is_in: bool, first: int) -> None:
    given: list[Given] = [(1_000 + index, b"k%d" % index, b"v%d" % index, [("h", b"%d" % index)]) for index in range(4)]
    hit: Given = (5, b"hit", b"hit", [("hit", b"hit")])
    builder, _ = fill(given[:first])
    if is_in:
        builder._fields = Interrupted(builder._fields or [])
    with pytest.raises(KeyboardInterrupt):
        builder.try_append(*hit[:3], hit[3] if is_in else HeadersThatAreInterrupted(hit[3]))
    builder._fields = list(builder._fields or [])

    expected = [*given[:first], *[hit] * is_in, *given[first:]]
    for index, record in enumerate(given[first:], first + is_in):
        assert builder.try_append(*record) == index
    batch = RecordBatch(builder.close())
    batch.ensure_valid()
    assert builder.estimated_size == len(builder.close())
    assert [(record.timestamp_ms, record.key, record.value, list(record.headers)) for record in batch.records()] == [
        (timestamp_ms, key, value, list(headers)) for timestamp_ms, key, value, headers in expected
    ]
