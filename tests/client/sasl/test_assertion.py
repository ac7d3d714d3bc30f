"""Assertions: what they say, that they are signed, and that a provider gives a token for one."""

import base64
import builtins
import json
import os
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kafka_nio.client.sasl.assertion import signed_assertion
from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import MockClock, SystemClock
from kafka_nio.errors import ConfigError
from tests.client.sasl.tokens import oauth
from tests.support.identity_provider import identity_provider

URL = "https://example.com/token"
NOW_S = 1_700_000_000
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def save(folder: Path, key: Key, passphrase: str | None = None) -> str:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    path = folder / "key.pem"
    path.write_bytes(pem)
    return str(path)


def make(**options: object) -> str:
    """An assertion, its option names without their `assertion_`."""
    named = {f"assertion_{name}": value for name, value in options.items()}
    return signed_assertion(oauth(token_endpoint_url=URL, **named), MockClock(time_ms=NOW_S * 1000))().reveal()


def refusal(**options: object) -> str:
    with pytest.raises(ConfigError) as refused:
        make(**options)
    return str(refused.value)


def part(assertion: str, number: int) -> dict[str, object]:
    return dict(json.loads(decoded(assertion.split(".")[number])))


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_it_says_what_the_options_say(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    key = save(tmp_path, rsa_key)
    claims = {"claim_aud": "kafka", "claim_iss": "kitchen", "claim_sub": "alice"}
    assertion = make(private_key_file=key, claim_exp_seconds=600, claim_nbf_seconds=120, **claims)
    assert part(assertion, 0) == {"alg": "RS256", "typ": "JWT"}
    times = {"iat": NOW_S, "exp": NOW_S + 600, "nbf": NOW_S - 120}
    assert part(assertion, 1) == {"aud": "kafka", "iss": "kitchen", "sub": "alice", **times}


def test_a_template_comes_first_and_the_time_last(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"header": {"kid": "7"}, "payload": {"sub": "bob", "team": ["a"], "exp": 1}}))
    assertion = make(private_key_file=save(tmp_path, rsa_key), template_file=template, claim_sub="alice")
    assert part(assertion, 0) == {"kid": "7", "alg": "RS256", "typ": "JWT"}
    expected = {"sub": "alice", "team": ["a"], "iat": NOW_S, "exp": NOW_S + 300, "nbf": NOW_S - 60}
    assert part(assertion, 1) == expected


def test_each_may_have_an_id_of_its_own(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    key = save(tmp_path, rsa_key)
    ids = {part(make(private_key_file=key, claim_jti_include=True), 1)["jti"] for _ in range(3)}
    assert len(ids) == 3


def test_rs256_is_signed_by_the_key_in_the_file(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    key = save(tmp_path, rsa_key, passphrase="quiet")
    content, _, signature = make(private_key_file=key, private_key_passphrase="quiet").rpartition(".")
    rsa_key.public_key().verify(decoded(signature), content.encode(), padding.PKCS1v15(), SHA256())


@pytest.mark.parametrize("written", ["ES256", "es256"])
def test_es256_is_signed_by_two_numbers_of_32_bytes(tmp_path: Path, written: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    content, _, text = make(private_key_file=save(tmp_path, key), algorithm=written).rpartition(".")
    signature = decoded(text)
    assert len(signature) == 64
    numbers = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    key.public_key().verify(encode_dss_signature(*numbers), content.encode(), ec.ECDSA(SHA256()))


def test_what_cannot_sign_is_refused_at_once(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    assert refusal(private_key_file=str(tmp_path / "nowhere.pem")).endswith(
        "nowhere.pem cannot be read: No such file or directory"
    )
    key = save(tmp_path, rsa_key, passphrase="quiet")
    for wrong in ({}, {"private_key_passphrase": "loud"}):
        text = refusal(private_key_file=key, **wrong)
        assert "holds no private key in PEM, or its passphrase is not right" in text
        assert "loud" not in text
    assert "cannot sign by ES256" in refusal(private_key_file=key, private_key_passphrase="quiet", algorithm="ES256")


@pytest.mark.parametrize(("text", "words"), [("{", "is not JSON"), ("[]", "must hold"), ('{"header": 1}', "must hold")])
def test_a_template_that_is_none_is_refused(tmp_path: Path, rsa_key: rsa.RSAPrivateKey, text: str, words: str) -> None:
    template = tmp_path / "template.json"
    template.write_text(text)
    assert words in refusal(private_key_file=save(tmp_path, rsa_key), template_file=template)


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    importing = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return importing(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    assert refusal(private_key_file="key.pem").endswith("pip install 'kafka-nio[oauth]'")


def test_a_provider_gives_a_token_for_it(tmp_path: Path, rsa_key: rsa.RSAPrivateKey) -> None:
    with identity_provider() as provider:
        key = save(tmp_path, rsa_key)
        config = oauth(token_endpoint_url=provider.url, assertion_private_key_file=key, scope="orders")
        TokenLogin(config, SystemClock(), Random(1)).login()
    (posted,) = provider.posted
    assert posted.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert posted.form["scope"] == "orders"
    assert posted.form["assertion"].count(".") == 2
    assert "Authorization" not in posted.headers


def test_an_assertion_in_a_file_is_sent_as_it_is_and_may_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "assertion"
    with identity_provider() as provider:
        config = oauth(token_endpoint_url=provider.url, assertion_file=file)
        login = TokenLogin(config, SystemClock(), Random(1))
        for content in ("a.b.c\n", "d.e.f"):
            file.write_text(content)
            login.login()
    assert [posted.form["assertion"] for posted in provider.posted] == ["a.b.c", "d.e.f"]
    os.remove(file)
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        login.login()
