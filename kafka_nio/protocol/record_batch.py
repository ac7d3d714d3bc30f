"""A record batch in bytes that came from somewhere: what its header says, whether it is sound, which records it holds.

`RecordBatch` is a view; nothing is copied, nor decompressed, before `records` makes `Record`s. The header's layout is
described in `record_batch_header`, writing a batch in `record_batch_builder`.

Left out against Java: the formats before version 2, which Kafka 4 refuses too.

Java: org.apache.kafka.common.record.DefaultRecordBatch
"""

import struct
from collections.abc import Iterator

from kafka_nio.errors import CorruptRecordBatchError, UnsupportedCompressionTypeError
from kafka_nio.protocol.compression import DECOMPRESSED_MAX_BYTES, CompressionType, unpack
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.reader import WireError
from kafka_nio.protocol.record import (
    MAX_RECORD_OVERHEAD,
    Headers,
    Record,
    estimate_record_size_upper_bound,
    read_record,
)
from kafka_nio.protocol.record_batch_builder import RecordBatchBuilder
from kafka_nio.protocol.record_batch_header import (
    COMPRESSION_MASK,
    CONTROL,
    CRC_END,
    HEADER,
    LEADER_EPOCH_OFFSET,
    LENGTH_END,
    LOG_APPEND_TIME,
    MAGIC,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    RECORD_BATCH_OVERHEAD,
    TRANSACTIONAL,
    increment_sequence,
)

__all__ = [
    "MAX_RECORD_OVERHEAD",
    "RECORD_BATCH_OVERHEAD",
    "Record",
    "RecordBatch",
    "RecordBatchBuilder",
    "estimate_batch_size_upper_bound",
    "estimate_record_size_upper_bound",
    "increment_sequence",
    "set_offset_and_epoch",
    "split_batches",
]


def estimate_batch_size_upper_bound(key: bytes | None, value: bytes | None, headers: Headers = ()) -> int:
    """As large as a batch with this record alone can get."""
    return RECORD_BATCH_OVERHEAD + estimate_record_size_upper_bound(key, value, headers)


class RecordBatch:
    """A view of one batch. Making it reads the header and believes it; `ensure_valid` checks everything.

    Raises:
        CorruptRecordBatchError: there are not even enough bytes for a header.
    """

    __slots__ = (
        "attributes",
        "base_offset",
        "base_sequence",
        "base_timestamp",
        "batch_length",
        "buffer",
        "crc",
        "last_offset_delta",
        "magic",
        "max_timestamp",
        "partition_leader_epoch",
        "producer_epoch",
        "producer_id",
        "record_count",
    )

    buffer: memoryview
    base_offset: int
    batch_length: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    record_count: int

    def __init__(self, buffer: bytes | bytearray | memoryview) -> None:
        if len(buffer) < RECORD_BATCH_OVERHEAD:
            raise CorruptRecordBatchError(f"{len(buffer)} bytes, where a batch has {RECORD_BATCH_OVERHEAD} or more")
        self.buffer = memoryview(buffer)
        (
            self.base_offset,
            self.batch_length,
            self.partition_leader_epoch,
            self.magic,
            self.crc,
            self.attributes,
            self.last_offset_delta,
            self.base_timestamp,
            self.max_timestamp,
            self.producer_id,
            self.producer_epoch,
            self.base_sequence,
            self.record_count,
        ) = HEADER.unpack_from(buffer)

    def __repr__(self) -> str:
        return f"<RecordBatch offsets {self.base_offset} to {self.last_offset}, {self.size_in_bytes} B>"

    # What follows from the header...

    @property
    def size_in_bytes(self) -> int:
        """The whole batch, as far as its header can be believed."""
        return LENGTH_END + self.batch_length

    @property
    def last_offset(self) -> int:
        """The offset of the last record."""
        return self.base_offset + self.last_offset_delta

    @property
    def next_offset(self) -> int:
        """The offset behind the last record."""
        return self.last_offset + 1

    @property
    def last_sequence(self) -> int:
        """The sequence number of the last record, -1 if they have none."""
        if self.base_sequence == NO_SEQUENCE:
            return NO_SEQUENCE
        return increment_sequence(self.base_sequence, self.last_offset_delta)

    @property
    def has_producer_id(self) -> bool:
        """Whether the producer numbers its batches."""
        return self.producer_id > NO_PRODUCER_ID

    @property
    def compression_codec(self) -> int:
        """0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."""
        return self.attributes & COMPRESSION_MASK

    @property
    def has_log_append_time(self) -> bool:
        """Whether the broker's clock has the say: all records were then made at `max_timestamp`."""
        return bool(self.attributes & LOG_APPEND_TIME)

    @property
    def is_transactional(self) -> bool:
        """Whether the batch belongs to a transaction."""
        return bool(self.attributes & TRANSACTIONAL)

    @property
    def is_control(self) -> bool:
        """Whether this is a mark of the coordinator's and no data."""
        return bool(self.attributes & CONTROL)

    # What is in it...

    def records(self) -> Iterator[Record]:
        """The records one after another.

        Raises:
            CorruptRecordBatchError: from the first one that cannot be read.
            UnsupportedCompressionTypeError: nobody knows the codec, or its library is not installed.
        """
        data, at = self.decompressed(), 0
        for index in range(self.record_count):
            try:
                record, at = read_record(data, at, self.base_offset, self.base_timestamp)
            except WireError as error:
                raise CorruptRecordBatchError(f"batch at {self.base_offset}, record {index}: {error}") from None
            yield record._replace(timestamp_ms=self.max_timestamp) if self.has_log_append_time else record
        self._expect(at == len(data), f"{len(data) - at} bytes behind its {self.record_count} records")

    def decompressed(self, limit: int = DECOMPRESSED_MAX_BYTES) -> bytes:
        """The bytes of the records, as they were before they were compressed.

        Raises:
            CorruptRecordBatchError: they cannot be decompressed, or there are more than `limit`.
            UnsupportedCompressionTypeError: nobody knows the codec, or its library is not installed.
        """
        return b"".join(self.unpacked(limit))

    def unpacked(self, limit: int = DECOMPRESSED_MAX_BYTES) -> Iterator[bytes]:
        """The same by the piece, for whoever does not keep them all: see `compression.unpack`."""
        codec = self.compression_codec
        if codec > max(CompressionType):
            raise UnsupportedCompressionTypeError(f"batch at {self.base_offset} has codec {codec}, which nobody knows")
        try:
            yield from unpack(CompressionType(codec), self.buffer[RECORD_BATCH_OVERHEAD:], limit)
        except CorruptRecordBatchError as error:
            raise CorruptRecordBatchError(f"batch at {self.base_offset}: {error}") from None

    def ensure_valid(self) -> None:
        """Check all that can be wrong with a batch, from the cheap to the dear.

        Raises:
            CorruptRecordBatchError: length, version, checksum, counts or records do not fit together.
            UnsupportedCompressionTypeError: nobody knows the codec, or its library is not installed.
        """
        self._ensure_sound_header()
        checksum = crc32c(self.buffer[CRC_END:])
        self._expect(checksum == self.crc, f"its checksum is {self.crc:#010x}, its bytes give {checksum:#010x}")
        self._ensure_sound_records()

    def _ensure_sound_header(self) -> None:
        size, count, last = len(self.buffer), self.record_count, self.last_offset_delta
        self._expect(self.size_in_bytes == size, f"it says it has {self.size_in_bytes} bytes and has {size}")
        self._expect(self.magic == MAGIC, f"its format is version {self.magic}, not {MAGIC}")
        self._expect(count > 0, f"it says it has {count} records")
        self._expect(last == count - 1, f"it says it has {count} records, and the last is number {last}")

    def _ensure_sound_records(self) -> None:
        for delta, record in enumerate(self.records()):
            expected = self.base_offset + delta
            self._expect(record.offset == expected, f"record {delta} has offset {record.offset}, not {expected}")

    def _expect(self, holds: bool, complaint: str) -> None:
        if not holds:
            raise CorruptRecordBatchError(f"batch at {self.base_offset}: {complaint}")

    # Giving it a place in a log...

    def placed_at(self, base_offset: int, partition_leader_epoch: int) -> "RecordBatch":
        """A copy that stands at this offset of a log, appended in this leader epoch."""
        buffer = bytearray(self.buffer)
        set_offset_and_epoch(buffer, base_offset, partition_leader_epoch)
        return RecordBatch(memoryview(buffer).toreadonly())


def set_offset_and_epoch(buffer: bytearray | memoryview, base_offset: int, partition_leader_epoch: int) -> None:
    """Write into a batch what the broker has to write. The checksum does not cover it and stays right."""
    struct.pack_into(">q", buffer, 0, base_offset)
    struct.pack_into(">i", buffer, LEADER_EPOCH_OFFSET, partition_leader_epoch)


def split_batches(buffer: bytes | bytearray | memoryview) -> list[RecordBatch]:
    """Cut bytes into the batches that stand in them one after another.

    Raises:
        CorruptRecordBatchError: a batch is not whole, or says that it is shorter than its header.
    """
    rest = memoryview(buffer)
    batches: list[RecordBatch] = []
    while rest:
        size = RecordBatch(rest).size_in_bytes
        if not RECORD_BATCH_OVERHEAD <= size <= len(rest):
            raise CorruptRecordBatchError(f"a batch says it has {size} bytes, and {len(rest)} are there")
        batches.append(RecordBatch(rest[:size]))
        rest = rest[size:]
    return batches
