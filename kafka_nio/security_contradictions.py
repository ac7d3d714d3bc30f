"""What the options for TLS and for logging in must not say together.

A credential that would not be used is refused too: who hands in a certificate or a password believes that it protects
something.

Java: org.apache.kafka.common.security.ssl.DefaultSslEngineFactory, org.apache.kafka.common.security.JaasContext
"""

from collections.abc import Collection, Mapping
from typing import Any

from kafka_nio.errors import ConfigError
from kafka_nio.oauth_options import OAUTH_OPTIONS, TokenSource, has_use_for
from kafka_nio.security_options import KERBEROS, MECHANISMS

TLS_CREDENTIALS = (
    "ssl_context",
    "ssl_truststore_location",
    "ssl_truststore_certificates",
    "ssl_keystore_location",
    "ssl_keystore_certificate_chain",
    "ssl_keystore_key",
    "ssl_key_password",
)
CLIENT_CREDENTIALS = (
    "sasl_oauthbearer_client_credentials_client_id",
    "sasl_oauthbearer_client_credentials_client_secret",
)
SASL_CREDENTIALS = (
    "sasl_username",
    "sasl_password",
    "sasl_oauthbearer_token",
    "sasl_oauthbearer_token_endpoint_url",
    "sasl_oauthbearer_assertion_file",
    "sasl_oauthbearer_assertion_private_key_file",
    *CLIENT_CREDENTIALS,
)
TOKEN_OPTIONS = frozenset(option.attribute for option in OAUTH_OPTIONS)


def refuse_contradictions(given: Collection[str], values: Mapping[str, Any]) -> None:
    """Look at all values together.

    Args:
        given: the options that the caller wrote, by their names in Python.
        values: the value of each option.

    Raises:
        ConfigError: two options contradict each other, or one that is needed is missing.
    """
    protocol: str = values["security_protocol"]
    set_ones = [name for name in (*TLS_CREDENTIALS, *SASL_CREDENTIALS) if values[name] is not None]
    if not protocol.endswith("SSL"):
        _refuse_unused(set_ones, TLS_CREDENTIALS, f"security.protocol={protocol} uses no TLS; SSL and SASL_SSL do")
    if not protocol.startswith("SASL"):
        unused = f"security.protocol={protocol} does not log in; SASL_SSL and SASL_PLAINTEXT do"
        _refuse_unused(set_ones, SASL_CREDENTIALS, unused)
    _check_tls(given, values)
    if protocol.startswith("SASL"):
        _check_sasl(protocol, given, values)


def _refuse_unused(set_ones: Collection[str], credentials: Collection[str], why: str) -> None:
    unused = [name for name in set_ones if name in credentials]
    if unused:
        raise ConfigError(f"{_dotted(unused[0])} would have no effect: {why}")


def _check_tls(given: Collection[str], values: Mapping[str, Any]) -> None:
    others = [name for name in given if name.startswith("ssl_") and name != "ssl_context"]
    if values["ssl_context"] is not None and others:
        raise ConfigError(f"ssl.context is used as it is, so {_dotted(others[0])} has no place beside it")
    has = {name: values[name] is not None for name in TLS_CREDENTIALS}
    if has["ssl_truststore_location"] and has["ssl_truststore_certificates"]:
        raise ConfigError("ssl.truststore.location and ssl.truststore.certificates say the same: give one of them")
    if has["ssl_keystore_location"] and (has["ssl_keystore_key"] or has["ssl_keystore_certificate_chain"]):
        raise ConfigError("ssl.keystore.location holds key and certificates: give it, or both of them as text")
    if has["ssl_keystore_key"] != has["ssl_keystore_certificate_chain"]:
        raise ConfigError("ssl.keystore.key and ssl.keystore.certificate.chain belong together: one of them is missing")
    if has["ssl_key_password"] and not (has["ssl_keystore_location"] or has["ssl_keystore_key"]):
        raise ConfigError("ssl.key.password is there, and no key: give ssl.keystore.location or ssl.keystore.key")


def _check_sasl(protocol: str, given: Collection[str], values: Mapping[str, Any]) -> None:
    mechanism: str = values["sasl_mechanism"]
    if mechanism == KERBEROS:
        raise ConfigError(
            f"security.protocol={protocol} with sasl.mechanism={KERBEROS} (Kafka's default) is Kerberos, which is not "
            f"supported; sasl.mechanism may be {', '.join(MECHANISMS)}"
        )
    if mechanism == "OAUTHBEARER":
        _check_tokens(given, values)
        return
    for name in ("sasl_username", "sasl_password"):
        if values[name] is None:
            raise ConfigError(f"{_dotted(name)} is missing: {mechanism} needs it")
    for name in given:
        if name.startswith("sasl_oauthbearer_") and values[name] is not None:
            raise ConfigError(f"{_dotted(name)} is given: {mechanism} has no use for it")
    if values["sasl_scram_tokenauth"] and not mechanism.startswith("SCRAM"):
        raise ConfigError(f"sasl.scram.tokenauth is given: {mechanism} has no use for it; SCRAM-SHA-256 and -512 have")


def _check_tokens(given: Collection[str], values: Mapping[str, Any]) -> None:
    for name in ("sasl_username", "sasl_password", "sasl_scram_tokenauth"):
        if values[name]:
            raise ConfigError(f"{_dotted(name)} is given: OAUTHBEARER has no use for it")
    source = TokenSource.of(values)
    if source is None:
        raise ConfigError(
            "sasl.oauthbearer.token is missing: OAUTHBEARER needs it, or sasl.oauthbearer.token.endpoint.url"
        )
    for name in given:
        if name in TOKEN_OPTIONS and not has_use_for(source, name) and values[name] is not None:
            raise ConfigError(f"{_dotted(name)} would have no effect: tokens come from {source.value}")
    if source is TokenSource.CLIENT_CREDENTIALS:
        _need_credentials(values)
    pause, longest = values["sasl_login_retry_backoff_ms"], values["sasl_login_retry_backoff_max_ms"]
    if pause > longest:
        raise ConfigError(f"sasl.login.retry.backoff.max.ms={longest} is less than sasl.login.retry.backoff.ms={pause}")


def _need_credentials(values: Mapping[str, Any]) -> None:
    for name in CLIENT_CREDENTIALS:
        if values[name] is None:
            raise ConfigError(
                f"{_dotted(name)} is missing: the token endpoint asks for it, or for an assertion instead: "
                "sasl.oauthbearer.assertion.private.key.file or sasl.oauthbearer.assertion.file"
            )


def _dotted(name: str) -> str:
    return name.replace("_", ".")
