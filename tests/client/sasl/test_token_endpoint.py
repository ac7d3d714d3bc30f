"""Asking an identity provider for a token, over real HTTP."""

import base64
import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import MockClock, SystemClock
from kafka_nio.errors import SaslAuthenticationError
from tests.client.sasl.tokens import oauth, web_token
from tests.support.certificates import Authority
from tests.support.identity_provider import IdentityProvider, identity_provider
from tests.support.peers import hangs_up, nobody, peer, says_nothing

CREDENTIALS: dict[str, object] = {
    "client_credentials_client_id": "kitchen & bar",
    "client_credentials_client_secret": "open:sesame +/",
}


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as running:
        yield running


@pytest.fixture
def clock() -> MockClock:
    return MockClock()


def log_in(url: str, clock: MockClock | SystemClock, **options: object) -> TokenLogin:
    login = TokenLogin(oauth(token_endpoint_url=url, **CREDENTIALS, **options), clock, Random(1))
    login.login()
    return login


def refusal(url: str, clock: MockClock | SystemClock, **options: object) -> str:
    with pytest.raises(SaslAuthenticationError) as refused:
        log_in(url, clock, **options)
    assert "sesame" not in str(refused.value)
    return str(refused.value)


def test_client_credentials_get_a_token(provider: IdentityProvider, clock: MockClock) -> None:
    token = web_token(sub="alice", exp=clock.time_ms() // 1000 + 600)
    provider.answers = [(200, json.dumps({"access_token": token}).encode())]
    assert log_in(provider.url, clock, scope=" orders bills ").token().reveal() == token
    (posted,) = provider.posted
    assert posted.path == "/oauth2/token?tenant=7"
    assert posted.form == {"grant_type": "client_credentials", "scope": "orders bills"}
    assert posted.headers["Accept"] == "application/json"
    assert posted.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert basic(posted.headers["Authorization"]) == "kitchen & bar:open:sesame +/"


def basic(header: str) -> str:
    """Name and secret in a header."""
    scheme, encoded = header.split()
    assert scheme == "Basic"
    return base64.b64decode(encoded).decode()


def test_credentials_are_encoded_if_the_provider_wants_it(provider: IdentityProvider) -> None:
    log_in(provider.url, SystemClock(), header_urlencode=True)
    assert basic(provider.posted[0].headers["Authorization"]) == "kitchen+%26+bar:open%3Asesame+%2B%2F"
    assert provider.posted[0].form == {"grant_type": "client_credentials"}


def test_a_provider_that_is_busy_is_asked_again_after_pauses_that_double(
    provider: IdentityProvider, clock: MockClock
) -> None:
    provider.answers = [(503, b""), (500, b""), (429, b"")]
    log_in(provider.url, clock)
    assert len(provider.posted) == 4
    assert clock.now_ms() == 100 + 200 + 400


def test_it_is_asked_as_long_as_the_options_say_and_the_first_failure_is_told(
    provider: IdentityProvider, clock: MockClock
) -> None:
    provider.answers = [(503, b"closed"), *[(500, b"")] * 20]
    options = {"sasl_login_retry_backoff_ms": 10, "sasl_login_retry_backoff_max_ms": 100}
    text = refusal(provider.url, clock, **options)
    assert text == f"no token from {provider.url.partition('?')[0]}: it answered with status 503 (closed)"
    assert clock.now_ms() == 100
    assert len(provider.posted) == 5, "10, 20, 40 and 30 ms of pauses"


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refusal_is_final_and_quoted(provider: IdentityProvider, clock: MockClock, status: int) -> None:
    body = json.dumps({"error": "invalid_client", "error_description": "no such kitchen"}).encode()
    provider.answers = [(status, body)]
    assert f"it answered with status {status} (invalid_client: no such kitchen)" in refusal(provider.url, clock)
    assert len(provider.posted) == 1


@pytest.mark.parametrize(
    "answer", [b"<html>sesame", b"[]", b'{"token": "sesame"}', b'{"access_token": 7}', b"x" * 1_100_000]
)
def test_an_answer_without_a_token_is_refused_and_not_repeated(
    provider: IdentityProvider, clock: MockClock, answer: bytes
) -> None:
    provider.answers = [(200, answer)]
    assert refusal(provider.url, clock).endswith("there is no access_token in its answer")


def test_an_empty_answer_may_be_a_full_one_the_next_time(provider: IdentityProvider, clock: MockClock) -> None:
    provider.answers = [(200, b"")]
    log_in(provider.url, clock)
    assert len(provider.posted) == 2


def test_a_provider_that_is_not_there_is_named_with_the_reason(clock: MockClock) -> None:
    with nobody() as address:
        assert refusal(f"http://{address}/token", clock) == f"no token from http://{address}/token: Connection refused"
    assert clock.now_ms() == 10_000


def test_a_provider_that_hangs_up_is_asked_again(clock: MockClock) -> None:
    with peer(hangs_up) as address:
        assert f"no token from http://{address}/" in refusal(f"http://{address}/", clock)
    assert clock.now_ms() == 10_000


def test_a_provider_that_keeps_silent_is_waited_for_as_long_as_the_option_says() -> None:
    options = {"sasl_login_read_timeout_ms": 30, "sasl_login_retry_backoff_max_ms": 0, "sasl_login_retry_backoff_ms": 0}
    with peer(says_nothing) as address:
        assert refusal(f"http://{address}/", SystemClock(), **options).endswith("it did not answer in time")


def test_a_connect_takes_no_longer_than_the_option_says() -> None:
    """The peer takes the connection and says nothing: without its half of the handshake there is no TLS connection."""
    options = {
        "sasl_login_connect_timeout_ms": 30,
        "sasl_login_retry_backoff_max_ms": 0,
        "sasl_login_retry_backoff_ms": 0,
    }
    with peer(says_nothing) as address:
        text = refusal(f"https://{address}/", SystemClock(), **options)
    assert text.endswith("it did not answer in time")


def test_a_provider_may_be_behind_tls(tmp_path: Path) -> None:
    authority, context = Authority(tmp_path), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    ours = ssl.create_default_context(cadata=authority.certificate)
    with identity_provider(context) as provider:
        log_in(provider.url, SystemClock(), ssl_context=ours)
        assert "certificate" in refusal(provider.url, SystemClock())
