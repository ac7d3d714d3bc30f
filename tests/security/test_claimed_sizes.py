"""A size on the wire is a claim. A claim that is a lie costs next to nothing, wherever it stands."""

import json
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from random import Random

import cramjam
import lz4.frame
import pytest
import zstandard

from kafka_nio.broker import partial_record
from kafka_nio.broker.client_metrics import UNPACKED_MAX_BYTES, ClientMetricsManager
from kafka_nio.broker.partial_record import PartialRecord, partial_records
from kafka_nio.broker.sasl.sasl_server import PlainServer
from kafka_nio.broker.sasl.sasl_server_authenticator import LARGEST_TOKEN, SaslServerAuthenticator
from kafka_nio.client.sasl.token_endpoint import LARGEST_ANSWER
from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.errors import (
    CorruptRecordBatchError,
    InvalidRecordError,
    KafkaError,
    ProtocolError,
    SaslAuthenticationError,
)
from kafka_nio.network import NetworkReceive
from kafka_nio.network.transfer import FIRST_CHUNK, MAX_RECEIVE_SIZE
from kafka_nio.protocol import compression
from kafka_nio.protocol.anatomy import Kind, Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import decode_request, decode_response
from kafka_nio.protocol.compression import CompressionType, decompress
from kafka_nio.protocol.crc32c import crc32c
from kafka_nio.protocol.messages import PushTelemetryRequest
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD, RecordBatch, split_batches
from kafka_nio.protocol.record_batch_header import CRC_END
from kafka_nio.protocol.types import ZERO_UUID, read_unsigned_varint, unsigned_varint, varint
from tests.client.sasl.tokens import oauth
from tests.fuzz import seeds
from tests.network.transports import ScriptedTransport
from tests.support.cost import KIB, MIB, lines_of, memory_of
from tests.support.identity_provider import identity_provider
from tests.support.peers import peer

HUGE = 2**31 - 1
LITTLE = 64 * KIB


def refuses(error: type[Exception], call: Callable[[], object]) -> Callable[[], None]:
    """A call that has to fail."""

    def refused() -> None:
        with pytest.raises(error):
            call()

    return refused


# Messages...


def with_huge_sizes(payload: bytes, pieces: list[Piece]) -> Iterator[tuple[str, bytes]]:
    """The message once for each array and each section of tagged fields in it, whose size then is a lie."""
    for piece in pieces:
        if piece.path.endswith(".size") and piece.kind in (Kind.FIELD, Kind.TAGGED):
            lie = struct.pack(">i", HUGE) if piece.length == 4 else unsigned_varint(HUGE)
            yield piece.path, payload[: piece.offset] + lie + payload[piece.offset + piece.length :]


def test_an_array_that_claims_two_thousand_million_elements_costs_nothing_in_any_request() -> None:
    tried = 0
    for payload in seeds.requests():
        for path, lie in with_huge_sizes(payload, request_anatomy(memoryview(payload))):
            assert memory_of(refuses(ProtocolError, lambda lie=lie: decode_request(memoryview(lie)))) < LITTLE, path
            tried += 1
    assert tried > 150


def test_an_array_that_claims_two_thousand_million_elements_costs_nothing_in_any_response() -> None:
    tried = 0
    for data in seeds.responses():
        header, payload = RequestHeader(ApiKey(data[0]), data[1], 1), data[2:]
        for path, lie in with_huge_sizes(payload, response_anatomy(header, memoryview(payload))):
            call = refuses(ProtocolError, lambda header=header, lie=lie: decode_response(header, memoryview(lie)))
            assert memory_of(call) < LITTLE, path
            tried += 1
    assert tried > 200


def api_versions_with(tagged: bytes) -> bytes:
    """A response to ApiVersions version 3 with these tagged fields."""
    return struct.pack(">ih", 1, 0) + unsigned_varint(1) + struct.pack(">i", 0) + tagged


def test_a_tagged_field_that_comes_a_thousand_times_is_held_once() -> None:
    header = RequestHeader(ApiKey.API_VERSIONS, 3, 1)
    feature = unsigned_varint(2) + unsigned_varint(2) + b"f" + struct.pack(">hh", 0, 1) + b"\0"
    field = unsigned_varint(0) + unsigned_varint(len(feature)) + feature
    many = memoryview(api_versions_with(unsigned_varint(1000) + field * 1000))
    assert memory_of(lambda: decode_response(header, many)) < LITTLE


def test_a_tagged_field_within_a_tagged_field_cannot_be_larger_than_that() -> None:
    header = RequestHeader(ApiKey.API_VERSIONS, 3, 1)
    inner = unsigned_varint(1) + unsigned_varint(9) + unsigned_varint(HUGE)  # one tagged field, number 9, and its size
    feature = unsigned_varint(2) + unsigned_varint(2) + b"f" + struct.pack(">hh", 0, 1) + inner
    lie = api_versions_with(unsigned_varint(1) + b"\0" + unsigned_varint(len(feature)) + feature + bytes(1000))
    refused = refuses(ProtocolError, lambda: decode_response(header, memoryview(lie)))
    assert memory_of(refused) < LITTLE


def test_a_varint_without_end_is_given_up_after_five_bytes() -> None:
    endless = memoryview(b"\x80" * MIB)
    assert lines_of(refuses(WireError, lambda: read_unsigned_varint(Reader(endless)))) < 300


# Frames...


@pytest.mark.parametrize("size", [HUGE, -1, MAX_RECEIVE_SIZE + 1])
def test_a_frame_that_claims_too_much_is_refused_for_nothing(size: int) -> None:
    receive = NetworkReceive("0")
    transport = ScriptedTransport([struct.pack(">i", size)])
    assert memory_of(refuses(KafkaError, lambda: receive.read_from(transport))) < LITTLE


def test_a_hundred_frames_that_claim_the_most_and_never_come_cost_little() -> None:
    """Each of a hundred connections announces 100 MiB and sends ten bytes."""
    receives = [NetworkReceive(str(number)) for number in range(100)]

    def begin() -> None:
        for receive in receives:
            receive.read_from(ScriptedTransport([struct.pack(">i", MAX_RECEIVE_SIZE), b"0123456789"]))

    assert memory_of(begin) < 100 * KIB + 3 * FIRST_CHUNK


# Batches...


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


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param(a_batch(a_record(), count=HUGE), id="records"),
        pytest.param(a_batch(a_record(size=HUGE)), id="the size of a record"),
        pytest.param(a_batch(a_record(key=varint(HUGE))), id="the size of a key"),
        pytest.param(a_batch(a_record(value=varint(HUGE))), id="the size of a value"),
        pytest.param(a_batch(a_record(headers=HUGE)), id="headers"),
    ],
)
def test_a_batch_that_claims_two_thousand_million_of_anything_costs_nothing(lie: bytes) -> None:
    refused = refuses(CorruptRecordBatchError, lambda: RecordBatch(lie).ensure_valid())
    assert memory_of(refused) < LITTLE
    assert lines_of(refused) < 2000


def test_a_batch_that_claims_to_be_larger_than_what_came_is_refused() -> None:
    lie = bytearray(a_batch(a_record()))
    struct.pack_into(">i", lie, 8, HUGE)
    assert memory_of(refuses(CorruptRecordBatchError, lambda: split_batches(lie))) < LITTLE


# Compressed streams...

BOMB_BYTES = 64 * MIB
LIMIT = MIB


def zstd_bomb(fuse: bytes = b"") -> bytes:
    packer = zstandard.ZstdCompressor().compressobj()
    start = packer.compress(fuse)
    return start + b"".join(packer.compress(bytes(MIB)) for _ in range(BOMB_BYTES // MIB)) + packer.flush()


def gzip_bomb(fuse: bytes = b"") -> bytes:
    packer = zlib.compressobj(wbits=compression.GZIP_WINDOW)
    start = packer.compress(fuse)
    return start + b"".join(packer.compress(bytes(MIB)) for _ in range(BOMB_BYTES // MIB)) + packer.flush()


BOMBS: dict[CompressionType, Callable[..., bytes]] = {
    CompressionType.GZIP: gzip_bomb,
    CompressionType.SNAPPY: lambda fuse=b"": compression._compress_snappy(fuse + bytes(BOMB_BYTES), 0),
    CompressionType.LZ4: lambda fuse=b"": lz4.frame.compress(fuse + bytes(BOMB_BYTES), block_linked=False),
    CompressionType.ZSTD: zstd_bomb,
}
"""64 MiB of zeros, behind other bytes if need be."""


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_bomb_costs_no_more_than_what_is_allowed(codec: CompressionType) -> None:
    """64 MiB of zeros, where 1 MiB is allowed."""
    bomb = BOMBS[codec]()
    assert len(bomb) < BOMB_BYTES // 20
    assert memory_of(refuses(CorruptRecordBatchError, lambda: decompress(codec, bomb, LIMIT))) < 3 * LIMIT


def compressed_batch(codec: CompressionType, records: bytes, count: int = 1) -> RecordBatch:
    data = bytearray(a_batch(records, count))
    struct.pack_into(">h", data, 21, codec)
    return RecordBatch(data)


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_value_that_unpacks_to_64_mebibytes_is_stepped_over_in_a_few(codec: CompressionType) -> None:
    """It is a sound record, so the broker takes it."""
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(BOMB_BYTES - 1)
    batch = compressed_batch(codec, BOMBS[codec](varint(len(body) + BOMB_BYTES) + body))
    accepted: list[PartialRecord] = []
    assert memory_of(lambda: accepted.extend(partial_records(batch))) < 5 * MIB
    assert [record.offset_delta for record in accepted] == [0]


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_zeros_that_say_they_are_millions_of_headers_are_refused_before_the_first(codec: CompressionType) -> None:
    headers = BOMB_BYTES // 2
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(-1) + varint(headers)
    batch = compressed_batch(codec, BOMBS[codec](varint(len(body) + BOMB_BYTES) + body))
    with pytest.raises(InvalidRecordError, match=r"more than \d+ records and headers"):
        list(partial_records(batch))
    assert lines_of(refuses(InvalidRecordError, lambda: list(partial_records(batch)))) < 2000


def test_records_and_headers_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_record, "PARTS_ALLOWED", 1000)
    two_headers = (varint(0) + varint(-1)) * 2
    body = b"\0" + varint(0) + varint(0) + varint(-1) + varint(-1) + varint(2) + two_headers
    record = varint(len(body)) + body
    most, too_many = (
        compressed_batch(CompressionType.ZSTD, zstandard.compress(record * count), count) for count in (333, 334)
    )
    assert len(list(partial_records(most))) == 333
    with pytest.raises(InvalidRecordError, match="more than 1000 records and headers"):
        list(partial_records(too_many))


def test_what_is_not_compressed_may_have_as_many_parts_as_it_has_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_record, "PARTS_ALLOWED", 10)
    assert len(list(partial_records(RecordBatch(a_batch(a_record() * 100, count=100))))) == 100


@pytest.mark.parametrize("codec", BOMBS, ids=lambda codec: codec.title)
def test_a_small_stream_takes_little_memory(codec: CompressionType) -> None:
    """The library of lz4 takes all that it is allowed, at once: it was allowed 128 MiB for each batch."""
    small = compression.Compression(codec).compress(b"one coffee")
    assert memory_of(lambda: decompress(codec, small)) < 2 * compression.PIECE_BYTES


def test_a_block_of_snappy_that_claims_more_than_it_can_hold_is_not_even_tried() -> None:
    """The library would take the memory first, where nobody here can see it."""
    lie = unsigned_varint(100 * MIB) + b"\xfe\1\0" * 10
    assert cramjam.snappy.decompress_raw_len(lie) == 100 * MIB
    with pytest.raises(CorruptRecordBatchError, match=f"a block of {len(lie)} bytes says it unpacks to 104857600"):
        decompress(CompressionType.SNAPPY, lie)


def test_the_tightest_block_of_snappy_is_believed() -> None:
    data = bytes(MIB)
    packed = bytes(cramjam.snappy.compress_raw(data))
    assert len(data) / len(packed) > 21
    assert decompress(CompressionType.SNAPPY, packed) == data


def test_many_members_are_not_copied_as_often_as_there_are_members(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands behind a member is handed back as a copy. 10,000 members were once copied 10,000 times."""
    copied = 0

    class Counting:
        def __init__(self) -> None:
            self._real = zlib.decompressobj(wbits=compression.GZIP_WINDOW)

        def __getattr__(self, name: str) -> object:
            nonlocal copied
            value = getattr(self._real, name)
            copied += len(value) if name == "unused_data" else 0
            return value

    members = 10_000
    stream = compression.Compression(CompressionType.GZIP).compress(b"x") * members
    pieces = compression._members(memoryview(stream), Counting, compression._unpack_gzip)
    assert sum(map(len, pieces)) == members
    assert copied <= members * 8 * KIB


def test_what_a_batch_claims_of_its_records_cannot_be_had_by_compressing_them() -> None:
    """A batch of a few hundred bytes that unpacks to 64 MiB is stopped by the limit that its reader names."""
    batch = compressed_batch(CompressionType.GZIP, gzip_bomb())
    assert memory_of(refuses(CorruptRecordBatchError, lambda: batch.decompressed(LIMIT))) < 3 * LIMIT


def test_pushed_metrics_may_not_unpack_to_more_than_is_worth_keeping() -> None:
    manager = ClientMetricsManager()
    manager.subscribe("*", push_interval_ms=1000)
    wanted = manager.process_get_telemetry_subscription_request(ZERO_UUID)
    push = PushTelemetryRequest(
        client_instance_id=wanted.client_instance_id,
        subscription_id=wanted.subscription_id,
        compression_type=CompressionType.ZSTD,
        metrics=zstd_bomb(),
    )
    with pytest.raises(InvalidRecordError, match=f"more than {UNPACKED_MAX_BYTES} bytes"):
        manager.process_push_telemetry_request(push)
    assert manager.pushed == ()


# Logins...


def test_a_token_that_is_too_large_is_refused_unread() -> None:
    heard: list[bytes] = []

    class Listening(PlainServer):
        def evaluate_response(self, token: bytes) -> bytes:
            heard.append(token)
            return super().evaluate_response(token)

    for size, is_heard in ((LARGEST_TOKEN, True), (LARGEST_TOKEN + 1, False)):
        heard.clear()
        login = SaslServerAuthenticator({"PLAIN": lambda: Listening({"alice": "open sesame"})}, NEVER, MockClock())
        login.choose_mechanism("PLAIN")
        with pytest.raises(SaslAuthenticationError):
            login.evaluate(bytes(size))
        assert bool(heard) is is_heard


CREDENTIALS = {"client_credentials_client_id": "kitchen", "client_credentials_client_secret": "open sesame"}


def log_in(url: str) -> None:
    clock = MockClock()
    TokenLogin(oauth(token_endpoint_url=url, **CREDENTIALS), clock, Random(1)).login()


def test_an_identity_provider_that_answers_without_end_is_not_listened_to() -> None:
    with identity_provider() as provider:
        provider.answers = [(200, json.dumps({"access_token": "x" * 8 * MIB}).encode())]
        with pytest.raises(SaslAuthenticationError, match="there is no access_token in its answer"):
            log_in(provider.url)


@pytest.mark.parametrize(
    "kind", [b"Content-Length: 2147483647\r\n\r\n{}", b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n{}"]
)
def test_an_identity_provider_that_claims_two_gigabytes_costs_what_an_answer_may(kind: bytes) -> None:
    def claims(connection: object) -> None:
        connection.recv(100_000)  # type: ignore[attr-defined]
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + kind)  # type: ignore[attr-defined]
        connection.close()  # type: ignore[attr-defined]

    def ask() -> None:
        with suppress(SaslAuthenticationError):
            log_in(f"http://{address}/token")

    with peer(claims) as address:
        assert memory_of(ask) < LARGEST_ANSWER + MIB


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"access_token":' * 100_000])
def test_brackets_without_end_are_no_token(nested: bytes) -> None:
    with identity_provider() as provider:
        provider.answers = [(200, nested)]
        with pytest.raises(SaslAuthenticationError, match="there is no access_token in its answer"):
            log_in(provider.url)
