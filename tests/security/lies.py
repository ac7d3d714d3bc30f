"""Batches that are sound but for their records, and calls that have to fail."""

import struct
from collections.abc import Callable

import pytest

from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD
from kafka_nio.protocol.record_batch_header import CRC_END
from kafka_nio.protocol.types import varint
from tests.fuzz import seeds


def refuses(error: type[Exception], call: Callable[[], object]) -> Callable[[], None]:
    """A call that has to fail."""

    def refused() -> None:
        with pytest.raises(error):
            call()

    return refused


def a_batch(records: bytes, count: int = 1) -> bytes:
    """A batch with these bytes as its records, sound but for them."""
    header = bytearray(seeds.a_batch()[:RECORD_BATCH_OVERHEAD])
    struct.pack_into(">i", header, 23, count - 1)
    struct.pack_into(">i", header, 57, count)
    struct.pack_into(">i", header, 8, len(header) + len(records) - 12)
    struct.pack_into(">I", header, 17, crc32c(memoryview(header)[CRC_END:], records))
    return bytes(header) + records


def a_record(*, size: int | None = None, key: bytes = varint(-1), value: bytes = varint(-1), headers: int = 0) -> bytes:
    body = b"\0" + varint(0) + varint(0) + key + value + varint(headers)
    return varint(len(body) if size is None else size) + body
