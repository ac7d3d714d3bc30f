"""The options for TLS and for logging in. What they must not say together is in `security_contradictions`.

TLS takes its keys and certificates as PEM, in files or as text; or, in place of all that, an `ssl.SSLContext`. A login
takes a name and a password, or tokens, whose options are in `oauth_options`. What only makes sense inside a JVM is in
`REPLACED`, with what to write instead.

Left out against Java: key stores of Java's own (JKS) and PKCS #12, and Kerberos.

Java: org.apache.kafka.common.config.SslConfigs, SaslConfigs
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from kafka_nio.oauth_options import OAUTH_OPTIONS, OAuthConfig
from kafka_nio.option_kinds import Option, choice, flag, name_or_none
from kafka_nio.secret import Secret
from kafka_nio.security_kinds import host_name_check, names, path, pem_only, secret_text, tls_context

if TYPE_CHECKING:
    import ssl  # for its name alone; loading it takes a while

TLS_VERSIONS = ("TLSv1.2", "TLSv1.3")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
KERBEROS = "GSSAPI"
"""Kafka's default for `sasl.mechanism`, and the one that is not supported."""


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
    Option("sasl.scram.tokenauth", flag(), False, "Whether name and password are a delegation token's id and HMAC."),
    *OAUTH_OPTIONS,
)

ONLY_THE_BROKER = "it is the broker that checks tokens, so this has no effect on a producer; leave it out"

REPLACED: dict[str, str] = {
    "ssl.truststore.password": "a PEM file of certificates has no password; leave it out",
    "ssl.keystore.password": "a PEM file has no password, but the key in it may have one: ssl.key.password",
    "ssl.provider": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.keymanager.algorithm": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.trustmanager.algorithm": "that is Java's; hand an SSLContext in as ssl.context",
    "ssl.secure.random.implementation": "that is Java's; OpenSSL has its own source of randomness",
    "ssl.engine.factory.class": "a class of Java's cannot be used here; hand an SSLContext in as ssl.context",
    "sasl.jaas.config": "that is Java's; write sasl.username and sasl.password, or sasl.oauthbearer.token.endpoint.url",
    "sasl.client.callback.handler.class": "that is Java's; write sasl.username and sasl.password",
    "sasl.login.callback.handler.class": "that is Java's; hand a function in as sasl.oauthbearer.token",
    "sasl.login.class": "that is Java's; hand a function in as sasl.oauthbearer.token",
    "sasl.oauthbearer.jwt.retriever.class": (
        "that is Java's; what is there decides: sasl.oauthbearer.client.credentials.client.id or "
        "sasl.oauthbearer.assertion.private.key.file; or hand a function in as sasl.oauthbearer.token"
    ),
    "sasl.oauthbearer.jwt.validator.class": ONLY_THE_BROKER,
    "sasl.oauthbearer.jwks.": ONLY_THE_BROKER,
    "sasl.oauthbearer.clock.skew.seconds": ONLY_THE_BROKER,
    "sasl.oauthbearer.expected.": ONLY_THE_BROKER,
    "sasl.oauthbearer.allow.": ONLY_THE_BROKER,
    "sasl.kerberos.": f"Kerberos is not supported; sasl.mechanism may be {', '.join(MECHANISMS)}",
}
"""Kafka's options that have no place here, by name or by the beginning of it, with what to write instead."""


def replacement(name: str) -> str | None:
    """What to write instead of one of Kafka's options; None for those that are here, or are no options at all."""
    if name in {option.name for option in SECURITY_OPTIONS}:
        return None
    beginnings = [start for start in REPLACED if start.endswith(".") and name.startswith(start)]
    return REPLACED.get(name) or next((REPLACED[start] for start in beginnings), None)


# Only a whole ProducerConfig is ever made, and compiling these methods for its parts takes a while.
@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False, eq=False)
class SecurityConfig(OAuthConfig):
    """One value for each row of `SECURITY_OPTIONS`, under its name in Python."""

    security_protocol: str
    ssl_context: "ssl.SSLContext | None"
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
    sasl_scram_tokenauth: bool

    @property
    def uses_tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def uses_sasl(self) -> bool:
        """Whether connections begin with a login."""
        return self.security_protocol.startswith("SASL")
