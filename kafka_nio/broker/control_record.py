"""The mark that ends a transaction in a partition: a batch with one record that no consumer hands to its application.

    attributes   transactional and control
    key          version int16, 0   type int16: 0 abort, 1 commit
    value        version int16, 0   epoch of the coordinator int32

It carries the producer's id and epoch and no sequence number, takes one offset like any record, and says of everything
that this producer wrote before it and after its last mark: it counts, or it never happened (KIP-98).

Java: org.apache.kafka.common.record.EndTransactionMarker, ControlRecordType
"""

import struct
from enum import IntEnum

from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.record import VARINTS
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.protocol.record_batch_header import (
    CONTROL,
    CRC_END,
    CRC_OFFSET,
    HEADER,
    LENGTH_END,
    MAGIC,
    NO_PARTITION_LEADER_EPOCH,
    NO_SEQUENCE,
    RECORD_BATCH_OVERHEAD,
    TRANSACTIONAL,
)

_KEY = struct.Struct(">hh")
_VALUE = struct.Struct(">hi")
_VERSION = 0

_NOTHING = b"\0"
"""No attributes, no distance to the batch's own timestamp and offset, no headers."""


class ControlRecordType(IntEnum):
    """What a mark says."""

    ABORT = 0
    COMMIT = 1


def end_transaction_marker(
    producer_id: int, producer_epoch: int, coordinator_epoch: int, kind: ControlRecordType, now_ms: int
) -> RecordBatch:
    """The mark that ends this producer's transaction; its offset is for the log to give."""
    record = _record(_KEY.pack(_VERSION, kind), _VALUE.pack(_VERSION, coordinator_epoch))
    header = bytearray(
        HEADER.pack(
            0,
            RECORD_BATCH_OVERHEAD - LENGTH_END + len(record),
            NO_PARTITION_LEADER_EPOCH,
            MAGIC,
            0,
            TRANSACTIONAL | CONTROL,
            0,
            now_ms,
            now_ms,
            producer_id,
            producer_epoch,
            NO_SEQUENCE,
            1,
        )
    )
    struct.pack_into(">I", header, CRC_OFFSET, crc32c(header[CRC_END:], record))
    return RecordBatch(bytes(header) + record)


def _record(key: bytes, value: bytes) -> bytes:
    body = b"".join((_NOTHING * 3, VARINTS[len(key)], key, VARINTS[len(value)], value, _NOTHING))
    return VARINTS[len(body)] + body


def kind_of(marker: RecordBatch) -> ControlRecordType:
    """What a mark says."""
    (record,) = marker.records()
    assert record.key is not None
    return ControlRecordType(_KEY.unpack(record.key)[1])
