"""The options for TLS and for logging in. What they must not say together is in `security_contradictions`.

TLS takes its keys and certificates as PEM, in files or as text; or, in place of all that, an `ssl.SSLContext`. A login
takes a name and a password, or a function that returns tokens. What only makes sense inside a JVM is in `REPLACED`,
with what to write instead.

Left out against Java: key stores of Java's own (JKS) and PKCS #12, Kerberos, and fetching OAuth tokens over HTTP,
which a function of a few lines does.

Java: org.apache.kafka.common.config.SslConfigs, SaslConfigs
"""

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from kafka_nio.option_kinds import Kind, Option, choice, function, name_or_none, whole
from kafka_nio.secret import Secret

TokenFunction = Callable[[], str | tuple[str, float]]
"""Returns an OAuth token, or the token and for how many ms it is good."""

TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
KERBEROS = "GSSAPI"
"""Kafka's default for `sasl.mechanism`, and the one that is not supported."""


# What they take...


def _require(condition: bool, reason: str = "") -> None:
    if not condition:
        raise ValueError(reason)


def secret_text() -> Kind:
    """Text that nobody must see."""

    def accept(value: Any) -> Secret[str] | None:
        inside = value.reveal() if isinstance(value, Secret) else value
        _require(inside is None or isinstance(inside, str))
        return None if inside is None else Secret(inside)

    return Kind("text, or None", accept, is_secret=True)


def secret_function(does: str) -> Kind:
    """A function that may hold a secret within it, as `functools.partial` does."""
    plain = function(does)

    def accept(value: Any) -> object:
        inside = plain.accept(value.reveal() if isinstance(value, Secret) else value)
        return None if inside is None else Secret(inside)

    return Kind(plain.allowed, accept, is_secret=True)


def path() -> Kind:
    """A file's path."""

    def accept(value: Any) -> str | None:
        _require(value is None or (isinstance(value, str | os.PathLike) and str(value) != ""))
        return None if value is None else os.fspath(value)

    return Kind("a path, or None", accept)


def names(*known: str) -> Kind:
    """Names, as text with commas or as a list; any names if none are known."""

    def accept(value: Any) -> tuple[str, ...]:
        listed = value.split(",") if isinstance(value, str) else value
        _require(isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed))
        stripped = tuple(name.strip() for name in listed if name.strip())
        _require(bool(stripped) or not known)
        for name in stripped:
            _require(not known or name in known, f"is wrong in {name!r}")
        return stripped

    allowed = f"out of {', '.join(known)}" if known else "names"
    return Kind(f"{allowed}, with commas between them or in a list", accept)


def pem_only() -> Kind:
    """The form of a key store: there is one."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str))
        _require(value.upper() == "PEM", "cannot be read here (openssl pkcs12 -in store.p12 -out all.pem converts it)")
        return "PEM"

    return Kind("'PEM'", accept)


def host_name_check() -> Kind:
    """Kafka's name for it is https, after the protocol that does it that way."""

    def accept(value: Any) -> str:
        _require(value is None or (isinstance(value, str) and value.lower() in ("https", "")))
        return (value or "").lower()

    return Kind("'https', or '' for no check", accept)


def tls_context() -> Kind:
    """A context of the caller's own."""

    def accept(value: Any) -> ssl.SSLContext | None:
        _require(value is None or isinstance(value, ssl.SSLContext))
        return None if value is None else cast(ssl.SSLContext, value)

    return Kind("an ssl.SSLContext, or None", accept)


def fraction(least: float, most: float) -> Kind:
    """A part of a whole."""

    def accept(value: Any) -> float:
        _require(isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most)
        return float(value)

    return Kind(f"a number from {least} to {most}", accept, _fraction_from_text)


def _fraction_from_text(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


# The table...

SECURITY_OPTIONS: tuple[Option, ...] = (
    Option(
        "security.protocol",
        choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
        "PLAINTEXT",
        "Whether connections are encrypted (SSL) and whether they begin with a login (SASL).",
    ),
    Option("ssl.context", tls_context(), None, "An SSLContext to use as it is, in place of all other ssl options."),
    Option("ssl.truststore.location", path(), None, "A PEM file of the certificates to trust; None for the system's."),
    Option("ssl.truststore.certificates", name_or_none(), None, "The same, as PEM text."),
    Option("ssl.truststore.type", pem_only(), "PEM", "The form of the certificates to trust."),
    Option("ssl.keystore.location", path(), None, "A PEM file of our private key and its certificate chain."),
    Option("ssl.keystore.certificate.chain", name_or_none(), None, "Our certificate chain, as PEM text."),
    Option("ssl.keystore.key", secret_text(), None, "Our private key, as PEM text."),
    Option("ssl.keystore.type", pem_only(), "PEM", "The form of our key and chain."),
    Option("ssl.key.password", secret_text(), None, "What our private key is encrypted with."),
    Option(
        "ssl.endpoint.identification.algorithm",
        host_name_check(),
        "https",
        "Whether a broker's certificate must be made out to the host we connect to; '' for no.",
    ),
    Option("ssl.protocol", choice("TLS", *TLS_VERSIONS), "TLSv1.3", "The newest version of TLS to speak."),
    Option("ssl.enabled.protocols", names(*TLS_VERSIONS), TLS_VERSIONS, "The versions of TLS to speak."),
    Option("ssl.cipher.suites", names(), (), "OpenSSL's names of the ciphers to use in TLS 1.2; none for its choice."),
    Option("sasl.mechanism", choice(*MECHANISMS, KERBEROS), KERBEROS, "How to log in."),
    Option("sasl.username", name_or_none(), None, "The name to log in with, for PLAIN and SCRAM."),
    Option("sasl.password", secret_text(), None, "The password that goes with it."),
    Option(
        "sasl.oauthbearer.token",
        secret_function("returns a token, or a token and for how many ms it is good"),
        None,
        "Returns the token to log in with, for OAUTHBEARER; called again, on a thread of its own, before it expires.",
    ),
    Option("sasl.login.refresh.window.factor", fraction(0.5, 1), 0.8, "After which part of its life a token is old."),
    Option("sasl.login.refresh.window.jitter", fraction(0, 0.25), 0.05, "How much later that may be, at random."),
    Option("sasl.login.refresh.min.period.seconds", whole(0, 900), 60, "A token is not old before that."),
    Option("sasl.login.refresh.buffer.seconds", whole(0, 3600), 300, "A token is old so long before it expires."),
)

REPLACED: dict[str, str] = {
    "ssl.truststore.password": "a PEM file of certificates has no password; leave it out",
    "ssl.keystore.password": "a PEM file has no password, but the key in it may have one: ssl.key.password",
    "ssl.provider": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.keymanager.algorithm": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.trustmanager.algorithm": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.secure.random.implementation": "that is Java's; OpenSSL has its own source of randomness",
    "ssl.engine.factory.class": "a class of Java's cannot be used here; hand an SSLContext in as ssl.context",
    "sasl.jaas.config": "that is Java's; write sasl.username and sasl.password",
    "sasl.client.callback.handler.class": "that is Java's; write sasl.username and sasl.password",
    "sasl.login.callback.handler.class": "that is Java's; hand a function in as sasl.oauthbearer.token",
    "sasl.login.class": "that is Java's; hand a function in as sasl.oauthbearer.token",
    "sasl.login.": "nothing is fetched here; hand a function that fetches tokens in as sasl.oauthbearer.token",
    "sasl.oauthbearer.": "nothing is fetched here; hand a function that fetches tokens in as sasl.oauthbearer.token",
    "sasl.kerberos.": f"Kerberos is not supported; sasl.mechanism may be {', '.join(MECHANISMS)}",
}
"""Kafka's options that have no place here, by name or by the beginning of it, with what to write instead."""


def replacement(name: str) -> str | None:
    """What to write instead of one of Kafka's options; None for those that are here, or are no options at all."""
    if name in {option.name for option in SECURITY_OPTIONS}:
        return None
    beginnings = [start for start in REPLACED if start.endswith(".") and name.startswith(start)]
    return REPLACED.get(name) or next((REPLACED[start] for start in beginnings), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityConfig:
    """One value for each row of `SECURITY_OPTIONS`, under its name in Python."""

    security_protocol: str
    ssl_context: ssl.SSLContext | None
    ssl_truststore_location: str | None
    ssl_truststore_certificates: str | None
    ssl_truststore_type: str
    ssl_keystore_location: str | None
    ssl_keystore_certificate_chain: str | None
    ssl_keystore_key: Secret[str] | None
    ssl_keystore_type: str
    ssl_key_password: Secret[str] | None
    ssl_endpoint_identification_algorithm: str
    ssl_protocol: str
    ssl_enabled_protocols: tuple[str, ...]
    ssl_cipher_suites: tuple[str, ...]
    sasl_mechanism: str
    sasl_username: str | None
    sasl_password: Secret[str] | None
    sasl_oauthbearer_token: Secret[TokenFunction] | None
    sasl_login_refresh_window_factor: float
    sasl_login_refresh_window_jitter: float
    sasl_login_refresh_min_period_seconds: int
    sasl_login_refresh_buffer_seconds: int

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether connections begin with a login."""
        return self.security_protocol.startswith("SASL")
