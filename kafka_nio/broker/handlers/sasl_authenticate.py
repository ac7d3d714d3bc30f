"""SaslAuthenticate: v0-2

Version notes:
* v1: the last answer says how long the session lasts (KIP-368)
* v2: flexible

Behaviour:
* Answers one token of a login with another. A client that is not who it says gets SASL_AUTHENTICATION_FAILED with a
  sentence, and the connection is closed behind it.
* Without a handshake before it: ILLEGAL_SASL_STATE.

Java: kafka.server.KafkaApis, org.apache.kafka.common.security.authenticator.SaslServerAuthenticator
"""

from typing import cast

from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.broker.sasl.logins import Logins
from kafka_nio.broker.sasl.sasl_server_authenticator import SaslState
from kafka_nio.errors import ApiError, IllegalSaslStateError, SaslAuthenticationError
from kafka_nio.protocol.messages import SaslAuthenticateRequest, SaslAuthenticateResponse
from kafka_nio.spans import Stage, span


@span(Stage.BROKER, show="request")
def handle_sasl_authenticate_request(logins: Logins, request: Request) -> SendResponse:
    """Answer a token of the client's login."""
    body = cast(SaslAuthenticateRequest, request.body)
    login = logins.of(request.connection_id)
    if login.state is not SaslState.AUTHENTICATE:
        error = IllegalSaslStateError("SaslAuthenticate came without a SaslHandshake before it")
        return SendResponse(SaslAuthenticateResponse(error_code=error.code, error_message=str(error)))
    try:
        token, lifetime_ms = login.evaluate(bytes(body.auth_bytes))
    except SaslAuthenticationError as error:
        return error_response(request, error)
    return SendResponse(SaslAuthenticateResponse(auth_bytes=token, session_lifetime_ms=lifetime_ms))


def error_response(request: Request, error: ApiError) -> SendResponse:
    """Refuse, and say why."""
    response = SaslAuthenticateResponse(error_code=error.code, error_message=str(error))
    return SendResponse(response, is_last=True)
