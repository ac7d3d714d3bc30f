"""SaslAuthenticate: one token of a login, and the broker's token in return.

What is in a token is the mechanism's business. It may be a password, so no text of these messages shows it.

Versions: 1 the session's lifetime, after which one has to log in again (KIP-368); 2 flexible.

Java: org.apache.kafka.common.requests.SaslAuthenticateRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, Int64, field, message


@message
class SaslAuthenticateRequest(Message):
    """The client's token."""

    api_key: ClassVar[ApiKey] = ApiKey.SASL_AUTHENTICATE

    auth_bytes: bytes = b""

    def __repr__(self) -> str:
        return f"SaslAuthenticateRequest({len(self.auth_bytes)} bytes)"


@message
class SaslAuthenticateResponse(Message):
    """The broker's token; or an error, perhaps with the broker's own words."""

    api_key: ClassVar[ApiKey] = ApiKey.SASL_AUTHENTICATE

    error_code: Int16 = 0
    error_message: str | None = None
    auth_bytes: bytes = b""
    session_lifetime_ms: Int64 = field(since=1, default=0)

    def __repr__(self) -> str:
        return (
            f"SaslAuthenticateResponse(error_code={self.error_code}, error_message={self.error_message!r}, "
            f"{len(self.auth_bytes)} bytes, session_lifetime_ms={self.session_lifetime_ms})"
        )
