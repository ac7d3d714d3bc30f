"""The options for logging in by a token (OAUTHBEARER): where tokens come from, and when one is old.

Tokens come from one of four places, and each has options of its own (`SOURCES`):

    a function of the caller's       sasl.oauthbearer.token
    a file                           sasl.oauthbearer.token.endpoint.url = file:///…
    a token endpoint, by password    sasl.oauthbearer.token.endpoint.url = https://… and client credentials
    a token endpoint, by signature   sasl.oauthbearer.token.endpoint.url = https://… and an assertion (KIP-1139)

Left out against Java: naming a class that fetches or checks tokens. What is there tells the place; the broker checks.

Java: org.apache.kafka.common.config.SaslConfigs
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from kafka_nio.option_kinds import Option, duration, flag, name_or_none, whole
from kafka_nio.secret import Secret
from kafka_nio.security_kinds import (
    duration_or_none,
    fraction,
    one_of,
    path,
    sasl_extensions,
    secret_function,
    secret_text,
    tls_context,
    url_or_none,
)

if TYPE_CHECKING:
    import ssl  # for its name alone; loading it takes a while

TokenFunction = Callable[[], str | tuple[str, float]]
"""Returns an OAuth token, or the token and for how many ms it is good."""

OAUTH_OPTIONS: tuple[Option, ...] = (
    Option(
        "sasl.oauthbearer.token",
        secret_function("returns a token, or a token and for how many ms it is good"),
        None,
        "Returns the token to log in with, for OAUTHBEARER; called again, on a thread of its own, before it expires.",
    ),
    Option(
        "sasl.oauthbearer.token.endpoint.url",
        url_or_none(),
        None,
        "Where tokens are to be had, by https, by http or in a file.",
    ),
    Option("sasl.oauthbearer.ssl.context", tls_context(), None, "An SSLContext for an https: address; None: default."),
    Option("sasl.oauthbearer.client.credentials.client.id", name_or_none(), None, "Our name at the token endpoint."),
    Option("sasl.oauthbearer.client.credentials.client.secret", secret_text(), None, "And our password there."),
    Option("sasl.oauthbearer.header.urlencode", flag(), False, "Whether both are URL-encoded in the header."),
    Option("sasl.oauthbearer.scope", name_or_none(), None, "What the token shall be good for."),
    Option("sasl.oauthbearer.assertion.file", path(), None, "A file with a signed assertion of who we are."),
    Option("sasl.oauthbearer.assertion.private.key.file", path(), None, "Or a PEM file of the key to sign one with."),
    Option("sasl.oauthbearer.assertion.private.key.passphrase", secret_text(), None, "What the key is encrypted with."),
    Option("sasl.oauthbearer.assertion.algorithm", one_of("RS256", "ES256"), "RS256", "How assertions are signed."),
    Option("sasl.oauthbearer.assertion.template.file", path(), None, "A JSON file: header and payload to begin with."),
    Option("sasl.oauthbearer.assertion.claim.aud", name_or_none(), None, "For whom the assertion is."),
    Option("sasl.oauthbearer.assertion.claim.iss", name_or_none(), None, "Who asserts it."),
    Option("sasl.oauthbearer.assertion.claim.sub", name_or_none(), None, "Of whom it is asserted."),
    Option("sasl.oauthbearer.assertion.claim.exp.seconds", whole(0, 86_400), 300, "How long it is good from now on."),
    Option("sasl.oauthbearer.assertion.claim.nbf.seconds", whole(0, 3_600), 60, "Since when it has been good."),
    Option("sasl.oauthbearer.assertion.claim.jti.include", flag(), False, "Whether each has an id of its own."),
    Option("sasl.oauthbearer.scope.claim.name", name_or_none(), "scope", "Under which name a token tells its scope."),
    Option("sasl.oauthbearer.sub.claim.name", name_or_none(), "sub", "Under which name it tells whose it is."),
    Option("sasl.oauthbearer.extensions", sasl_extensions(), None, "What the broker is told beside the token."),
    Option("sasl.login.connect.timeout.ms", duration_or_none(), None, "How long a connect to the endpoint may take."),
    Option("sasl.login.read.timeout.ms", duration_or_none(), None, "How long the endpoint may keep silent."),
    Option("sasl.login.retry.backoff.ms", duration(), 100, "The pause before it is asked again; it doubles."),
    Option("sasl.login.retry.backoff.max.ms", duration(), 10_000, "How long it is asked again, all in all."),
    Option("sasl.login.refresh.window.factor", fraction(0.5, 1), 0.8, "After which part of its life a token is old."),
    Option("sasl.login.refresh.window.jitter", fraction(0, 0.25), 0.05, "How much later that may be, at random."),
    Option("sasl.login.refresh.min.period.seconds", whole(0, 900), 60, "A token is not old before that."),
    Option("sasl.login.refresh.buffer.seconds", whole(0, 3600), 300, "A token is old so long before it expires."),
)


# Only a whole ProducerConfig is ever made, and compiling these methods for its parts takes a while.
@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False, eq=False)
class OAuthConfig:
    """One value for each row of `OAUTH_OPTIONS`, under its name in Python."""

    sasl_oauthbearer_token: Secret[TokenFunction] | None
    sasl_oauthbearer_token_endpoint_url: str | None
    sasl_oauthbearer_ssl_context: "ssl.SSLContext | None"
    sasl_oauthbearer_client_credentials_client_id: str | None
    sasl_oauthbearer_client_credentials_client_secret: Secret[str] | None
    sasl_oauthbearer_header_urlencode: bool
    sasl_oauthbearer_scope: str | None
    sasl_oauthbearer_assertion_file: str | None
    sasl_oauthbearer_assertion_private_key_file: str | None
    sasl_oauthbearer_assertion_private_key_passphrase: Secret[str] | None
    sasl_oauthbearer_assertion_algorithm: str
    sasl_oauthbearer_assertion_template_file: str | None
    sasl_oauthbearer_assertion_claim_aud: str | None
    sasl_oauthbearer_assertion_claim_iss: str | None
    sasl_oauthbearer_assertion_claim_sub: str | None
    sasl_oauthbearer_assertion_claim_exp_seconds: int
    sasl_oauthbearer_assertion_claim_nbf_seconds: int
    sasl_oauthbearer_assertion_claim_jti_include: bool
    sasl_oauthbearer_scope_claim_name: str | None
    sasl_oauthbearer_sub_claim_name: str | None
    sasl_oauthbearer_extensions: tuple[tuple[str, str], ...] | None
    sasl_login_connect_timeout_ms: float | None
    sasl_login_read_timeout_ms: float | None
    sasl_login_retry_backoff_ms: int
    sasl_login_retry_backoff_max_ms: int
    sasl_login_refresh_window_factor: float
    sasl_login_refresh_window_jitter: float
    sasl_login_refresh_min_period_seconds: int
    sasl_login_refresh_buffer_seconds: int


class TokenSource(Enum):
    """Where tokens come from."""

    FUNCTION = "a function of the caller's"
    FILE = "a file"
    CLIENT_CREDENTIALS = "a token endpoint, by client id and secret"
    ASSERTION_FILE = "a token endpoint, by an assertion out of a file"
    SIGNED_ASSERTION = "a token endpoint, by an assertion signed here"

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "TokenSource | None":
        """What the options say, by their names in Python; None if they say nothing."""
        url: str | None = values["sasl_oauthbearer_token_endpoint_url"]
        if url is None:
            return None if values["sasl_oauthbearer_token"] is None else cls.FUNCTION
        if url.startswith("file:"):
            return cls.FILE
        if values["sasl_oauthbearer_assertion_file"] is not None:
            return cls.ASSERTION_FILE
        by_key = values["sasl_oauthbearer_assertion_private_key_file"] is not None
        return cls.SIGNED_ASSERTION if by_key else cls.CLIENT_CREDENTIALS


_OF_ALL = ("sasl_login_refresh_", "sasl_oauthbearer_extensions")
_RETRIEVED = ("sasl_oauthbearer_token_endpoint_url", "sasl_oauthbearer_scope_claim_", "sasl_oauthbearer_sub_claim_")
_OVER_HTTP = (
    *_RETRIEVED,
    "sasl_oauthbearer_ssl_context",
    "sasl_oauthbearer_scope",
    "sasl_login_connect_",
    "sasl_login_read_",
    "sasl_login_retry_",
)

SOURCES: dict[TokenSource, tuple[str, ...]] = {
    TokenSource.FUNCTION: (*_OF_ALL, "sasl_oauthbearer_token"),
    TokenSource.FILE: (*_OF_ALL, *_RETRIEVED),
    TokenSource.CLIENT_CREDENTIALS: (
        *_OF_ALL,
        *_OVER_HTTP,
        "sasl_oauthbearer_client_credentials_",
        "sasl_oauthbearer_header_urlencode",
    ),
    TokenSource.ASSERTION_FILE: (*_OF_ALL, *_OVER_HTTP, "sasl_oauthbearer_assertion_file"),
    TokenSource.SIGNED_ASSERTION: (*_OF_ALL, *_OVER_HTTP, "sasl_oauthbearer_assertion_"),
}
"""The options that each has a use for; a name that ends in _ stands for all that begin with it."""


def has_use_for(source: TokenSource, name: str) -> bool:
    """Whether tokens from there depend on this option, by its name in Python."""
    return any(name.startswith(known) if known.endswith("_") else name == known for known in SOURCES[source])
