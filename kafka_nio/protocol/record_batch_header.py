"""The header of a record batch, version 2: 61 bytes in front of the records.

    baseOffset            int64   0   where the first record stands in the log; the broker sets it
    batchLength           int32   8   of everything that follows
    partitionLeaderEpoch  int32  12   the broker sets it
    magic                 int8   16   2
    crc                   uint32 17   CRC-32C of everything that follows
    attributes            int16  21   compression, timestamp type, transactional, control
    lastOffsetDelta       int32  23   number of records - 1
    baseTimestamp         int64  27   of the first record, in ms since 1970
    maxTimestamp          int64  35   the largest
    producerId            int64  43   these three are how a broker recognizes a repetition (KIP-98);
    producerEpoch         int16  51   -1 without
    baseSequence          int32  53
    records               int32  57   how many
                                 61   the records

What the broker sets lies in front of what the checksum covers, so it never has to compute one.

Java: org.apache.kafka.common.record.DefaultRecordBatch
"""

import struct
from typing import NamedTuple

HEADER = struct.Struct(">qiibIhiqqqhii")
"""All of it, in the order of the table."""
FIELDS = (
    ("base_offset", 8),
    ("batch_length", 4),
    ("partition_leader_epoch", 4),
    ("magic", 1),
    ("crc", 4),
    ("attributes", 2),
    ("last_offset_delta", 4),
    ("base_timestamp", 8),
    ("max_timestamp", 8),
    ("producer_id", 8),
    ("producer_epoch", 2),
    ("base_sequence", 4),
    ("record_count", 4),
)
"""The same with our names, and how many bytes each field has."""
RECORD_BATCH_OVERHEAD = HEADER.size
LENGTH_END = 12
"""Where `batchLength` ends, and what it counts begins."""
LEADER_EPOCH_OFFSET = 12
CRC_OFFSET = 17
CRC_END = 21
"""Where the checksum ends, and what it covers begins."""
MAGIC = 2

COMPRESSION_MASK = 0x07
LOG_APPEND_TIME = 0x08
TRANSACTIONAL = 0x10
CONTROL = 0x20

NO_PRODUCER_ID = -1
NO_PRODUCER_EPOCH = -1
NO_SEQUENCE = -1
NO_PARTITION_LEADER_EPOCH = -1


class ProducerState(NamedTuple):
    """By which a broker recognizes a batch that comes a second time."""

    producer_id: int = NO_PRODUCER_ID
    producer_epoch: int = NO_PRODUCER_EPOCH
    base_sequence: int = NO_SEQUENCE
    is_transactional: bool = False


def increment_sequence(sequence: int, by: int) -> int:
    """Sequence numbers go up to 2^31 - 1 and begin again with 0."""
    return (sequence + by) & 0x7FFFFFFF
