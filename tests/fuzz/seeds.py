"""Good messages to begin with, made by the code itself. They are the same in every run."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from kafka_nio.protocol import types
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import body_plan, encode_request, encode_response
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.messages import MESSAGES
from kafka_nio.protocol.record_batch import RecordBatchBuilder
from kafka_nio.protocol.schema import Plan

TRACES = Path(__file__).parents[2] / "traces"

TEXT = b"one coffee for table 4, " * 20

SPOKEN = [(api, version) for api in ApiKey for version in range(api.oldest, api.latest + 1)]


def a_batch(codec: CompressionType = CompressionType.NONE) -> bytes:
    """Three records: with a key, with headers, with nothing."""
    builder = RecordBatchBuilder(size_limit=10_000, compression=Compression(codec))
    builder.try_append(1_700_000_000_000, b"key", b"value", ())
    builder.try_append(1_700_000_000_001, None, TEXT[:30], (("h", b"1"), ("n", None)))
    builder.try_append(1_700_000_000_001, None, None, ())
    return bytes(builder.close())


def sample(wire_type: Any) -> Any:
    """A value of this type in which everything is there once."""
    if isinstance(wire_type, Plan):
        fields = (*wire_type.fields, *wire_type.tagged.values())
        return wire_type.cls(**{field.name: sample(field.type) for field in fields})
    if isinstance(wire_type, types.Array):
        return [sample(wire_type.item)]
    if isinstance(wire_type, types.String):
        return "t"
    if isinstance(wire_type, types.Bytes):
        return a_batch() if wire_type.name.endswith(types.RECORDS) else b"x"
    if isinstance(wire_type, types.Uuid):
        return UUID(int=1)
    return True if wire_type is types.BOOLEAN else 1


def payload_of(request: Message, version: int, correlation_id: int = 1) -> bytes:
    """The bytes of a request."""
    header = RequestHeader(request.api_key, version, correlation_id, "fuzz")
    return b"".join(map(bytes, encode_request(header, request)))


def requests() -> Iterator[bytes]:
    """A request of every kind and version."""
    for api, version in SPOKEN:
        yield payload_of(sample(body_plan(MESSAGES[api][0], version)), version)


def responses() -> Iterator[bytes]:
    """A response of every kind and version, behind two bytes that say which."""
    for api, version in SPOKEN:
        header = RequestHeader(api, version, 1, None)
        response = sample(body_plan(MESSAGES[api][1], version))
        yield bytes((api, version)) + b"".join(map(bytes, encode_response(header, response)))


def batches() -> Iterator[bytes]:
    """A batch of each codec, behind a byte that says whether its checksum is to be put right."""
    for codec in CompressionType:
        yield b"\1" + a_batch(codec)
    yield b"\0" + a_batch() + a_batch()


def compressed() -> Iterator[bytes]:
    """A stream of each codec, behind the codec's number; snappy also without its framing."""
    for codec in CompressionType:
        yield bytes((codec,)) + Compression(codec).compress(TEXT)
        yield bytes((codec,)) + Compression(codec).compress(b"") * 2
    xerial_header_and_size = 20
    yield bytes((CompressionType.SNAPPY,)) + Compression(CompressionType.SNAPPY).compress(TEXT)[xerial_header_and_size:]


def recordings() -> Iterator[bytes]:
    """The beginning of a kept recording, and what is none: brackets without end, an endless time, a line twice."""
    with (TRACES / "one-record.otlp.jsonl").open("rb") as lines:
        line = lines.readline()
    yield line
    yield b"[" * 5000
    yield re.sub(rb'"startTimeUnixNano":"\d+"', b'"startTimeUnixNano":1e400', line, count=1)
    yield line + line
