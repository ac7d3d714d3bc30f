"""What a batch must be like before it may be appended.

In this order, as in Kafka: it is one batch and of magic 2 (`only_batch`, before anybody asks who leads the partition);
it is not too large; its checksum fits its content; its header agrees with its records; its timestamps are believable
(`validate`). The first rule that is broken decides the error.

Three rules are stricter than Kafka's, which puts right what is wrong, or does not look: no bytes behind the batch, a
header that knows the highest timestamp of its records, no time before 1970.

Left out against Java: conversion from older formats and to the topic's own compression, compacted topics (which demand
keys), timestamps given by the broker.

Java: org.apache.kafka.storage.internals.log.LogValidator
"""

from collections.abc import Mapping

from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.partial_record import partial_records
from kafka_nio.errors import (
    ApiError,
    CorruptMessageError,
    InvalidRecordError,
    InvalidTimestampError,
    RecordTooLargeError,
    UnsupportedCompressionTypeError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.compression import CompressionType
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.messages.produce import FIRST_VERSION_WITH_ZSTD
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD, RecordBatch
from kafka_nio.protocol.record_batch_header import CRC_END, MAGIC, NO_SEQUENCE

NO_TIMESTAMP = -1
"""A record without a time. It is neither too old nor too new."""


LONG_AGO_MS = -(1 << 63)
"""No record is older."""

RECORDS_TOLD = 1000
"""Of how many records of a batch the answer says what is wrong with them."""


class RecordValidationError(Exception):
    """Some records of a batch are at fault, and with them the whole batch is refused (KIP-467).

    `error` is what the batch is answered with, `record_errors` says what is wrong, by the record's number.
    """

    def __init__(self, error: ApiError, record_errors: Mapping[int, str]) -> None:
        super().__init__(str(error))
        self.error = error
        self.record_errors = record_errors


def only_batch(records: bytes | memoryview | None, produce_version: int = ApiKey.PRODUCE.latest) -> RecordBatch:
    """The one batch that a producer may send for a partition. Java: ProduceRequest.validateRecords.

    Raises:
        InvalidRecordError: it is not exactly one batch, or of an older format.
        CorruptMessageError: its length or its magic cannot be true.
        UnsupportedCompressionTypeError: its codec is younger than this version of the request (KIP-110).
    """
    if records is None or len(records) < RECORD_BATCH_OVERHEAD:
        raise InvalidRecordError("a Produce request must have one record batch per partition, and this is none")
    batch = RecordBatch(records)
    if batch.size_in_bytes < RECORD_BATCH_OVERHEAD or not 0 <= batch.magic <= MAGIC:
        raise CorruptMessageError(f"a record batch cannot have {batch.size_in_bytes} bytes and magic {batch.magic}")
    if batch.magic != MAGIC:
        raise InvalidRecordError(f"a Produce request takes record batches of magic 2 only, and this has {batch.magic}")
    if batch.size_in_bytes != len(records):
        raise InvalidRecordError(
            "a Produce request must have exactly one record batch per partition; "
            f"this one says it has {batch.size_in_bytes} bytes, and {len(records)} were sent"
        )
    if batch.compression_codec == CompressionType.ZSTD and produce_version < FIRST_VERSION_WITH_ZSTD:
        raise UnsupportedCompressionTypeError(f"version {produce_version} of Produce knows nothing of zstd")
    return batch


def validate(batch: RecordBatch, config: BrokerConfig, now_ms: int) -> None:
    """Refuse a batch that is not in order.

    Args:
        batch: what a producer sent.
        config: what the broker accepts.
        now_ms: the broker's time, in milliseconds since 1970.

    Raises:
        RecordTooLargeError, CorruptMessageError, InvalidRecordError, InvalidTimestampError,
        UnsupportedCompressionTypeError: the batch is not in order.
        RecordValidationError: some of its records are not.
    """
    _check_size(batch, config.message_max_bytes)
    _check_checksum(batch)
    _check_header(batch)
    _check_records(batch, latest_ms=now_ms + config.log_message_timestamp_after_max_ms)


def _check_size(batch: RecordBatch, max_bytes: int) -> None:
    if batch.size_in_bytes > max_bytes:
        raise RecordTooLargeError(
            f"the record batch has {batch.size_in_bytes} bytes, and message.max.bytes allows {max_bytes}"
        )


def _check_checksum(batch: RecordBatch) -> None:
    computed = crc32c(batch.buffer[CRC_END:])
    if batch.crc != computed:
        raise CorruptMessageError(
            f"the record batch's checksum is {batch.crc:#010x}, but its content gives {computed:#010x}"
        )


def _check_header(batch: RecordBatch) -> None:
    if batch.record_count <= 0 or batch.last_offset_delta != batch.record_count - 1:
        raise InvalidRecordError(
            f"the batch says it has {batch.record_count} records, of which the last is number {batch.last_offset_delta}"
        )
    if batch.is_control:
        raise InvalidRecordError("clients may not write control records")
    if batch.is_transactional and not batch.has_producer_id:
        raise InvalidRecordError("the batch is part of a transaction and has no producer id")
    if batch.has_producer_id and batch.base_sequence <= NO_SEQUENCE:
        raise InvalidRecordError(f"the batch has producer id {batch.producer_id}, but no sequence number")
    if batch.has_log_append_time:
        raise InvalidTimestampError("only the broker may say that timestamps are its own")


def _check_records(batch: RecordBatch, latest_ms: int) -> None:
    """All that can be wrong with a record is looked for while it passes: no more than one of them is in memory."""
    highest_ms, wrong = LONG_AGO_MS, list[tuple[int, int]]()
    for number, record in enumerate(partial_records(batch)):
        if record.offset_delta != number:
            raise InvalidRecordError(f"record {number} of the batch has the offset delta {record.offset_delta}")
        highest_ms = max(highest_ms, record.timestamp_ms)
        if not 0 <= record.timestamp_ms <= latest_ms and record.timestamp_ms != NO_TIMESTAMP:
            wrong.append((number, record.timestamp_ms))
    if batch.max_timestamp != highest_ms:
        raise InvalidRecordError(
            f"the batch says that its highest timestamp is {batch.max_timestamp}, and it is {highest_ms}"
        )
    if wrong:
        raise RecordValidationError(
            InvalidTimestampError(f"{len(wrong)} records have impossible timestamps"),
            {
                number: f"the timestamp {timestamp_ms} is out of range: it must be from 0 to {latest_ms}"
                for number, timestamp_ms in wrong[:RECORDS_TOLD]
            },
        )
