"""What is decoded: messages, batches, compressed streams, frames, recordings."""

import struct
from collections.abc import Iterator

from kafka_nio.broker.partial_record import partial_records
from kafka_nio.errors import (
    CorruptRecordBatchError,
    InvalidReceiveError,
    InvalidRecordError,
    ProtocolError,
    UnsupportedCompressionTypeError,
    UnsupportedVersionError,
)
from kafka_nio.network import NetworkReceive
from kafka_nio.protocol.anatomy import Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import BY_KEY, RequestHeader
from kafka_nio.protocol.codec import decode_request, decode_response, encode_request, encode_response
from kafka_nio.protocol.compression import Compression, CompressionType, decompress
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.messages import ApiVersionsRequest
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD, RecordBatch, split_batches
from kafka_nio.protocol.record_batch_header import CRC_END
from kafka_nio.tracing.frames import Conversation
from kafka_nio.tracing.recording import Recording, RecordingError
from tests.fuzz import seeds
from tests.fuzz.target import joined, parts_of, target
from tests.network.transports import ScriptedTransport
from tests.support.cost import KIB, MIB

UNPACKED = 64 * KIB
"""What a compressed stream may unpack to here."""


@target(ProtocolError, UnsupportedVersionError, UnsupportedCompressionTypeError, seeds=seeds.requests)
def requests(data: bytes) -> None:
    """A request, as a broker reads it; what was understood is written, and has to be read alike."""
    header, request = decode_request(memoryview(data))
    _check_cover(request_anatomy(memoryview(data)), len(data))
    written = b"".join(encode_request(header, request))
    again = decode_request(memoryview(written))
    assert again == (header, request), f"{request} was written and read as {again[1]}"


@target(ProtocolError, UnsupportedVersionError, seeds=seeds.responses)
def responses(data: bytes) -> None:
    """A response, as the client reads it. The first two bytes say to what."""
    api = BY_KEY.get(data[0]) if len(data) > 2 else None
    if api is None:
        return
    header, payload = RequestHeader(api, data[1], 1, None), memoryview(data)[2:]
    response = decode_response(header, payload)
    if api.title != "ApiVersions":  # which is read as far as it makes sense
        _check_cover(response_anatomy(header, payload), len(payload))
    written = b"".join(encode_response(header, response))
    again = decode_response(header, memoryview(written))
    assert again == response, f"{response} was written and read as {again}"


def _check_cover(pieces: list[Piece], size: int) -> None:
    at = 0
    for piece in pieces:
        assert piece.offset == at, f"the pieces have a gap, or lie on each other, at {at}: {piece}"
        at += piece.length
    assert at == size, f"{at} of {size} bytes belong to a piece"


def _recorded_seeds() -> Iterator[bytes]:
    for request, response in zip(seeds.requests(), seeds.responses(), strict=True):
        yield joined(b"\1" + _framed(request), b"\0" + _framed(response[2:]))
    asked = seeds.payload_of(ApiVersionsRequest(), 3)
    field_and_two_bytes_more = b"\1\0\3" + b"\1zz"
    answer = struct.pack(">ihbi", 1, 0, 1, 0) + field_and_two_bytes_more
    yield joined(b"\1" + _framed(asked), b"\0" + _framed(answer))
    yield joined(b"\1" + _framed(asked), b"\0" + _framed(answer[:5]))


def _framed(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


@target(seeds=_recorded_seeds)
def recorded_messages(data: bytes) -> None:
    """Messages of a connection, as a recording takes them apart: it may not fail, whatever was sent."""
    conversation = Conversation(is_brokers=False)
    for part in parts_of(data):
        if len(part) >= 5:
            title, kept, fields = conversation.take_apart(
                part[1:], is_out=bool(part[0] & 1), is_login=bool(part[0] & 2)
            )
            assert title
            assert len(kept) == len(part) - 1
            assert sum(field.length for field in fields) == len(kept), f"the fields of {title} do not cover it"


@target(CorruptRecordBatchError, UnsupportedCompressionTypeError, seeds=seeds.batches, memory_bytes=16 * MIB)
def record_batches(data: bytes) -> None:
    """Record batches and their records. If the first byte is odd, their sizes and checksums are put right first."""
    payload = bytearray(data[1:])
    if data[:1] and data[0] & 1 and len(payload) >= RECORD_BATCH_OVERHEAD:
        _put_right(payload)
    for batch in split_batches(payload):
        batch.ensure_valid()
        _compare_readers(batch)


def _put_right(payload: bytearray) -> None:
    struct.pack_into(">i", payload, 8, len(payload) - 12)
    payload[16] = 2
    struct.pack_into(">I", payload, 17, crc32c(memoryview(payload)[CRC_END:]))


def _compare_readers(batch: RecordBatch) -> None:
    """The broker steps over what others read, and has to see the same."""
    try:
        stepped = [record.offset_delta for record in partial_records(batch)]
    except InvalidRecordError as error:
        raise AssertionError(f"a sound batch is refused by the broker: {error}") from None
    assert stepped == list(range(batch.record_count))


@target(InvalidRecordError, UnsupportedCompressionTypeError, seeds=seeds.batches, memory_bytes=16 * MIB)
def stepped_records(data: bytes) -> None:
    """A batch whose records the broker steps over; those that it accepts can be read."""
    payload = bytearray(data[1:])
    if len(payload) < RECORD_BATCH_OVERHEAD:
        return
    _put_right(payload)
    batch = RecordBatch(payload)
    accepted = list(partial_records(batch))
    assert len(list(batch.records())) == len(accepted)


@target(CorruptRecordBatchError, seeds=seeds.compressed, memory_bytes=6 * UNPACKED + 256 * KIB)
def compression(data: bytes) -> None:
    """A compressed stream; the first byte is the codec."""
    codec = CompressionType(data[0] % len(CompressionType)) if data else CompressionType.NONE
    unpacked = decompress(codec, memoryview(data)[1:], limit=UNPACKED)
    if codec is CompressionType.NONE:
        return
    assert len(unpacked) <= UNPACKED
    assert decompress(codec, Compression(codec).compress(unpacked)) == unpacked


FRAME_LIMIT = 1000


def _framing_seeds() -> Iterator[bytes]:
    frame = struct.pack(">i", 5) + b"hello"
    yield b"\1" + frame
    yield b"\3" + frame * 3
    yield b"\7" + struct.pack(">i", 0) * 3 + struct.pack(">i", FRAME_LIMIT + 1)
    yield b"\0" + struct.pack(">i", -1)


@target(seeds=_framing_seeds)
def framing(data: bytes) -> None:
    """Frames in a stream that is cut anywhere: the same frames come out as a reader finds who has all of it."""
    if not data:
        return
    step, stream = data[0] + 1, data[1:]
    pieces: list[bytes | Exception] = [stream[at : at + step] for at in range(0, len(stream), step)]
    transport = ScriptedTransport([*pieces, EOFError()])
    received, refused = [], False
    try:
        while True:
            receive = NetworkReceive("0", max_size=FRAME_LIMIT)
            while not receive.is_complete:
                receive.read_from(transport)
            received.append(bytes(receive.payload))
    except InvalidReceiveError:
        refused = True
    except EOFError:
        pass
    assert (received, refused) == _frames_of(stream)


def _frames_of(stream: bytes) -> tuple[list[bytes], bool]:
    """All frames, and whether the stream goes on with a size that cannot be."""
    frames: list[bytes] = []
    at = 0
    while at + 4 <= len(stream):
        size = int.from_bytes(stream[at : at + 4], "big", signed=True)
        if not 0 <= size <= FRAME_LIMIT:
            return frames, True
        if at + 4 + size > len(stream):
            break
        frames.append(stream[at + 4 : at + 4 + size])
        at += 4 + size
    return frames, False


@target(RecordingError, seeds=seeds.recordings, memory_bytes=8 * MIB)
def recordings(data: bytes) -> None:
    """The text of a recording's file; what is understood can be walked through."""
    recording = Recording.parse(data.decode(errors="replace"))
    for step in recording.steps:
        recording.state_at(step.seq)
        recording.changes_of(step.seq)
