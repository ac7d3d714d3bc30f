"""Logins, from both sides, and what an identity provider answers."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from random import Random

from kafka_nio.broker.sasl.logins import sasl_mechanisms
from kafka_nio.broker.sasl.sasl_server_authenticator import SaslServerAuthenticator, SaslState
from kafka_nio.broker.sasl.scram_server import HASHES, ScramServer, scram_credential
from kafka_nio.client.sasl.access_token import TokenReader
from kafka_nio.client.sasl.client_authenticator import SaslClientAuthenticator
from kafka_nio.client.sasl.mechanism import Mechanism
from kafka_nio.client.sasl.oauth_bearer import OAuthBearerMechanism
from kafka_nio.client.sasl.plain import PlainMechanism
from kafka_nio.client.sasl.scram import ScramMechanism
from kafka_nio.client.sasl.token_endpoint import TokenEndpoint, _Transient
from kafka_nio.client.sasl.token_grants import ClientCredentials
from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.errors import AuthenticationError, ProtocolError, SaslAuthenticationError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import encode_response
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    SaslAuthenticateResponse,
    SaslHandshakeResponse,
)
from kafka_nio.secret import Secret
from tests.client.sasl.tokens import oauth, web_token
from tests.fuzz.target import joined, parts_of, target
from tests.network.transports import ScriptedTransport
from tests.support.cost import KIB

USER, PASSWORD = "alice", "open sesame"
NAMES = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")

CLOCK = MockClock()
SERVERS = sasl_mechanisms({name: {USER: PASSWORD} for name in NAMES}, Random(1), CLOCK)
CREDENTIALS = {name: {USER: scram_credential(name, PASSWORD, b"salt")} for name in NAMES if name in HASHES}
HONEST: dict[str, list[bytes]] = {}
"""What a broker says that knows the password."""
TOKEN = web_token(sub=USER, exp=4_000_000_000, scope="brew")


NASTY_CLAIMS = (
    b'{"sub": "alice", "exp": 1' + b"0" * 400 + b"}",
    b'{"sub": "alice", "exp": -1' + b"0" * 400 + b"}",
    b'{"sub": "alice", "exp": 1' + b"0" * 5000 + b"}",
    b'{"sub": "alice", "exp": NaN}',
    b'{"sub": "alice", "exp": Infinity}',
    b"[" * 5000,
)
"""Times that no number can hold, and brackets deeper than Python's stack."""


def _token(claims: bytes, header: bytes = b"{}") -> bytes:
    return b".".join((urlsafe_b64encode(header), urlsafe_b64encode(claims), b""))


def _mechanism(name: str) -> Mechanism:
    password = Secret(PASSWORD)
    if name == "PLAIN":
        return PlainMechanism(USER, password)
    if name == "OAUTHBEARER":
        return OAuthBearerMechanism(lambda: Secret(TOKEN))
    return ScramMechanism(name, USER, password, lambda: "nonce")


def _login(name: str) -> SaslServerAuthenticator:
    """A login of which the mechanism is chosen; its nonces are the same each time."""
    server = ScramServer(name, CREDENTIALS[name], Random(1)) if name in CREDENTIALS else SERVERS[name]()
    login = SaslServerAuthenticator({name: lambda: server}, NEVER, CLOCK)
    login.choose_mechanism(name)
    return login


def _conversation(name: str) -> tuple[list[bytes], list[bytes]]:
    """What both ends say in a login that succeeds: the client, the broker."""
    client, server = _mechanism(name), _login(name)
    said, answered = [client.first_token()], list[bytes]()
    while server.state is SaslState.AUTHENTICATE:
        answer, _ = server.evaluate(said[-1])
        answered.append(answer)
        token = client.evaluate(answer)
        if token is None:
            break
        said.append(token)
    return said, answered


def _honest(name: str) -> list[bytes]:
    if name not in HONEST:
        HONEST[name] = _conversation(name)[1]
    return HONEST[name]


def _client_seeds() -> Iterator[bytes]:
    for number, name in enumerate(NAMES):
        yield bytes((number,)) + joined(*_conversation(name)[0])
    for claims in (b'{"sub": "alice", "exp": 1e300}', *NASTY_CLAIMS):
        yield b"\3" + joined(b"n,,\1auth=Bearer " + _token(claims, header=b'{"alg": "none"}') + b"\1\1")
    yield b"\3" + joined(b"n,,\1" + b"auth=Bearer x\1" * 2000)
    yield b"\3" + joined(b"n,,\1auth=Bearer" + b" " * 20000)


@target(SaslAuthenticationError, seeds=_client_seeds)
def sasl_server(data: bytes) -> None:
    """The tokens of a client that logs in, as the embedded broker reads them; nobody gets in who proves nothing."""
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    login = _login(name)
    for token in parts_of(data[1:]):
        if login.state is not SaslState.AUTHENTICATE:
            return
        answer, lifetime_ms = login.evaluate(token)
        header = RequestHeader(ApiKey.SASL_AUTHENTICATE, 2, 1, None)
        encode_response(header, SaslAuthenticateResponse(auth_bytes=answer, session_lifetime_ms=lifetime_ms))
        if name == "PLAIN" and login.state is SaslState.COMPLETE:
            assert token.split(b"\0")[1:] == [USER.encode(), PASSWORD.encode()]


def _server_seeds() -> Iterator[bytes]:
    for number, name in enumerate(NAMES):
        yield bytes((number,)) + joined(*_conversation(name)[1])
    yield b"\1" + joined(b"e=other-error")
    yield b"\3" + joined(b'{"status":"invalid_token"}', b"")
    yield b"\1" + joined(b"r=nonce1,s=c2FsdA==,i=" + b"9" * 5000)


@target(AuthenticationError, seeds=_server_seeds)
def sasl_client(data: bytes) -> None:
    """The tokens of a broker, as the client's mechanisms read them; no broker is believed that proves nothing."""
    name = NAMES[data[0] % len(NAMES)] if data else NAMES[0]
    mechanism = _mechanism(name)
    mechanism.first_token()
    heard = []
    for token in parts_of(data[1:]):
        if mechanism.is_complete:
            return
        mechanism.evaluate(token)
        heard.append(token)
        if name in CREDENTIALS and mechanism.is_complete:
            assert heard == _honest(name), f"{heard} proves nothing"


MODERN = ApiVersionsResponse(api_keys=[ApiVersion(17, 0, 1), ApiVersion(36, 0, 2)])
OLD = ApiVersionsResponse(api_keys=[ApiVersion(17, 0, 0)])


def _answer(api: ApiKey, version: int, response: object) -> bytes:
    return b"".join(map(bytes, encode_response(RequestHeader(api, version, 0, None), response)))[4:]  # type: ignore[arg-type]


def _login_seeds() -> Iterator[bytes]:
    handshake = SaslHandshakeResponse(mechanisms=["PLAIN"])
    done = SaslAuthenticateResponse(session_lifetime_ms=1000)
    refused = SaslAuthenticateResponse(error_code=58, error_message="no")
    begin = (_answer(ApiKey.API_VERSIONS, 0, MODERN), _answer(ApiKey.SASL_HANDSHAKE, 1, handshake))
    yield joined(*begin, _answer(ApiKey.SASL_AUTHENTICATE, 2, done))
    yield joined(*begin, _answer(ApiKey.SASL_AUTHENTICATE, 2, refused))
    yield joined(_answer(ApiKey.API_VERSIONS, 0, OLD), _answer(ApiKey.SASL_HANDSHAKE, 0, handshake), b"")


@target(AuthenticationError, ProtocolError, UnsupportedVersionError, seeds=_login_seeds)
def client_login(data: bytes) -> None:
    """A broker's side of the whole conversation in which a client logs in; each part is an answer to what was asked."""
    transport = ScriptedTransport()
    login = SaslClientAuthenticator(
        transport,
        node_id="0",
        client_id="fuzz",
        new_mechanism=lambda: PlainMechanism(USER, Secret(PASSWORD)),
        max_receive_size=64 * KIB,
        clock=CLOCK,
        random=Random(1),
    )
    login.authenticate()
    for part in parts_of(data):
        if login.is_complete:
            return
        asked = login._header
        assert asked is not None
        payload = asked.correlation_id.to_bytes(4, "big", signed=True) + part
        transport._incoming.append(len(payload).to_bytes(4, "big") + payload)
        login.authenticate()


# Tokens...

CONFIG = oauth(
    token_endpoint_url="http://localhost/token",
    client_credentials_client_id="kitchen",
    client_credentials_client_secret="open sesame",
)
ENDPOINT = TokenEndpoint(
    "http://localhost/token", ClientCredentials("kitchen", Secret("open sesame"), None, is_encoded=False), CONFIG, CLOCK
)
STATUSES = (200, 201, 400, 503)


def _answers() -> Iterator[bytes]:
    yield b"\0" + json.dumps({"access_token": TOKEN}).encode()
    yield b"\1" + json.dumps({"access_token": web_token(sub="a", exp=1e12, scope=["a", "b"])}).encode()
    yield b"\2" + b'{"error": "invalid_client", "error_description": "who?"}'
    yield b"\3busy"
    yield b"\0" + b"[" * 5000
    yield b"\2" + b"[" * 5000
    claims = urlsafe_b64encode(b'{"sub": "alice", "exp": 4000000000}').decode()
    for strange in ("\ud800", "\x01auth=Bearer other", "\u2028"):
        yield b"\0" + json.dumps({"access_token": f"{strange}.{claims}."}).encode()


@target(SaslAuthenticationError, seeds=_answers)
def token_answers(data: bytes) -> None:
    """The answer of an identity provider; the first byte chooses the status. A token that is taken can be sent."""
    status = STATUSES[data[0] % len(STATUSES)] if data else 200
    try:
        text = ENDPOINT._token_in(status, data[1:])
    except _Transient:
        return
    _log_in_with(text)


def _claims() -> Iterator[bytes]:
    yield b'{"sub": "alice", "exp": 4000000000, "scope": "brew"}'
    yield b'{"sub": "alice", "exp": 4e9, "scope": ["brew", "serve"]}'
    yield b'{"sub": "alice", "exp": 1}'
    yield from NASTY_CLAIMS


@target(SaslAuthenticationError, seeds=_claims)
def token_claims(data: bytes) -> None:
    """What a token claims."""
    _log_in_with(_token(data).decode())


def _log_in_with(text: str) -> None:
    login = TokenLogin(CONFIG, CLOCK, Random(1))
    login._keep(TokenReader("scope", "sub").read(text, CLOCK.time_ms(), "the provider"))
    first_token = OAuthBearerMechanism(login.token).first_token()
    assert first_token.count(b"\1") == 3, "a token may not say more than itself"
