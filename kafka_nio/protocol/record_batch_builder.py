"""Takes records until a batch is full, and encodes all of them at once when it is closed.

An open batch is one flat list with the fields of all its records, so taking a record is a single `extend` on the
application's thread, and Ctrl-C finds a record in the batch or not, never half of it. Bytes are made in `close`, on the
sender's thread, and compressed there. The price is that the room a record will take must be known before its bytes
exist. Without compression `estimated_size` is computed to the byte; with it, it is a guess from how well earlier
batches compressed.

Left out against Java: writing into a buffer that is handed in. Java's `MemoryRecordsBuilder` encodes and compresses
each record as it comes, into a ByteBuffer of the pool; our pool counts bytes without lending any.

Java: org.apache.kafka.common.record.MemoryRecordsBuilder
"""

import struct
from typing import Any

from kafka_nio.errors import IllegalStateError
from kafka_nio.protocol.compression import NO_COMPRESSION, Compression
from kafka_nio.protocol.compression_ratio_estimator import CompressionRatioEstimator
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.record import (
    FRAMED_SIZES,
    VARINT_SIZES,
    Columns,
    Headers,
    encode_records,
    headers_size,
)
from kafka_nio.protocol.record_batch_header import (
    CRC_END,
    CRC_OFFSET,
    HEADER,
    LENGTH_END,
    MAGIC,
    NO_PARTITION_LEADER_EPOCH,
    RECORD_BATCH_OVERHEAD,
    TRANSACTIONAL,
    ProducerState,
)
from kafka_nio.spans import decision

BASE_OFFSET = 0
"""What a producer writes there; the broker puts the real offset in its place."""


class RecordBatchBuilder:
    """A batch that is being filled.

    There is room for a record as long as the batch stays within `size_limit` bytes; the first one always finds room,
    however large it is. With compression it is the estimated size that counts, and the new record's size as it is.

    Args:
        size_limit: bytes.
        compression: how the records are compressed when the batch is closed.
        estimator: tells how well that will go, and is told how well it went.

    Not for several threads at once: whoever appends holds the lock of the partition's queue.
    """

    __slots__ = (
        "_base_timestamp",
        "_batch",
        "_compression",
        "_estimator",
        "_expected_ratio",
        "_fields",
        "_key_sizes",
        "_producer_state",
        "_timestamps",
        "_value_sizes",
        "compression_ratio",
        "estimated_size",
        "largest_record_size",
        "record_count",
        "records_size",
        "size_limit",
    )

    def __init__(
        self,
        *,
        size_limit: int,
        compression: Compression = NO_COMPRESSION,
        estimator: CompressionRatioEstimator | None = None,
    ) -> None:
        self.size_limit = size_limit
        self.estimated_size = RECORD_BATCH_OVERHEAD
        self.record_count = 0
        self.records_size = 0
        """The bytes of the records, not compressed."""
        self._compression = compression
        self._estimator = estimator or CompressionRatioEstimator()
        self._expected_ratio = self._estimator.expected_ratio if compression.type else None
        self._base_timestamp = 0
        self._fields: list[Any] | None = []  # `FIELDS` of each record, one after another; None once it is closed
        self._producer_state = ProducerState()
        # known once the batch is closed:
        self._timestamps: list[int] = []
        self._key_sizes: list[int] = []
        self._value_sizes: list[int] = []
        self._batch = b""
        self.compression_ratio = 1.0
        """The size of the records compressed by their size as they are."""
        self.largest_record_size = 0
        """Bytes that the largest record would take in a batch of its own, not compressed."""

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        return f"<RecordBatchBuilder {state}, {self.record_count} records, {self.estimated_size}/{self.size_limit} B>"

    @property
    def is_closed(self) -> bool:
        """Whether `close` has been called."""
        return self._fields is None

    @property
    def is_full(self) -> bool:
        """Whether no further record can find room."""
        return self.is_closed or (self.record_count > 0 and self.estimated_size >= self.size_limit)

    @property
    def timestamps(self) -> list[int]:
        """The time of each record, in milliseconds."""
        return self._timestamps if self._fields is None else Columns.of(self._fields).timestamps

    @property
    def key_sizes(self) -> list[int]:
        """The size of each record's key, -1 for None. They stay when the keys have gone."""
        return self._key_sizes if self._fields is None else Columns.of(self._fields).key_sizes

    @property
    def value_sizes(self) -> list[int]:
        """The size of each record's value, -1 for None. They stay when the values have gone."""
        return self._value_sizes if self._fields is None else Columns.of(self._fields).value_sizes

    # Filling it...

    @decision("has_room", "index self.estimated_size size self.size_limit")
    def try_append(
        self, timestamp_ms: int, key: bytes | None, value: bytes | None, headers: Headers = ()
    ) -> int | None:
        """Take a record and return its position in the batch, or None if there is no room for it.

        The headers are kept as they are, so nobody must change them afterwards.
        """
        fields, index = self._fields, self.record_count
        if fields is None:
            return None
        if index == 0:
            self._base_timestamp = timestamp_ms
        # A record without key and headers, early in its batch, at the time of the first: attributes, two deltas, no key
        # and no headers take a byte each. Whatever else it is, it pays for that alone.
        body_size = 5 + (1 if value is None else FRAMED_SIZES[len(value)])
        if key is not None:
            body_size += FRAMED_SIZES[len(key)] - 1
        if headers:
            body_size += headers_size(headers) - 1
        if index >= 64:
            body_size += VARINT_SIZES[index] - 1
        if timestamp_ms != self._base_timestamp:
            body_size += VARINT_SIZES[timestamp_ms - self._base_timestamp] - 1
        size = FRAMED_SIZES[body_size]
        estimated_size = self.estimated_size + size
        has_room = estimated_size <= self.size_limit or index == 0
        if not has_room:
            return None
        if self._expected_ratio is not None:
            estimated_size = RECORD_BATCH_OVERHEAD + int((self.records_size + size) * self._expected_ratio)
        # From here on `extend` is the only call, and the last one: Ctrl-C comes before all of it or after.
        self.record_count = index + 1
        self.records_size += size
        self.estimated_size = estimated_size
        fields.extend((timestamp_ms, key, value, headers, body_size))
        return index

    # Closing it...

    def set_producer_state(
        self, producer_id: int, producer_epoch: int, base_sequence: int, is_transactional: bool = False
    ) -> None:
        """Number the batch, so that the broker can tell when it comes a second time (KIP-98)."""
        if self.is_closed:
            raise IllegalStateError(f"the producer state must be set before the batch is closed: {self!r}")
        self._producer_state = ProducerState(producer_id, producer_epoch, base_sequence, is_transactional)

    @property
    def producer_state(self) -> ProducerState:
        """How the batch is numbered."""
        return self._producer_state

    def rewrite_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        """Number a batch anew, even one that is closed: only its header changes (KIP-360).

        Whoever holds the bytes of an earlier `close` keeps them as they were.
        """
        is_transactional = self._producer_state.is_transactional
        self._producer_state = ProducerState(producer_id, producer_epoch, base_sequence, is_transactional)
        if self.is_closed:
            self._batch = self._with_header(self._batch[RECORD_BATCH_OVERHEAD:])

    def close(self) -> bytes:
        """The batch. The first call encodes it and lets go of keys and values; later calls give the same bytes."""
        if self._fields is None:
            return self._batch
        if self.record_count == 0:
            raise IllegalStateError("a batch without records cannot be sent")
        columns = Columns.of(self._fields)
        self._timestamps = columns.timestamps
        self._key_sizes, self._value_sizes = columns.key_sizes, columns.value_sizes
        records = self._compression.compress(encode_records(columns))
        self._batch = self._with_header(records)
        self.largest_record_size = RECORD_BATCH_OVERHEAD + FRAMED_SIZES[max(columns.body_sizes)]
        self._fields = None
        self.estimated_size = len(self._batch)
        self.compression_ratio = len(records) / self.records_size
        self._estimator.update(self.compression_ratio)
        return self._batch

    def _with_header(self, records: bytes) -> bytes:
        header = bytearray(self._header(len(records)))
        struct.pack_into(">I", header, CRC_OFFSET, crc32c(header[CRC_END:], records))
        return b"".join((header, records))

    def _header(self, records_size: int) -> bytes:
        """The 61 bytes, with a zero for the checksum."""
        state = self._producer_state
        return HEADER.pack(
            BASE_OFFSET,
            RECORD_BATCH_OVERHEAD - LENGTH_END + records_size,
            NO_PARTITION_LEADER_EPOCH,
            MAGIC,
            0,
            self._compression.type | (TRANSACTIONAL if state.is_transactional else 0),
            self.record_count - 1,
            self._base_timestamp,
            max(self._timestamps),
            state.producer_id,
            state.producer_epoch,
            state.base_sequence,
            self.record_count,
        )
