"""Reading batches: what the header says, what is refused, and what a broker may change."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.errors import CorruptRecordBatchError, UnsupportedCompressionTypeError
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.record_batch import (
    RECORD_BATCH_OVERHEAD,
    RecordBatch,
    RecordBatchBuilder,
    estimate_batch_size_upper_bound,
    increment_sequence,
    set_offset_and_epoch,
    split_batches,
)


def batch_of(*values: bytes, sequence: int = -1) -> bytes:
    builder = RecordBatchBuilder(size_limit=1_000_000)
    if sequence >= 0:
        builder.set_producer_state(9, 0, sequence)
    for index, value in enumerate(values):
        builder.try_append(1000 + index, b"k%d" % index, value, [("h", b"x")])
    return builder.close()


def changed(batch: bytes, offset: int, layout: str, value: int) -> bytes:
    """The batch with one field changed and the checksum made right again."""
    copy = bytearray(batch)
    struct.pack_into(layout, copy, offset, value)
    struct.pack_into(">I", copy, 17, crc32c(memoryview(copy)[21:]))
    return bytes(copy)


def test_the_header_says_what_is_in_the_batch() -> None:
    batch = RecordBatch(batch_of(b"a", b"b", b"c", sequence=40))

    assert (batch.base_offset, batch.last_offset, batch.next_offset, batch.last_offset_delta) == (0, 2, 3, 2)
    assert (batch.magic, batch.attributes, batch.record_count, batch.partition_leader_epoch) == (2, 0, 3, -1)
    assert (batch.base_timestamp, batch.max_timestamp) == (1000, 1002)
    assert (batch.producer_id, batch.producer_epoch, batch.base_sequence, batch.last_sequence) == (9, 0, 40, 42)
    assert batch.has_producer_id
    assert [batch.is_transactional, batch.is_control, batch.has_log_append_time] == [False, False, False]
    assert batch.compression_codec == 0
    assert batch.size_in_bytes == len(batch.buffer)
    assert repr(batch) == f"<RecordBatch offsets 0 to 2, {batch.size_in_bytes} B>"


def test_without_an_idempotent_producer_there_are_no_sequence_numbers() -> None:
    batch = RecordBatch(batch_of(b"a", b"b"))

    assert (batch.has_producer_id, batch.base_sequence, batch.last_sequence) == (False, -1, -1)


@pytest.mark.behaviour(170)
def test_sequence_numbers_begin_again_with_zero() -> None:
    assert increment_sequence(2**31 - 1, 1) == 0
    assert RecordBatch(batch_of(b"a", b"b", b"c", sequence=2**31 - 2)).last_sequence == 0


def test_a_log_gives_a_batch_its_offset_and_leaves_the_checksum_alone() -> None:
    batch = RecordBatch(batch_of(b"a", b"b"))
    placed = batch.placed_at(base_offset=100, partition_leader_epoch=7)

    placed.ensure_valid()
    assert (placed.base_offset, placed.partition_leader_epoch, placed.crc) == (100, 7, batch.crc)
    assert [(record.offset, record.value) for record in placed.records()] == [(100, b"a"), (101, b"b")]
    assert batch.base_offset == 0
    assert placed.buffer.readonly


def test_offset_and_epoch_can_be_set_in_place() -> None:
    buffer = bytearray(batch_of(b"a"))
    set_offset_and_epoch(buffer, 5, 6)

    assert (RecordBatch(buffer).base_offset, RecordBatch(buffer).partition_leader_epoch) == (5, 6)


def test_the_brokers_clock_has_the_say_if_the_batch_says_so() -> None:
    batch = RecordBatch(changed(changed(batch_of(b"a", b"b"), 21, ">h", 0x08), 35, ">q", 5000))

    assert [record.timestamp_ms for record in batch.records()] == [5000, 5000]


def test_bytes_are_cut_into_batches() -> None:
    batches = split_batches(batch_of(b"a") + batch_of(b"b", b"c"))

    assert [[record.value for record in batch.records()] for batch in batches] == [[b"a"], [b"b", b"c"]]
    assert split_batches(b"") == []


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (batch_of(b"a")[:60], "60 bytes, where a batch has 61 or more"),
        (batch_of(b"a")[:-1], "says it has 75 bytes, and 74 are there"),
        (changed(batch_of(b"a"), 8, ">i", 10), "says it has 22 bytes, and 75 are there"),
        (changed(batch_of(b"a"), 8, ">i", -100), "says it has -88 bytes"),
        (batch_of(b"a") + b"x", "1 bytes, where a batch has 61 or more"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_bytes_that_are_no_batches_are_not_cut(data: bytes, complaint: str) -> None:
    with pytest.raises(CorruptRecordBatchError, match=complaint):
        split_batches(data)


GOOD = batch_of(b"a", b"b")


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (GOOD + b"x", "it says it has 89 bytes and has 90"),
        (changed(GOOD, 16, ">b", 1), "its format is version 1, not 2"),
        (GOOD[:-1] + b"\1", r"its checksum is 0x\w{8}, its bytes give 0x\w{8}"),
        (changed(GOOD, 57, ">i", 0), "it says it has 0 records"),
        (changed(GOOD, 57, ">i", -1), "it says it has -1 records"),
        (changed(GOOD, 23, ">i", 5), "it says it has 2 records, and the last is number 5"),
        (changed(changed(GOOD, 57, ">i", 1), 23, ">i", 0), "14 bytes behind its 1 records"),
        (changed(changed(GOOD, 57, ">i", 3), 23, ">i", 2), "record 2: expected varint"),
        (changed(GOOD, 64, ">b", 2), "record 0 has offset 1, not 0"),
        (changed(GOOD, 65, ">b", 120), "record 0: expected key of 60 bytes"),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_an_unsound_batch_is_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(CorruptRecordBatchError, match=complaint):
        RecordBatch(data).ensure_valid()


def test_a_batch_of_a_codec_that_nobody_knows_cannot_be_read() -> None:
    batch = RecordBatch(changed(batch_of(b"a"), 21, ">h", 5))

    with pytest.raises(UnsupportedCompressionTypeError, match="batch at 0 has codec 5"):
        batch.ensure_valid()
    with pytest.raises(UnsupportedCompressionTypeError, match="batch at 0 has codec 5"):
        list(batch.records())


@given(st.integers(16 * 8, len(GOOD) * 8 - 1))
def test_no_flipped_bit_goes_unnoticed(bit: int) -> None:
    copy = bytearray(GOOD)
    copy[bit // 8] ^= 1 << bit % 8

    with pytest.raises(CorruptRecordBatchError):
        RecordBatch(copy).ensure_valid()


@given(st.binary(min_size=40, max_size=60))
def test_garbage_with_a_right_checksum_raises_nothing_but_corrupt(garbage: bytes) -> None:
    data = changed(GOOD[:21] + garbage[:36] + GOOD[57:61] + garbage[36:], 8, ">i", 61 - 12 + len(garbage) - 36)
    with suppress(CorruptRecordBatchError):
        RecordBatch(data).ensure_valid()
    with suppress(CorruptRecordBatchError, UnsupportedCompressionTypeError):
        list(RecordBatch(data).records())


def test_a_batch_of_one_record_is_not_larger_than_its_upper_bound() -> None:
    assert len(batch_of(b"a")) <= estimate_batch_size_upper_bound(b"k0", b"a", [("h", b"x")])
    assert estimate_batch_size_upper_bound(None, None) == RECORD_BATCH_OVERHEAD + 21 + 3
