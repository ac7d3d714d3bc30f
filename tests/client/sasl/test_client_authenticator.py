"""The conversation in which a connection logs in, with a broker that says what the test tells it to."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from random import Random

import pytest

from kafka_nio.client.correlation_ids import is_reserved
from kafka_nio.client.sasl.client_authenticator import (
    TRANSITIONS,
    SaslClientAuthenticator,
    SaslEvent,
    SaslState,
)
from kafka_nio.client.sasl.plain import PlainMechanism
from kafka_nio.clock import MockClock
from kafka_nio.errors import (
    AuthenticationError,
    IllegalSaslStateError,
    IllegalStateError,
    ProtocolError,
    SaslAuthenticationError,
    UnsupportedSaslMechanismError,
)
from kafka_nio.network import ChannelState, KafkaChannel, NetworkSend, PlaintextTransportLayer, Selector
from kafka_nio.nio import OP_READ, OP_WRITE, SelectionKey, SocketAddress, SocketChannel
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import decode_request, encode_response
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)
from kafka_nio.secret import Secret

MODERN = {ApiKey.SASL_HANDSHAKE: 1, ApiKey.SASL_AUTHENTICATE: 2}
TOKEN = b"\0alice\0open sesame"


class TalkativeMechanism(PlainMechanism):
    """Has its last word after the broker's first, and waits for another (behaviour 194)."""

    name = "TALKATIVE"

    def first_token(self) -> bytes:
        return b"hello"

    def evaluate(self, challenge: bytes) -> bytes | None:  # type: ignore[override]  # it answers
        self.is_complete = True
        return b"goodbye"


class Login:
    """A connection that logs in, and the broker's end of it."""

    def __init__(self, clock: MockClock, mechanism: type[PlainMechanism] = PlainMechanism) -> None:
        self.clock = clock
        self._mechanism = mechanism
        self.selector = Selector(clock=clock, channel_builder=self._build)
        ours, self._socket = socket.socketpair()
        self._socket.settimeout(5)
        self.selector.register("0", SocketChannel(ours, SocketAddress(socket.AF_UNIX, "broker")))
        self.channel = self.selector.channels["0"]
        self.channel.prepare()  # as a poll does that finds a connection established

    def _build(self, id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
        self.transport = PlaintextTransportLayer(key)
        self.key = key
        self.authenticator = SaslClientAuthenticator(
            self.transport,
            node_id=id,
            client_id="test",
            new_mechanism=lambda: self._mechanism("alice", Secret("open sesame")),
            max_receive_size=max_receive_size,
            clock=self.clock,
            random=Random(1),
        )
        return KafkaChannel(id, self.transport, max_receive_size, self.authenticator)

    # The broker's end...

    def read(self) -> bytes:
        """The next frame."""
        (size,) = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, number: int) -> bytes:
        data = b""
        while len(data) < number:
            data += self._socket.recv(number - len(data))
        return data

    def read_request(self) -> tuple[RequestHeader, Message]:
        return decode_request(memoryview(self.read()))

    def send(self, payload: bytes, pieces: int = 1 << 20) -> None:
        """A frame, polled for after each piece."""
        data = struct.pack(">i", len(payload)) + payload
        for start in range(0, len(data), pieces):
            self._socket.send(data[start : start + pieces])
            self.selector.poll(0)

    def answer(self, header: RequestHeader, response: Message, pieces: int = 1 << 20) -> None:
        self.send(b"".join(map(bytes, encode_response(header, response))), pieces)

    def tell_versions(self, versions: dict[ApiKey, int] | None = None) -> RequestHeader:
        header, _ = self.read_request()
        spoken = [ApiVersion(api, 0, latest) for api, latest in (MODERN if versions is None else versions).items()]
        self.answer(header, ApiVersionsResponse(api_keys=spoken))
        return header

    def agree(self, versions: dict[ApiKey, int] | None = None) -> tuple[RequestHeader, Message]:
        """Up to the mechanism; returns what the client said of it."""
        self.tell_versions(versions)
        header, request = self.read_request()
        self.answer(header, SaslHandshakeResponse(mechanisms=["PLAIN"]))
        return header, request

    def let_in(self, session_lifetime_ms: int = 0) -> None:
        """All of it."""
        self.agree()
        header, _ = self.read_request()
        self.answer(header, SaslAuthenticateResponse(session_lifetime_ms=session_lifetime_ms))
        assert self.authenticator.is_complete

    def hang_up(self) -> None:
        self._socket.close()
        self.selector.poll(0)

    def close(self) -> None:
        self.selector.close()
        with suppress(OSError):
            self._socket.close()

    @property
    def failure(self) -> Exception:
        """Why the connection ended."""
        error = self.selector.disconnected["0"].error
        assert error is not None
        return error


@pytest.fixture
def clock() -> MockClock:
    return MockClock(now_ms=1_000)


@pytest.fixture
def login(clock: MockClock) -> Iterator[Login]:
    with closing(Login(clock)) as login:
        yield login


# The first time...


@pytest.mark.behaviour(191)
def test_the_first_request_asks_for_versions_in_version_0(login: Login) -> None:
    header, _ = login.read_request()
    assert (header.api_key, header.api_version, header.client_id) == (ApiKey.API_VERSIONS, 0, "test")
    assert is_reserved(header.correlation_id)


def test_a_connection_logs_in(login: Login) -> None:
    assert login.channel.state is ChannelState.AUTHENTICATE
    header, request = login.agree()
    assert (header.api_version, request) == (1, SaslHandshakeRequest(mechanism="PLAIN"))
    header, request = login.read_request()
    assert (header.api_version, request) == (2, SaslAuthenticateRequest(auth_bytes=TOKEN))
    assert not login.selector.is_channel_ready("0")
    login.answer(header, SaslAuthenticateResponse())
    assert login.selector.is_channel_ready("0")
    assert login.channel.state is ChannelState.READY
    assert login.key.interest_ops == OP_READ


def test_answers_may_come_in_any_pieces(login: Login) -> None:
    header, _ = login.read_request()
    spoken = [ApiVersion(api, 0, latest) for api, latest in MODERN.items()]
    login.answer(header, ApiVersionsResponse(api_keys=spoken), pieces=1)
    header, _ = login.read_request()
    login.answer(header, SaslHandshakeResponse(mechanisms=["PLAIN"]), pieces=3)
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse(), pieces=1)
    assert login.authenticator.is_complete


@pytest.mark.behaviour(192)
@pytest.mark.parametrize(("theirs", "ours"), [(0, 0), (1, 1), (7, 2)])
def test_each_request_has_the_newest_version_that_both_ends_know(login: Login, theirs: int, ours: int) -> None:
    header, _ = login.agree({ApiKey.SASL_HANDSHAKE: theirs, ApiKey.SASL_AUTHENTICATE: theirs})
    assert header.api_version == min(ours, 1)
    header, _ = login.read_request()
    assert header.api_version == ours


@pytest.mark.behaviour(192)
def test_an_old_broker_is_sent_the_token_bare(login: Login) -> None:
    header, _ = login.agree({ApiKey.SASL_HANDSHAKE: 1})
    assert header.api_version == 0
    assert login.read() == TOKEN
    login.send(b"")
    assert login.authenticator.is_complete


@pytest.mark.behaviour(193)
def test_the_conversation_goes_on_when_the_last_byte_has_left_and_waits_for_room_until_then(
    clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = SocketChannel.write
    room = [3]

    def into_little_room(self: SocketChannel, parts: list[memoryview]) -> int:
        return write(self, [parts[0][: room.pop()]]) if room else 0

    monkeypatch.setattr(SocketChannel, "write", into_little_room)
    with closing(Login(clock)) as login:
        assert login.authenticator.state is SaslState.SEND_APIVERSIONS_REQUEST
        assert login.key.interest_ops == OP_READ | OP_WRITE
        room += [1 << 20] * 2
        for _ in range(2):
            login.selector.poll(0)
        assert login.authenticator.state is SaslState.RECEIVE_APIVERSIONS_RESPONSE
        assert login.key.interest_ops == OP_READ


@pytest.mark.behaviour(194)
def test_after_its_last_word_the_client_waits_for_the_brokers(clock: MockClock) -> None:
    with closing(Login(clock, TalkativeMechanism)) as login:
        login.agree()
        header, _ = login.read_request()
        login.answer(header, SaslAuthenticateResponse(auth_bytes=b"and you?"))
        header, request = login.read_request()
        assert request == SaslAuthenticateRequest(auth_bytes=b"goodbye")
        assert login.authenticator.state is SaslState.CLIENT_COMPLETE
        login.answer(header, SaslAuthenticateResponse())
        assert login.authenticator.is_complete


# Refusals...


def ended_by(login: Login, error: type[Exception], state: ChannelState = ChannelState.AUTHENTICATION_FAILED) -> str:
    assert login.selector.disconnected["0"].state is state
    assert isinstance(login.failure, error)
    return str(login.failure)


@pytest.mark.behaviour(195)
def test_a_refusal_repeats_the_brokers_words(login: Login) -> None:
    login.agree()
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse(error_code=58, error_message="Alice is on holiday"))
    assert ended_by(login, SaslAuthenticationError) == "the broker refused the login by PLAIN: Alice is on holiday"
    assert login.authenticator.state is SaslState.FAILED


def test_a_refusal_without_words_gets_some(login: Login) -> None:
    login.agree()
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse(error_code=58))
    assert ended_by(login, SaslAuthenticationError).startswith("the broker refused the login by PLAIN: ")


@pytest.mark.behaviour(196)
def test_a_refusal_of_the_mechanism_lists_those_that_there_are(login: Login) -> None:
    login.tell_versions()
    header, _ = login.read_request()
    login.answer(header, SaslHandshakeResponse(error_code=33, mechanisms=["GSSAPI", "SCRAM-SHA-512"]))
    text = ended_by(login, UnsupportedSaslMechanismError)
    assert text == "the broker does not take PLAIN; it takes GSSAPI, SCRAM-SHA-512"


def test_the_mechanisms_that_there_are_clear_no_terminal(login: Login) -> None:
    login.tell_versions()
    header, _ = login.read_request()
    login.answer(header, SaslHandshakeResponse(error_code=33, mechanisms=["\x1b[2J", "x" * 2_000]))
    text = ended_by(login, UnsupportedSaslMechanismError)
    assert text.isprintable()
    assert len(text) < 1_100


def test_a_broker_that_wants_no_login_here_refuses_it(login: Login) -> None:
    login.tell_versions()
    header, _ = login.read_request()
    login.answer(header, SaslHandshakeResponse(error_code=34))
    ended_by(login, IllegalSaslStateError)


def test_any_other_error_refuses_the_login_too(login: Login) -> None:
    header, _ = login.read_request()
    login.answer(header, ApiVersionsResponse(error_code=42))
    ended_by(login, AuthenticationError)


def test_a_broker_that_hangs_up_is_no_refusal(login: Login) -> None:
    login.agree()
    login.hang_up()
    text = ended_by(login, EOFError, ChannelState.AUTHENTICATE)
    assert text == "the broker closed the connection during a login by PLAIN (exchanging tokens)"


def test_an_answer_to_nothing_ends_the_connection(login: Login) -> None:
    login.read_request()
    login.send(b"\0\0\0\7")
    assert "correlation id 7 came in place of ApiVersions" in ended_by(login, ProtocolError, ChannelState.AUTHENTICATE)


def test_a_state_that_cannot_follow_is_refused(login: Login) -> None:
    with pytest.raises(IllegalStateError, match="is asked for versions"):
        login.authenticator.transition_to(SaslEvent.DONE)
    assert all(TRANSITIONS[state, SaslEvent.REFUSED] is SaslState.FAILED for state in SaslState)


def test_no_text_of_it_tells_the_password(login: Login) -> None:
    login.agree()
    texts = [repr(login.authenticator), repr(login.channel), repr(vars(login.authenticator))]
    assert not [text for text in texts if "sesame" in text]


# Again...


def send(login: Login, payload: bytes = b"\0\0\0\1") -> NetworkSend:
    message = NetworkSend("0", [payload])
    login.selector.send(message)
    return message


@pytest.mark.behaviour(17, 197)
def test_a_write_in_the_last_part_of_a_session_logs_in_again_first(login: Login, clock: MockClock) -> None:
    login.let_in(session_lifetime_ms=1_000)
    clock.sleep(849)
    send(login)
    login.selector.poll(0)
    assert login.read() == b"\0\0\0\1", "not yet"
    clock.sleep(101)
    message = send(login, b"\0\0\0\2")
    login.selector.poll(0)
    assert not login.selector.is_channel_ready("0")
    header, request = login.read_request()
    assert request == SaslHandshakeRequest(mechanism="PLAIN"), "the versions are known"
    login.answer(header, SaslHandshakeResponse(mechanisms=["PLAIN"]))
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse(session_lifetime_ms=1_000))
    assert login.selector.is_channel_ready("0")
    login.selector.poll(0)
    assert login.selector.completed_sends == [message] or message.is_completed
    assert login.read() == b"\0\0\0\2"


@pytest.mark.behaviour(197)
def test_a_message_that_is_half_written_is_finished_first(
    login: Login, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    login.let_in(session_lifetime_ms=1_000)
    write = login.transport.write
    login.transport.write = lambda parts: write([parts[0][:2]])  # type: ignore[method-assign,assignment]
    send(login)
    login.selector.poll(0)
    login.transport.write = write  # type: ignore[method-assign]
    clock.sleep(1_000)
    login.selector.poll(0)
    assert login.read() == b"\0\0\0\1"
    assert login.authenticator.is_complete


@pytest.mark.behaviour(197)
def test_a_muted_connection_does_not_log_in_again(login: Login, clock: MockClock) -> None:
    login.let_in(session_lifetime_ms=1_000)
    login.selector.mute("0")
    clock.sleep(1_000)
    send(login)
    login.selector.poll(0)
    assert login.read() == b"\0\0\0\1"


@pytest.mark.behaviour(68, 198)
def test_answers_to_other_requests_that_arrive_meanwhile_are_handed_over(login: Login, clock: MockClock) -> None:
    """The first of them has arrived half before we logged in again."""
    login.let_in(session_lifetime_ms=1_000)
    earlier, later = struct.pack(">ii", 4, 7), struct.pack(">ii", 4, 8)
    login._socket.send(earlier[:5])
    login.selector.poll(0)
    clock.sleep(1_000)
    send(login)
    login.selector.poll(0)
    header, _ = login.read_request()
    login._socket.send(earlier[5:] + later)
    login.selector.poll(0)
    arrived = [bytes(receive.payload) for receive in login.selector.completed_receives]
    login.answer(header, SaslHandshakeResponse(mechanisms=["PLAIN"]))
    arrived += [bytes(receive.payload) for receive in login.selector.completed_receives]
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse())
    assert arrived == [earlier[4:], later[4:]]
    assert login.selector.is_channel_ready("0")


@pytest.mark.behaviour(199)
def test_a_session_beyond_the_end_of_time_ends_the_connection(login: Login) -> None:
    login.agree()
    header, _ = login.read_request()
    login.answer(header, SaslAuthenticateResponse(session_lifetime_ms=2**63 - 1))
    assert isinstance(login.failure, ProtocolError)


def test_a_refusal_the_second_time_ends_the_connection(login: Login, clock: MockClock) -> None:
    login.let_in(session_lifetime_ms=1_000)
    clock.sleep(1_000)
    send(login)
    login.selector.poll(0)
    header, _ = login.read_request()
    login.answer(header, SaslHandshakeResponse(error_code=33))
    ended_by(login, UnsupportedSaslMechanismError)
