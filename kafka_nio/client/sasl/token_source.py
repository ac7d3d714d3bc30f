"""Where tokens come from: the caller's function, a file, or a token endpoint.

Each of them is a function that returns a token. It may take its time, so it is called where waiting does no harm.

Java: org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever, FileJwtRetriever
"""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from kafka_nio.client.sasl.access_token import AccessToken, TokenReader
from kafka_nio.client.sasl.token_endpoint import TokenEndpoint
from kafka_nio.client.sasl.token_grants import grant_for
from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import ConfigError, SaslAuthenticationError
from kafka_nio.oauth_options import OAuthConfig, TokenFunction
from kafka_nio.secret import Secret

RetrieveToken = Callable[[], AccessToken]
"""Comes by a token, however long that takes.

Raises:
    ConfigError: what the configuration names is not what it should be.
    SaslAuthenticationError: there is no token to be had.
"""


def token_source(config: OAuthConfig, clock: Clock) -> RetrieveToken:
    """What the configuration says.

    Raises:
        ConfigError: a library is missing, or a file cannot be used.
    """
    url, function = config.sasl_oauthbearer_token_endpoint_url, config.sasl_oauthbearer_token
    if url is None:
        assert function is not None, "the configuration was checked"
        return lambda: _call(function)
    reader = TokenReader(
        config.sasl_oauthbearer_scope_claim_name or "scope", config.sasl_oauthbearer_sub_claim_name or "sub"
    )
    if url.startswith("file:"):
        path = Path(url2pathname(urlsplit(url).path))
        return lambda: reader.read(_text_of(path), clock.time_ms(), str(path))
    endpoint = TokenEndpoint(url, grant_for(config, clock), config, clock)
    return lambda: reader.read(endpoint.post(), clock.time_ms(), str(endpoint))


def _call(function: Secret[TokenFunction]) -> AccessToken:
    try:
        returned: object = function.reveal()()
    except ConfigError:
        raise
    except Exception as error:
        raise SaslAuthenticationError(f"sasl.oauthbearer.token raised {type(error).__name__}") from error
    token, lifetime_ms = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, NEVER)
    if not isinstance(token, str) or not token or not isinstance(lifetime_ms, int | float) or lifetime_ms <= 0:
        raise ConfigError("sasl.oauthbearer.token must return a token, or a token and for how many ms it is good")
    return AccessToken(Secret(token), float(lifetime_ms))


def _text_of(path: Path) -> str:
    """The file is read each time, so that somebody else may put a new token into it."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SaslAuthenticationError(f"the token's file {path} cannot be read: {reason}") from None
