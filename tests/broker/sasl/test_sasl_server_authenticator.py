"""Logging in at a broker, request by request."""

import struct
from collections.abc import Iterator

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.sasl.sasl_server import PlainServer
from kafka_nio.broker.sasl.sasl_server_authenticator import (
    LARGEST_TOKEN,
    TRANSITIONS,
    WELCOME,
    SaslEvent,
    SaslServerAuthenticator,
    SaslState,
)
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.errors import (
    NONE,
    IllegalSaslStateError,
    IllegalStateError,
    SaslAuthenticationError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)
from kafka_nio.protocol.types import unsigned_varint
from tests.broker.wire import Wire

USERS = {"PLAIN": {"anna": "secret", "otto": "secret"}, "SCRAM-SHA-256": {"anna": "secret"}}

ANNA = b"\0anna\0secret"

METADATA = MetadataRequest(topics=[])


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A connection to a broker at which one has to log in; sessions last an hour."""
    config = BrokerConfig(connections_max_reauth_ms=3_600_000)
    with EmbeddedCluster(sasl=USERS, config=config) as cluster, Wire(cluster.addresses[0]) as wire:
        yield wire


def shake_hands(wire: Wire, mechanism: str = "PLAIN", version: int = 1) -> SaslHandshakeResponse:
    return wire.ask(SaslHandshakeRequest(mechanism), version, SaslHandshakeResponse)


def authenticate(wire: Wire, token: bytes, version: int = 2) -> SaslAuthenticateResponse:
    return wire.ask(SaslAuthenticateRequest(token), version, SaslAuthenticateResponse)


@pytest.mark.parametrize("version", range(3))
def test_whoever_proves_who_they_are_may_say_anything(wire: Wire, version: int) -> None:
    wire.ask(ApiVersionsRequest("test", "1"), 3, ApiVersionsResponse)
    assert shake_hands(wire).mechanisms == ["PLAIN", "SCRAM-SHA-256"]
    answer = authenticate(wire, ANNA, version)
    assert (answer.error_code, answer.session_lifetime_ms) == (NONE, 3_600_000 if version else 0)
    assert wire.ask(METADATA, 12, MetadataResponse).brokers
    assert wire.ask(ApiVersionsRequest("test", "1"), 3, ApiVersionsResponse).error_code == NONE


def test_a_wrong_password_is_answered_and_ends_the_connection(wire: Wire) -> None:
    shake_hands(wire)
    answer = authenticate(wire, b"\0anna\0wrong")
    assert answer.error_code == SaslAuthenticationError.code
    assert answer.error_message == "Authentication failed: Invalid username or password"
    assert wire.is_closed_by_broker()


def test_an_unknown_mechanism_is_answered_with_those_that_are_known(wire: Wire) -> None:
    answer = shake_hands(wire, "GSSAPI")
    assert answer.error_code == UnsupportedSaslMechanismError.code
    assert answer.mechanisms == ["PLAIN", "SCRAM-SHA-256"]
    assert wire.is_closed_by_broker()


def test_tokens_without_headers_are_not_spoken(wire: Wire) -> None:
    assert shake_hands(wire, version=0).error_code == UnsupportedVersionError.code


def test_nothing_may_be_asked_before_the_login(wire: Wire) -> None:
    wire.say(METADATA, 12)
    assert wire.is_closed_by_broker()


def test_what_must_not_be_asked_before_the_login_is_not_even_decoded(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    header = struct.pack(">hhih", ApiKey.METADATA, 9, 1, -1) + b"\0"
    wire.send(struct.pack(">i", len(header) + 1) + header + b"?")
    assert wire.is_closed_by_broker()
    (record,) = caplog.records
    assert record.getMessage() == "Closing connection-0: unexpected Metadata request while the login is not begun"


@pytest.mark.parametrize("size", [LARGEST_TOKEN, LARGEST_TOKEN + 1])
def test_before_the_login_no_request_is_larger_than_a_token_may_be(
    wire: Wire, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    header = struct.pack(">hhih", ApiKey.API_VERSIONS, 3, 1, -1)
    # A tagged field of the header, which nobody knows, makes it as long as one likes.
    filling = bytes(size - len(header) - len(b"\1\7" + unsigned_varint(size)) - len(b"\2?\2?\0"))
    request = header + b"\1\7" + unsigned_varint(len(filling)) + filling + b"\2?\2?\0"
    wire.send(struct.pack(">i", size) + request)
    if size > LARGEST_TOKEN:
        assert wire.is_closed_by_broker()
        assert f"ApiVersions request of {size} bytes before a login" in caplog.text
    else:
        assert wire.frame()


def test_after_the_login_a_request_may_be_larger_than_a_token(wire: Wire) -> None:
    shake_hands(wire)
    authenticate(wire, ANNA)
    many = MetadataRequest(topics=[MetadataRequestTopic(name="x" * 200 + str(number)) for number in range(3000)])
    many.allow_auto_topic_creation = False
    assert len(wire.ask(many, 12, MetadataResponse).topics) == 3000


def test_versions_in_a_version_that_nobody_knows_may_be_asked_again(wire: Wire) -> None:
    assert wire.ask(ApiVersionsRequest("?", "?"), 3, ApiVersionsResponse).error_code != NONE
    assert wire.ask(ApiVersionsRequest("test", "1"), 3, ApiVersionsResponse).error_code == NONE
    assert shake_hands(wire).error_code == NONE


def test_a_client_may_log_in_again_on_the_same_connection(wire: Wire) -> None:
    for _ in range(2):
        assert shake_hands(wire).error_code == NONE
        assert authenticate(wire, ANNA).error_code == NONE
        assert wire.ask(METADATA, 12, MetadataResponse).brokers


def test_but_not_as_somebody_else(wire: Wire) -> None:
    shake_hands(wire)
    authenticate(wire, ANNA)
    shake_hands(wire)
    assert authenticate(wire, b"\0otto\0secret").error_code == SaslAuthenticationError.code
    assert wire.is_closed_by_broker()


def test_nor_by_another_mechanism(wire: Wire) -> None:
    shake_hands(wire)
    authenticate(wire, ANNA)
    assert shake_hands(wire, "SCRAM-SHA-256").error_code == IllegalSaslStateError.code
    assert wire.is_closed_by_broker()


def test_where_nobody_needs_to_log_in_nobody_can() -> None:
    with EmbeddedCluster() as cluster, Wire(cluster.addresses[0]) as wire:
        assert shake_hands(wire).error_code == IllegalSaslStateError.code
        assert authenticate(wire, ANNA).error_code == IllegalSaslStateError.code
        assert wire.ask(METADATA, 12, MetadataResponse).brokers


def test_a_mechanism_that_does_not_exist_cannot_be_configured() -> None:
    with pytest.raises(ValueError, match="GSSAPI is not one of PLAIN"):
        EmbeddedCluster(sasl={"GSSAPI": {}})


# The automaton...


def logged_in(clock: MockClock, max_session_ms: float) -> SaslServerAuthenticator:
    login = SaslServerAuthenticator({"PLAIN": lambda: PlainServer(USERS["PLAIN"])}, max_session_ms, clock)
    login.choose_mechanism("PLAIN")
    login.evaluate(ANNA)
    return login


def test_a_session_that_is_over_allows_nothing_but_another_login() -> None:
    clock = MockClock()
    login = logged_in(clock, 1000)
    clock.sleep(999)
    assert login.complaint_about(ApiKey.PRODUCE) is None
    clock.sleep(1)
    assert "the session of anna is over" in str(login.complaint_about(ApiKey.PRODUCE))
    assert login.complaint_about(ApiKey.SASL_HANDSHAKE) is None
    login.choose_mechanism("PLAIN")
    login.evaluate(ANNA)
    assert login.complaint_about(ApiKey.PRODUCE) is None


def test_a_session_without_end_does_not_end() -> None:
    clock = MockClock()
    login = logged_in(clock, NEVER)
    clock.sleep(10**12)
    assert login.complaint_about(ApiKey.PRODUCE) is None


def test_every_state_says_what_is_welcome() -> None:
    assert set(WELCOME) == set(SaslState)
    assert {state for state, _ in TRANSITIONS} == set(SaslState)


def test_what_cannot_happen_is_a_mistake_that_names_the_state() -> None:
    login = SaslServerAuthenticator({}, NEVER, MockClock())
    with pytest.raises(IllegalStateError, match="the login is not begun"):
        login.transition_to(SaslEvent.PROVEN)
    assert repr(login) == "<SaslServerAuthenticator not begun, nobody>"
