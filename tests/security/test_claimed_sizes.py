"""A size on the wire is a claim. A claim that is a lie costs next to nothing, wherever it stands."""

import json
import struct
from collections.abc import Iterator
from contextlib import suppress
from random import Random

import pytest

from kafka_nio.broker.sasl.sasl_server import PlainServer
from kafka_nio.broker.sasl.sasl_server_authenticator import LARGEST_TOKEN, SaslServerAuthenticator
from kafka_nio.client.sasl.token_endpoint import LARGEST_ANSWER
from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.errors import (
    CorruptRecordBatchError,
    KafkaError,
    ProtocolError,
    SaslAuthenticationError,
)
from kafka_nio.network import NetworkReceive
from kafka_nio.network.transfer import FIRST_CHUNK, MAX_RECEIVE_SIZE
from kafka_nio.protocol.anatomy import Kind, Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import decode_request, decode_response
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.record_batch import RecordBatch, split_batches
from kafka_nio.protocol.types import read_unsigned_varint, unsigned_varint, varint
from tests.client.sasl.tokens import oauth
from tests.fuzz import seeds
from tests.network.transports import ScriptedTransport
from tests.security.lies import a_batch, a_record, refuses
from tests.support.cost import KIB, MIB, lines_of, memory_of
from tests.support.identity_provider import identity_provider
from tests.support.peers import peer

HUGE = 2**31 - 1
LITTLE = 64 * KIB


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
