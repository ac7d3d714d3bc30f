"""Takes the messages of one connection apart: which message it is, which field each byte is, which function wrote it.

`protocol.anatomy` knows the fields. This adds the size in front, names the functions, and remembers which requests were
sent, because a response does not say what it answers.

The tokens of a login may be passwords, so they do not get in here: SaslAuthenticate keeps its shape, and its token
becomes zeros. Of what a login sends that is no request (brokers before Kafka 1.0 want bare tokens), all becomes zeros.

Java: no counterpart.
"""

import struct
from collections.abc import Callable, Mapping
from types import FunctionType

from kafka_nio.errors import KafkaError, ProtocolError
from kafka_nio.network.transfer import NetworkReceive, NetworkSend
from kafka_nio.protocol import codec, compression, record
from kafka_nio.protocol.anatomy import Kind, Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.record_batch import RecordBatch
from kafka_nio.protocol.record_batch_builder import RecordBatchBuilder
from kafka_nio.protocol.schema import Plan
from kafka_nio.tracing.describe import Shown, describe
from kafka_nio.tracing.step import Field

SIZE = struct.Struct(">i")
TOKEN = "auth_bytes"
HIDDEN = "hidden"
MOST_RECORDS = 16
"""How many records of one batch are taken apart. The others are one field, or they would fill the recording."""


def name_of(function: Callable[..., object]) -> str:
    """A function as a step names it: `kafka_nio.protocol.codec.encode_request`."""
    assert isinstance(function, FunctionType)
    return f"{function.__module__}.{function.__qualname__}"


# Who writes what goes out, and who reads what comes in...

Functions = Mapping[Kind, str]

_WRITES_BATCHES = {
    Kind.BATCH: name_of(RecordBatchBuilder._header),
    Kind.CHECKSUM: name_of(RecordBatchBuilder._with_header),
    Kind.RECORD: name_of(record.encode_records),
    Kind.RECORD_HEADERS: name_of(record.encode_headers),
    Kind.BLOCK: name_of(compression.Compression.compress),
}
_WRITES = {Kind.FIELD: name_of(Plan.write), Kind.TAGGED: name_of(Plan._write_tagged), **_WRITES_BATCHES}
_READS = {
    Kind.FIELD: name_of(Plan.read),
    Kind.TAGGED: name_of(Plan._read_tagged),
    Kind.BATCH: name_of(RecordBatch.__init__),
    Kind.CHECKSUM: name_of(RecordBatch.ensure_valid),
    Kind.RECORD: name_of(record.read_record),
    Kind.RECORD_HEADERS: name_of(record._headers_at),
    Kind.BLOCK: name_of(compression.unpack),
}
FUNCTIONS: Mapping[tuple[bool, bool], Functions] = {
    # (goes out, is a request)
    (True, True): {**_WRITES, Kind.HEADER: name_of(codec.encode_request)},
    (True, False): {**_WRITES, Kind.HEADER: name_of(codec.encode_response)},
    (False, True): {**_READS, Kind.HEADER: name_of(codec.decode_request_header)},
    (False, False): {**_READS, Kind.HEADER: name_of(codec.read_correlation_id)},
}
SIZE_FUNCTION = {True: name_of(NetworkSend.__init__), False: name_of(NetworkReceive.read_from)}
"""By whether it goes out."""


Taken = tuple[str, bytes, tuple[Field, ...]]
"""What a message is, its bytes without secrets, and the fields of all its bytes."""


class Conversation:
    """The messages of one end of a connection, in order.

    Args:
        is_brokers: whether this is the end where requests come in.
    """

    def __init__(self, *, is_brokers: bool) -> None:
        self._is_brokers = is_brokers
        self._unanswered: dict[int, RequestHeader] = {}
        self._has_login = False
        self._tokens_are_bare = False

    def take_apart(self, data: bytes, *, is_out: bool, is_login: bool) -> Taken:
        """Take the next message apart.

        Args:
            data: the message with its size in front.
            is_out: whether it leaves this end.
            is_login: whether it was sent or received by a login, so that it may be a bare token.
        """
        is_request = is_out is not self._is_brokers
        if self._tokens_are_bare and (is_login or self._is_brokers):
            return _not_understood(data, is_out, is_secret=True)
        payload = memoryview(data)[SIZE.size :]
        try:
            header, pieces = self._request(payload) if is_request else self._response(payload)
        except KafkaError:
            return _not_understood(data, is_out, is_secret=is_login or self._has_login)
        what = "request" if is_request else "response"
        title = f"{header.api_key.title} v{header.api_version} {what} #{header.correlation_id}"
        functions = FUNCTIONS[is_out, is_request]
        fields = [_size(data, is_out), *(_field(piece, functions[piece.kind], header) for piece in pieces)]
        return title, _without_secrets(data, header, pieces), tuple(fields)

    def _request(self, payload: memoryview) -> tuple[RequestHeader, list[Piece]]:
        pieces = request_anatomy(payload, MOST_RECORDS)
        end = pieces[-1].offset + pieces[-1].length
        if end < len(payload):
            raise ProtocolError(f"a request of {end} bytes with {len(payload) - end} behind it")
        header, _ = codec.decode_request_header(payload)
        if header.api_key is ApiKey.SASL_HANDSHAKE:
            self._has_login = True
            self._tokens_are_bare = header.api_version == 0
        self._unanswered[header.correlation_id] = header
        if len(self._unanswered) > MOST_UNANSWERED:
            del self._unanswered[next(iter(self._unanswered))]
        return header, pieces

    def _response(self, payload: memoryview) -> tuple[RequestHeader, list[Piece]]:
        correlation_id = codec.read_correlation_id(payload)
        header = self._unanswered.pop(correlation_id, None)
        if header is None:
            raise ProtocolError(f"an answer with correlation id {correlation_id}, for which nobody asked")
        return header, response_anatomy(header, payload, MOST_RECORDS)


MOST_UNANSWERED = 1000
"""How many requests are remembered: with acks=0 no answer ever comes."""


def _not_understood(data: bytes, is_out: bool, *, is_secret: bool) -> Taken:
    """A message of which only the size is known: a token, or something that is not Kafka."""
    size, length = _size(data, is_out), len(data) - SIZE.size
    if not length:
        return "a message", data, (size,)
    if is_secret:
        hidden = Field(SIZE.size, length, TOKEN, HIDDEN, size.writer)
        return "a token of a login", data[: SIZE.size] + bytes(length), (size, hidden)
    return "a message", data, (size, Field(SIZE.size, length, "payload", f"{length} bytes", size.writer))


def _size(data: bytes, is_out: bool) -> Field:
    return Field(0, SIZE.size, "size", SIZE.unpack_from(data)[0], SIZE_FUNCTION[is_out])


def _is_secret(piece: Piece, header: RequestHeader) -> bool:
    return header.api_key is ApiKey.SASL_AUTHENTICATE and piece.path == TOKEN


def _field(piece: Piece, function: str, header: RequestHeader) -> Field:
    value: Shown | None = None if piece.value is None else describe(piece.value)
    if _is_secret(piece, header):
        value = HIDDEN
    return Field(SIZE.size + piece.offset, piece.length, piece.path, value, function)


def _without_secrets(data: bytes, header: RequestHeader, pieces: list[Piece]) -> bytes:
    """The same, every byte of a token a zero."""
    shown = bytearray(data)
    for piece in pieces:
        if _is_secret(piece, header):
            start = SIZE.size + piece.offset
            shown[start : start + piece.length] = bytes(piece.length)
    return bytes(shown)
