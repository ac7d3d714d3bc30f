"""SaslHandshake: "I want to log in by this mechanism"; the answer lists those that the broker takes.

Versions: 0 is followed by the mechanism's tokens as they are, each with its size in front; 1 by SaslAuthenticate
requests, which carry them (KIP-152).

Java: org.apache.kafka.common.requests.SaslHandshakeRequest
"""

from typing import ClassVar

from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.schema import Int16, field, message


@message
class SaslHandshakeRequest(Message):
    """The mechanism that the client has chosen."""

    api_key: ClassVar[ApiKey] = ApiKey.SASL_HANDSHAKE

    mechanism: str = ""


@message
class SaslHandshakeResponse(Message):
    """Whether the broker agrees, and what it would agree to."""

    api_key: ClassVar[ApiKey] = ApiKey.SASL_HANDSHAKE

    error_code: Int16 = 0
    mechanisms: list[str] = field(default=[])
