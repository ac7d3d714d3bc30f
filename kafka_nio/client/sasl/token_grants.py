"""Why a token endpoint should give us a token: because we know a secret, or because somebody has signed for us.

    client credentials (RFC 6749 §4.4)    Authorization: Basic base64(client id:secret)
    jwt-bearer (RFC 7523, KIP-1139)       assertion=header.claims.signature

Java: org.apache.kafka.common.security.oauthbearer.ClientCredentialsJwtRetriever, JwtBearerJwtRetriever
"""

from base64 import b64encode
from urllib.parse import quote, quote_plus, urlencode

from kafka_nio.client.sasl.assertion import MakeAssertion, assertion_from_file, signed_assertion
from kafka_nio.client.sasl.token_endpoint import Grant
from kafka_nio.clock import Clock
from kafka_nio.oauth_options import OAuthConfig
from kafka_nio.secret import Secret

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def grant_for(config: OAuthConfig, clock: Clock) -> Grant:
    """What the configuration says.

    Raises:
        ConfigError: a library is missing, or a file cannot be used.
    """
    scope = config.sasl_oauthbearer_scope
    if config.sasl_oauthbearer_assertion_file is not None:
        return JwtBearer(assertion_from_file(config.sasl_oauthbearer_assertion_file), scope)
    if config.sasl_oauthbearer_assertion_private_key_file is not None:
        return JwtBearer(signed_assertion(config, clock), scope)
    client_id = config.sasl_oauthbearer_client_credentials_client_id
    secret = config.sasl_oauthbearer_client_credentials_client_secret
    assert client_id is not None, "the configuration was checked"
    assert secret is not None, "the configuration was checked"
    return ClientCredentials(client_id, secret, scope, is_encoded=config.sasl_oauthbearer_header_urlencode)


class ClientCredentials:
    """By client id and secret.

    Args:
        is_encoded: whether both are URL-encoded first, as RFC 6749 asks for and many providers do not expect.
    """

    def __init__(self, client_id: str, secret: Secret[str], scope: str | None, *, is_encoded: bool) -> None:
        self._client_id = client_id
        self._secret = secret
        self._scope = scope
        self._is_encoded = is_encoded

    def headers(self) -> dict[str, str]:
        """Name and secret."""
        parts = [self._client_id.strip(), self._secret.reveal().strip()]
        if self._is_encoded:
            parts = [quote_plus(part, safe="*") for part in parts]
        return {"Authorization": "Basic " + b64encode(":".join(parts).encode()).decode()}

    def body(self) -> str:
        """What we want."""
        return urlencode({"grant_type": "client_credentials"} | _scope(self._scope))

    def is_told_by(self, text: str) -> bool:
        """Whether the secret, or the header that has it, is in the text."""
        secret = self._secret.reveal().strip()
        header = self.headers()["Authorization"].removeprefix("Basic ")
        return any(form in text for form in (secret, quote(secret, safe=""), quote_plus(secret), header) if form)

    def __repr__(self) -> str:
        return f"<ClientCredentials of {self._client_id}>"


class JwtBearer:
    """By an assertion."""

    def __init__(self, make_assertion: MakeAssertion, scope: str | None) -> None:
        self._make_assertion = make_assertion
        self._assertion = Secret("")
        self._scope = scope

    def headers(self) -> dict[str, str]:
        """Nothing: all of it is in the body."""
        return {}

    def body(self) -> str:
        """The assertion, made now, and what we want."""
        self._assertion = self._make_assertion()
        asserted = {"grant_type": JWT_BEARER, "assertion": self._assertion.reveal()}
        return urlencode(asserted | _scope(self._scope))

    def is_told_by(self, text: str) -> bool:
        """Whether the newest assertion is in the text."""
        assertion = self._assertion.reveal()
        return bool(assertion) and assertion in text

    def __repr__(self) -> str:
        return "<JwtBearer>"


def _scope(scope: str | None) -> dict[str, str]:
    return {"scope": scope.strip()} if scope is not None and scope.strip() else {}
