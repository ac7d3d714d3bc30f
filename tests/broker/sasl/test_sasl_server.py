"""PLAIN and OAUTHBEARER from the server's side."""

import base64
import json

import pytest

from kafka_nio.broker.sasl.sasl_server import OAuthBearerServer, PlainServer
from kafka_nio.clock import MockClock
from kafka_nio.errors import SaslAuthenticationError

USERS = {"anna": "secret", "otto": "größer"}


@pytest.mark.parametrize("token", ["\0anna\0secret", "anna\0anna\0secret", "\0otto\0größer"])
def test_a_user_with_its_password_is_let_in(token: str) -> None:
    server = PlainServer(USERS)
    assert server.evaluate_response(token.encode()) == b""
    assert server.user == token.split("\0")[1]


@pytest.mark.parametrize(
    "token",
    [
        b"\0anna\0wrong",
        b"\0nobody\0secret",
        b"\0nobody\0",
        b"otto\0anna\0secret",
        b"anna\0secret",
        b"",
        b"\0anna\0\xff",
    ],
)
def test_everybody_else_is_not(token: bytes) -> None:
    server = PlainServer(USERS)
    with pytest.raises(SaslAuthenticationError):
        server.evaluate_response(token)
    assert server.user is None


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def first_message(claims: object, *, algorithm: str = "none", signature: str = "", before: str = "") -> bytes:
    token = f"{encoded({'alg': algorithm})}.{encoded(claims)}.{signature}"
    return f"n,,\x01{before}auth=Bearer {token}\x01\x01".encode()


def in_an_hour(clock: MockClock) -> float:
    return clock.time_ms() / 1000 + 3600


@pytest.mark.parametrize("before", ["", "host=localhost\x01"])
def test_an_unsecured_token_is_believed_until_it_expires(clock: MockClock, before: str) -> None:
    server = OAuthBearerServer({}, clock)
    expires_s = in_an_hour(clock)
    assert server.evaluate_response(first_message({"sub": "anna", "exp": expires_s}, before=before)) == b""
    assert (server.user, server.expires_ms) == ("anna", expires_s * 1000)


@pytest.mark.parametrize(
    "claims", [{"sub": "nobody", "exp": 1e12}, {"sub": "anna", "exp": 0}, {"sub": "anna"}, {"exp": 1e12}, [], "anna"]
)
def test_a_token_that_proves_nothing_is_refused_in_two_rounds(clock: MockClock, claims: object) -> None:
    clock.sleep(1)
    server = OAuthBearerServer({"anna": ""}, clock)
    assert server.evaluate_response(first_message(claims)) == b'{"status":"invalid_token"}'
    assert server.user is None
    with pytest.raises(SaslAuthenticationError, match="invalid_token"):
        server.evaluate_response(b"\x01")


@pytest.mark.parametrize("options", [{"algorithm": "HS256"}, {"signature": "abc"}])
def test_a_signed_token_is_none_of_ours(clock: MockClock, options: dict[str, str]) -> None:
    server = OAuthBearerServer({}, clock)
    server.evaluate_response(first_message({"sub": "anna", "exp": in_an_hour(clock)}, **options))
    assert server.user is None


@pytest.mark.parametrize("message", [b"", b"\x01", b"n,,\x01auth=Basic abc\x01\x01", b"n,,auth=Bearer abc"])
def test_what_is_no_first_message_is_refused_at_once(clock: MockClock, message: bytes) -> None:
    with pytest.raises(SaslAuthenticationError):
        OAuthBearerServer({}, clock).evaluate_response(message)
