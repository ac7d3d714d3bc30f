"""SaslHandshake: v0-1

Version notes:
* v0: tokens without headers follow. Not spoken: UNSUPPORTED_VERSION
* v1: SaslAuthenticate requests follow

Behaviour:
* Begins a login, or another login of the same client. A mechanism that is not known: UNSUPPORTED_SASL_MECHANISM, with
  those that are, and the connection is closed.
* Where nobody needs to log in: ILLEGAL_SASL_STATE.

Java: kafka.server.KafkaApis, org.apache.kafka.common.security.authenticator.SaslServerAuthenticator
"""

from typing import cast

from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.sasl.logins import Logins
from kafka_nio.errors import ApiError, IllegalSaslStateError, UnsupportedVersionError
from kafka_nio.protocol.messages import SaslHandshakeRequest, SaslHandshakeResponse
from kafka_nio.spans import Stage, span

FIRST_VERSION_WITH_SASL_AUTHENTICATE = 1


@span(Stage.BROKER, show="request")
def handle_sasl_handshake_request(logins: Logins, request: Request) -> SendResponse:
    """Begin to log in by the mechanism that the client has chosen."""
    body = cast(SaslHandshakeRequest, request.body)
    mechanisms = list(logins.mechanisms)
    try:
        if not mechanisms:
            raise IllegalSaslStateError("nobody needs to log in here")
        if request.version < FIRST_VERSION_WITH_SASL_AUTHENTICATE:
            raise UnsupportedVersionError()
        logins.of(request.connection_id).choose_mechanism(body.mechanism)
    except ApiError as error:
        response = SaslHandshakeResponse(error_code=error.code, mechanisms=mechanisms)
        return SendResponse(response, is_last=bool(mechanisms))
    return SendResponse(SaslHandshakeResponse(mechanisms=mechanisms))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse, and name no mechanisms."""
    return SendResponse(SaslHandshakeResponse(error_code=error.code), is_last=True)
