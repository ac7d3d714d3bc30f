"""The options for TLS and for logins: what they take, what they must not say together, what stands in for Java's."""

import ssl
from functools import partial
from pathlib import Path

import pytest

from kafka_nio.config import ProducerConfig
from kafka_nio.errors import ConfigError
from kafka_nio.oauth_options import TokenSource
from kafka_nio.security_options import REPLACED, SECURITY_OPTIONS, replacement

SERVER = {"bootstrap.servers": "localhost:9092"}
LOGIN = {"sasl_username": "alice", "sasl_password": "open sesame"}


def parse(**options: object) -> ProducerConfig:
    return ProducerConfig.parse(SERVER, **options)


def refusal(**options: object) -> str:
    with pytest.raises(ConfigError) as refused:
        parse(**options)
    return str(refused.value)


# Values...


@pytest.mark.parametrize(
    ("protocol", "uses_tls", "uses_sasl"),
    [("PLAINTEXT", False, False), ("SSL", True, False), ("SASL_PLAINTEXT", False, True), ("SASL_SSL", True, True)],
)
def test_each_protocol_is_tls_or_not_and_a_login_or_not(protocol: str, uses_tls: bool, uses_sasl: bool) -> None:
    login = {"sasl_mechanism": "PLAIN", **LOGIN} if uses_sasl else {}
    config = parse(security_protocol=protocol, **login)
    assert (config.uses_tls, config.uses_sasl) == (uses_tls, uses_sasl)


def test_a_properties_file_can_say_it_all() -> None:
    config = ProducerConfig.parse(
        SERVER
        | {
            "security.protocol": "SASL_SSL",
            "ssl.truststore.location": "ca.pem",
            "ssl.enabled.protocols": "TLSv1.2,TLSv1.3",
            "ssl.endpoint.identification.algorithm": "HTTPS",
            "ssl.truststore.type": "pem",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "alice",
            "sasl.password": "open sesame",
            "sasl.login.refresh.window.factor": " 0.9 ",
        }
    )
    assert config.ssl_enabled_protocols == ("TLSv1.2", "TLSv1.3")
    assert config.ssl_endpoint_identification_algorithm == "https"
    assert config.sasl_password is not None
    assert config.sasl_password.reveal() == "open sesame"
    assert config.sasl_login_refresh_window_factor == 0.9


@pytest.mark.parametrize("written", ["", None])
def test_the_check_of_host_names_can_be_switched_off(written: str | None) -> None:
    config = parse(security_protocol="SSL", ssl_endpoint_identification_algorithm=written)
    assert config.ssl_endpoint_identification_algorithm == ""


def test_a_path_may_be_a_path() -> None:
    assert parse(security_protocol="SSL", ssl_truststore_location=Path("ca.pem")).ssl_truststore_location == "ca.pem"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("security_protocol", "ssl", "it must be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
        ("ssl_context", "tls", "it must be an ssl.SSLContext, or None"),
        ("ssl_truststore_type", "JKS", "openssl pkcs12 -in store.p12 -out all.pem converts it"),
        ("ssl_keystore_type", "PKCS12", "openssl pkcs12 -in store.p12 -out all.pem converts it"),
        ("ssl_endpoint_identification_algorithm", "ldaps", "it must be 'https', or '' for no check"),
        ("ssl_enabled_protocols", "TLSv1.1", "is wrong in 'TLSv1.1'; it must be out of TLSv1.2, TLSv1.3"),
        ("ssl_enabled_protocols", "", "is not allowed"),
        ("ssl_truststore_location", "", "it must be a path, or None"),
        ("sasl_mechanism", "DIGEST-MD5", "'OAUTHBEARER' or 'GSSAPI'"),
        ("sasl_login_refresh_window_factor", 0.4, "it must be a number from 0.5 to 1"),
        ("sasl_login_refresh_window_factor", True, "it must be a number from 0.5 to 1"),
        ("sasl_login_refresh_buffer_seconds", 3601, "from 0 to 3600"),
        ("sasl_password", b"bytes", "it must be text, or None"),
        ("sasl_oauthbearer_token", "a.b.c", "it must be a function that returns a token"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(option: str, value: object, words: str) -> None:
    assert words in refusal(**{option: value})


# Contradictions...

CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ssl_truststore_location": "ca.pem"}, "ssl.truststore.location would have no effect"),
        ({"ssl_context": CONTEXT}, "security.protocol=PLAINTEXT uses no TLS; SSL and SASL_SSL do"),
        (LOGIN, "sasl.username would have no effect: security.protocol=PLAINTEXT does not log in"),
        ({"security_protocol": "SSL", **LOGIN}, "security.protocol=SSL does not log in"),
        (
            {"security_protocol": "SSL", "ssl_context": CONTEXT, "ssl_cipher_suites": "AES"},
            "ssl.context is used as it is, so ssl.cipher.suites has no place beside it",
        ),
        (
            {"security_protocol": "SSL", "ssl_truststore_location": "a", "ssl_truststore_certificates": "b"},
            "give one of them",
        ),
        (
            {"security_protocol": "SSL", "ssl_keystore_location": "a", "ssl_keystore_key": "b"},
            "ssl.keystore.location holds key and certificates",
        ),
        ({"security_protocol": "SSL", "ssl_keystore_key": "key"}, "belong together: one of them is missing"),
        ({"security_protocol": "SSL", "ssl_keystore_certificate_chain": "chain"}, "belong together"),
        ({"security_protocol": "SSL", "ssl_key_password": "quiet"}, "ssl.key.password is there, and no key"),
        ({"security_protocol": "SASL_SSL"}, "is Kerberos, which is not supported; sasl.mechanism may be PLAIN, SCRAM"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN"}, "sasl.username is missing: PLAIN needs it"),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "alice"},
            "sasl.password is missing: SCRAM-SHA-256 needs it",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER"},
            "sasl.oauthbearer.token is missing: OAUTHBEARER needs it",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "PLAIN", **LOGIN, "sasl_oauthbearer_token": str},
            "sasl.oauthbearer.token is given: PLAIN has no use for it",
        ),
        (
            {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER", "sasl_username": "alice"},
            "sasl.username is given: OAUTHBEARER has no use for it",
        ),
    ],
)
def test_a_contradiction_is_refused(options: dict[str, object], words: str) -> None:
    assert words in refusal(**options)


# Where tokens come from...

URL = {"sasl_oauthbearer_token_endpoint_url": "https://example.com/token"}
CREDENTIALS = {
    "sasl_oauthbearer_client_credentials_client_id": "kitchen",
    "sasl_oauthbearer_client_credentials_client_secret": "open sesame",
}
KEY = {"sasl_oauthbearer_assertion_private_key_file": "key.pem"}


def by_token(**options: object) -> dict[str, object]:
    return {"security_protocol": "SASL_SSL", "sasl_mechanism": "OAUTHBEARER", **options}


@pytest.mark.parametrize(
    ("options", "source"),
    [
        ({"sasl_oauthbearer_token": str}, TokenSource.FUNCTION),
        ({"sasl_oauthbearer_token_endpoint_url": "file:///token.jwt"}, TokenSource.FILE),
        (URL | CREDENTIALS, TokenSource.CLIENT_CREDENTIALS),
        (URL | KEY, TokenSource.SIGNED_ASSERTION),
        (URL | {"sasl_oauthbearer_assertion_file": "assertion"}, TokenSource.ASSERTION_FILE),
    ],
)
def test_what_is_there_says_where_tokens_come_from(options: dict[str, object], source: TokenSource) -> None:
    config = parse(**by_token(**options))
    assert TokenSource.of({name: getattr(config, name) for name in dir(config) if name.startswith("sasl_")}) is source


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (URL, "sasl.oauthbearer.client.credentials.client.id is missing: the token endpoint asks for it, or for an"),
        (
            URL | {"sasl_oauthbearer_client_credentials_client_id": "kitchen"},
            "sasl.oauthbearer.client.credentials.client.secret is missing",
        ),
        (
            URL | CREDENTIALS | {"sasl_oauthbearer_token": str},
            "sasl.oauthbearer.token would have no effect: tokens come",
        ),
        (URL | KEY | CREDENTIALS, "client.id would have no effect: tokens come from a token endpoint, by an assertion"),
        (
            URL | CREDENTIALS | {"sasl_oauthbearer_assertion_claim_sub": "alice"},
            "sasl.oauthbearer.assertion.claim.sub would have no effect",
        ),
        ({"sasl_oauthbearer_token": str, "sasl_oauthbearer_scope": "a"}, "tokens come from a function of the caller's"),
        (
            URL | CREDENTIALS | {"sasl_login_retry_backoff_ms": 20_000},
            "sasl.login.retry.backoff.max.ms=10000 is less than sasl.login.retry.backoff.ms=20000",
        ),
        ({"sasl_oauthbearer_token": str, "sasl_scram_tokenauth": True}, "sasl.scram.tokenauth is given: OAUTHBEARER"),
    ],
)
def test_a_contradiction_about_tokens_is_refused(options: dict[str, object], words: str) -> None:
    assert words in refusal(**by_token(**options))


def test_only_scram_knows_delegation_tokens() -> None:
    login = {"security_protocol": "SASL_SSL", **LOGIN, "sasl_scram_tokenauth": True}
    assert parse(sasl_mechanism="SCRAM-SHA-512", **login).sasl_scram_tokenauth
    assert "PLAIN has no use for it" in refusal(sasl_mechanism="PLAIN", **login)


@pytest.mark.parametrize(
    "url",
    ["example.com", "ftp://example.com/token", "https://", "file:", "https://a:99999/", "http://[::1/", 7, b"http://a"],
)
def test_what_is_no_address_is_refused(url: object) -> None:
    text = refusal(sasl_oauthbearer_token_endpoint_url=url)
    assert "it must be an address like 'https://host/path' or 'file:///path', or None" in text


def test_an_address_has_no_password_in_it() -> None:
    text = refusal(sasl_oauthbearer_token_endpoint_url="https://kitchen:sesame@example.com/token")
    assert "a name or a password in it, which belong into options of their own" in text
    assert "sesame" not in text


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        ({"auth": "x"}, "which is the token's own name"),
        ({"a1": "x"}, "a name is made of letters"),
        ({"a": ""}, "has a value for a that cannot be sent"),
        ({"a": "x\1"}, "has a value for a that cannot be sent"),
        ({"a": 7}, "it must be a mapping of names to values"),
        ("a=b", "it must be a mapping of names to values"),
    ],
)
def test_what_cannot_be_said_beside_a_token_is_refused(extensions: object, words: str) -> None:
    assert words in refusal(sasl_oauthbearer_extensions=extensions)


def test_a_properties_file_can_say_all_of_it_about_tokens() -> None:
    config = ProducerConfig.parse(
        SERVER
        | {
            "security.protocol": "SASL_SSL",
            "sasl.mechanism": "OAUTHBEARER",
            "sasl.oauthbearer.token.endpoint.url": "https://example.com/token",
            "sasl.oauthbearer.client.credentials.client.id": "kitchen",
            "sasl.oauthbearer.client.credentials.client.secret": "open sesame",
            "sasl.oauthbearer.header.urlencode": "true",
            "sasl.oauthbearer.extensions": "logicalCluster=lkc-1, identityPoolId=pool-2",
            "sasl.login.connect.timeout.ms": "500",
            "sasl.login.read.timeout.ms": "0",
        }
    )
    assert config.sasl_oauthbearer_extensions == (("logicalCluster", "lkc-1"), ("identityPoolId", "pool-2"))
    assert (config.sasl_login_connect_timeout_ms, config.sasl_login_read_timeout_ms) == (500, None)
    assert "sesame" not in repr(config)


# Java's...

OF_KAFKA = (
    "ssl.protocol",
    "ssl.enabled.protocols",
    "ssl.provider",
    "ssl.cipher.suites",
    "ssl.truststore.type",
    "ssl.keystore.type",
    "ssl.truststore.location",
    "ssl.truststore.password",
    "ssl.truststore.certificates",
    "ssl.keystore.location",
    "ssl.keystore.password",
    "ssl.keystore.key",
    "ssl.keystore.certificate.chain",
    "ssl.key.password",
    "ssl.keymanager.algorithm",
    "ssl.trustmanager.algorithm",
    "ssl.endpoint.identification.algorithm",
    "ssl.secure.random.implementation",
    "ssl.engine.factory.class",
    "sasl.mechanism",
    "sasl.jaas.config",
    "sasl.client.callback.handler.class",
    "sasl.login.callback.handler.class",
    "sasl.login.class",
    "sasl.kerberos.service.name",
    "sasl.kerberos.kinit.cmd",
    "sasl.login.refresh.window.factor",
    "sasl.login.refresh.window.jitter",
    "sasl.login.refresh.min.period.seconds",
    "sasl.login.refresh.buffer.seconds",
    "sasl.kerberos.ticket.renew.window.factor",
    "sasl.kerberos.ticket.renew.jitter",
    "sasl.kerberos.min.time.before.relogin",
    "sasl.login.connect.timeout.ms",
    "sasl.login.read.timeout.ms",
    "sasl.login.retry.backoff.max.ms",
    "sasl.login.retry.backoff.ms",
    "sasl.oauthbearer.jwt.retriever.class",
    "sasl.oauthbearer.jwt.validator.class",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.client.credentials.client.id",
    "sasl.oauthbearer.client.credentials.client.secret",
    "sasl.oauthbearer.assertion.algorithm",
    "sasl.oauthbearer.assertion.claim.aud",
    "sasl.oauthbearer.assertion.claim.exp.seconds",
    "sasl.oauthbearer.assertion.claim.iss",
    "sasl.oauthbearer.assertion.claim.jti.include",
    "sasl.oauthbearer.assertion.claim.nbf.seconds",
    "sasl.oauthbearer.assertion.claim.sub",
    "sasl.oauthbearer.assertion.file",
    "sasl.oauthbearer.assertion.private.key.file",
    "sasl.oauthbearer.assertion.private.key.passphrase",
    "sasl.oauthbearer.assertion.template.file",
    "sasl.oauthbearer.scope.claim.name",
    "sasl.oauthbearer.sub.claim.name",
    "sasl.oauthbearer.token.endpoint.url",
    "sasl.oauthbearer.jwks.endpoint.url",
    "sasl.oauthbearer.jwks.endpoint.refresh.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms",
    "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms",
    "sasl.oauthbearer.clock.skew.seconds",
    "sasl.oauthbearer.allow.unverified.audience",
    "sasl.oauthbearer.expected.audience",
    "sasl.oauthbearer.allow.unverified.issuer",
    "sasl.oauthbearer.expected.issuer",
    "sasl.oauthbearer.header.urlencode",
    "security.protocol",
)


@pytest.mark.parametrize("name", OF_KAFKA)
def test_each_option_of_kafkas_is_here_or_has_a_replacement(name: str) -> None:
    is_here = name in {option.name for option in SECURITY_OPTIONS}
    assert is_here is (replacement(name) is None)


@pytest.mark.parametrize("name", [name for name in OF_KAFKA if replacement(name) is not None])
def test_what_is_javas_alone_is_refused_with_what_to_write_instead(name: str) -> None:
    for spelling in (name, name.replace(".", "_")):
        assert refusal(**{spelling: "open sesame"}) == f"{spelling}=[hidden]: {replacement(name)}"


def test_a_replacement_is_an_option_that_there_is() -> None:
    """Whatever looks like an option's name in the advice has to be one."""
    known = {option.name for option in SECURITY_OPTIONS}
    for words in REPLACED.values():
        named = {word.strip(";:,") for word in words.split() if word.startswith(("ssl.", "sasl."))}
        assert named <= known


# Secrets...


def test_no_text_of_a_configuration_tells_a_secret() -> None:
    config = parse(
        security_protocol="SASL_SSL",
        sasl_mechanism="PLAIN",
        sasl_username="alice",
        sasl_password="open sesame",
        ssl_keystore_key="open sesame",
        ssl_keystore_certificate_chain="chain",
        ssl_key_password="open sesame",
    )
    assert "sesame" not in f"{config} {config!r}"


def test_not_even_what_a_function_holds_is_told() -> None:
    token = partial("{0}{1}".format, "open", "sesame")
    config = parse(security_protocol="SASL_SSL", sasl_mechanism="OAUTHBEARER", sasl_oauthbearer_token=token)
    assert "sesame" not in repr(config)


def test_a_refused_secret_is_not_repeated() -> None:
    assert refusal(sasl_password=["open sesame"]) == "sasl_password=[hidden] is not allowed; it must be text, or None"
