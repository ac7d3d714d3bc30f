"""Logging in to a broker: the conversation on a new connection, before the first of the client's own requests.

    ApiVersions v0      what do you speak?          always first: an old broker may take anything else for a token
    SaslHandshake       this mechanism, please      or a refusal, which lists those that there are
    SaslAuthenticate    token, and token back       as often as the mechanism needs

A broker that does not know SaslAuthenticate (before 1.0) is sent the tokens bare, each with its size in front.

Nothing here waits. `authenticate` writes what the kernel takes and reads what has arrived. `TRANSITIONS` says where the
conversation stands; it moves on only when the last byte of what had to be said has left.

Logging in again (KIP-368): a broker may say for how long a login is good. When most of that time is over, the next
write begins the conversation anew, from SaslHandshake on. Answers to the client's own requests may still arrive. They
are told apart by their correlation ids, because ours come from a window that nobody else uses (KAFKA-9854).

Left out against Java: Kerberos.

Java: org.apache.kafka.common.security.authenticator.SaslClientAuthenticator
"""

from collections.abc import Callable, Sequence
from enum import Enum
from random import Random
from typing import cast

from kafka_nio.client.correlation_ids import is_reserved, reserved_correlation_ids
from kafka_nio.client.sasl.mechanism import NewMechanism
from kafka_nio.client.sasl.session import reauthentication_time_ns
from kafka_nio.clock import Clock
from kafka_nio.errors import (
    AuthenticationError,
    IllegalSaslStateError,
    ProtocolError,
    UnsupportedSaslMechanismError,
    error_for,
)
from kafka_nio.network import NetworkReceive, NetworkSend, TransportLayer
from kafka_nio.nio import OP_WRITE
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import decode_response, encode_request, read_correlation_id
from kafka_nio.protocol.messages import (
    ApiVersionsRequest,
    ApiVersionsResponse,
    SaslAuthenticateRequest,
    SaslAuthenticateResponse,
    SaslHandshakeRequest,
    SaslHandshakeResponse,
)
from kafka_nio.quoting import quoted
from kafka_nio.spans import Stage, span
from kafka_nio.state_machine import following


class SaslState(Enum):
    """How far the conversation has come."""

    SEND_APIVERSIONS_REQUEST = "about to ask for versions"
    RECEIVE_APIVERSIONS_RESPONSE = "asked for versions"
    SEND_HANDSHAKE_REQUEST = "about to name the mechanism"
    RECEIVE_HANDSHAKE_RESPONSE = "named the mechanism"
    INITIAL = "about to send the first token"
    INTERMEDIATE = "exchanging tokens"
    CLIENT_COMPLETE = "waiting for the last word"
    COMPLETE = "logged in"
    FAILED = "failed to log in"


class SaslEvent(Enum):
    """What can happen in it."""

    SENT = "our message has left"
    RECEIVED = "the answer has arrived"
    LAST_SENT = "our last token has left"
    DONE = "nothing is left to say"
    REFUSED = "one end does not accept the other"
    AGAIN = "the login has to be renewed"


TRANSITIONS: dict[tuple[SaslState, SaslEvent], SaslState] = {
    (SaslState.SEND_APIVERSIONS_REQUEST, SaslEvent.SENT): SaslState.RECEIVE_APIVERSIONS_RESPONSE,
    (SaslState.RECEIVE_APIVERSIONS_RESPONSE, SaslEvent.RECEIVED): SaslState.SEND_HANDSHAKE_REQUEST,
    (SaslState.SEND_HANDSHAKE_REQUEST, SaslEvent.SENT): SaslState.RECEIVE_HANDSHAKE_RESPONSE,
    (SaslState.RECEIVE_HANDSHAKE_RESPONSE, SaslEvent.RECEIVED): SaslState.INITIAL,
    (SaslState.INITIAL, SaslEvent.SENT): SaslState.INTERMEDIATE,
    (SaslState.INTERMEDIATE, SaslEvent.SENT): SaslState.INTERMEDIATE,
    (SaslState.INTERMEDIATE, SaslEvent.LAST_SENT): SaslState.CLIENT_COMPLETE,
    (SaslState.INTERMEDIATE, SaslEvent.DONE): SaslState.COMPLETE,
    (SaslState.CLIENT_COMPLETE, SaslEvent.DONE): SaslState.COMPLETE,
    (SaslState.COMPLETE, SaslEvent.AGAIN): SaslState.SEND_HANDSHAKE_REQUEST,
    **{(state, SaslEvent.REFUSED): SaslState.FAILED for state in SaslState},
}


class SaslClientAuthenticator:
    """Logs one connection in.

    Args:
        transport: the connection, encrypted or not; its handshake is over.
        node_id, client_id: whom we talk to, and the name that goes with every request.
        new_mechanism: makes the mechanism for one login.
        max_receive_size: the largest message accepted, in bytes.
        clock, random: where the time to log in again comes from.
    """

    def __init__(
        self,
        transport: TransportLayer,
        *,
        node_id: str,
        client_id: str,
        new_mechanism: NewMechanism,
        max_receive_size: int,
        clock: Clock,
        random: Random,
    ) -> None:
        self.state = SaslState.SEND_APIVERSIONS_REQUEST
        self.reauthenticate_at_ns: int | None = None
        self._transport = transport
        self._node_id = node_id
        self._client_id = client_id
        self._new_mechanism = new_mechanism
        self._mechanism = new_mechanism()
        self._max_receive_size = max_receive_size
        self._clock = clock
        self._random = random
        self._correlation_ids = reserved_correlation_ids()
        self._spoken: dict[int, int] = {}
        """The newest version of each request that the broker takes."""
        self._session_lifetime_ms = 0
        self._is_renewing = False
        # What is on its way:
        self._send: NetworkSend | None = None
        self._after_send: SaslEvent | None = None
        self._header: RequestHeader | None = None
        self._receive: NetworkReceive | None = None
        self._unrelated_receives: list[NetworkReceive] = []

    @span(Stage.CONNECT, show="self event return")
    def transition_to(self, event: SaslEvent) -> SaslState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        self.state = following(TRANSITIONS, self.state, event, self)
        return self.state

    @property
    def is_complete(self) -> bool:
        """Whether the broker believes us."""
        return self.state is SaslState.COMPLETE

    @span(Stage.CONNECT, show="self")
    def authenticate(self) -> None:
        """Go on as far as possible without waiting.

        Raises:
            AuthenticationError: the broker does not believe us, or cannot be believed.
            ProtocolError: it does not answer as it should.
            EOFError, OSError: if the connection ends.
        """
        steps: dict[SaslState, Callable[[], bool]] = {
            SaslState.SEND_APIVERSIONS_REQUEST: self._ask_for_versions,
            SaslState.RECEIVE_APIVERSIONS_RESPONSE: self._note_versions,
            SaslState.SEND_HANDSHAKE_REQUEST: self._name_the_mechanism,
            SaslState.RECEIVE_HANDSHAKE_RESPONSE: self._check_the_mechanism,
            SaslState.INITIAL: self._send_first_token,
            SaslState.INTERMEDIATE: self._answer_token,
            SaslState.CLIENT_COMPLETE: self._await_last_word,
        }
        try:
            while not self.is_complete and self._flush() and steps[self.state]():
                pass
        except AuthenticationError:
            self.transition_to(SaslEvent.REFUSED)
            raise
        except (EOFError, ConnectionError):
            during = f"a login by {self._mechanism.name} ({self.state.value})"
            raise EOFError(f"the broker closed the connection during {during}") from None

    # Which versions...

    def _ask_for_versions(self) -> bool:
        return self._request(ApiVersionsRequest(), version=0)

    def _note_versions(self) -> bool:
        response = cast(ApiVersionsResponse | None, self._receive_response())
        if response is None:
            return False
        self._raise_if_error(response.error_code)
        self._spoken = {api.api_key: api.max_version for api in response.api_keys}
        self.transition_to(SaslEvent.RECEIVED)
        return True

    def _version_of(self, api: ApiKey) -> int | None:
        """The newest version that both ends know, or None."""
        return min(self._spoken[api], api.latest) if api in self._spoken else None

    # Which mechanism...

    def _name_the_mechanism(self) -> bool:
        version = self._version_of(ApiKey.SASL_HANDSHAKE) or 0
        if self._version_of(ApiKey.SASL_AUTHENTICATE) is None:
            version = 0  # version 1 would announce requests that the broker does not know
        return self._request(SaslHandshakeRequest(mechanism=self._mechanism.name), version)

    def _check_the_mechanism(self) -> bool:
        response = cast(SaslHandshakeResponse | None, self._receive_response())
        if response is None:
            return False
        name, enabled = self._mechanism.name, quoted(", ".join(response.mechanisms)) or "none"
        if response.error_code == UnsupportedSaslMechanismError.code:
            raise UnsupportedSaslMechanismError(f"the broker does not take {name}; it takes {enabled}")
        if response.error_code == IllegalSaslStateError.code:
            raise IllegalSaslStateError(f"the broker did not expect a login by {name} here; it takes {enabled}")
        self._raise_if_error(response.error_code)
        self.transition_to(SaslEvent.RECEIVED)
        return True

    # Tokens...

    def _send_first_token(self) -> bool:
        return self._send_token(self._mechanism.first_token(), SaslEvent.SENT)

    def _answer_token(self) -> bool:
        challenge = self._receive_token()
        if challenge is None:
            return False
        token = self._mechanism.evaluate(challenge)
        if token is None:
            return self._logged_in()
        return self._send_token(token, SaslEvent.LAST_SENT if self._mechanism.is_complete else SaslEvent.SENT)

    def _await_last_word(self) -> bool:
        return self._receive_token() is not None and self._logged_in()

    def _send_token(self, token: bytes, after_send: SaslEvent) -> bool:
        version = self._version_of(ApiKey.SASL_AUTHENTICATE)
        if version is not None:
            return self._request(SaslAuthenticateRequest(auth_bytes=token), version, after_send)
        return self._start(NetworkSend(self._node_id, [token]), after_send)

    def _receive_token(self) -> bytes | None:
        if self._version_of(ApiKey.SASL_AUTHENTICATE) is None:
            receive = self._receive_message()
            return None if receive is None else bytes(receive.payload)
        response = cast(SaslAuthenticateResponse | None, self._receive_response())
        if response is None:
            return None
        self._raise_if_error(response.error_code, response.error_message)
        self._session_lifetime_ms = response.session_lifetime_ms
        return bytes(response.auth_bytes)

    def _logged_in(self) -> bool:
        """The end of it. The write that made us log in again has to be woken."""
        self.transition_to(SaslEvent.DONE)
        self.reauthenticate_at_ns = reauthentication_time_ns(
            self._clock.now_ns(), self._session_lifetime_ms, self._random
        )
        if self._is_renewing:
            self._transport.add_interest_ops(OP_WRITE)
        return False

    # Requests and answers...

    def _request(self, request: Message, version: int, after_send: SaslEvent = SaslEvent.SENT) -> bool:
        self._header = RequestHeader(request.api_key, version, next(self._correlation_ids), self._client_id)
        return self._start(NetworkSend(self._node_id, encode_request(self._header, request)), after_send)

    def _start(self, send: NetworkSend, after_send: SaslEvent) -> bool:
        self._send, self._after_send = send, after_send
        return True

    def _flush(self) -> bool:
        """Write what is left of our message; return whether nothing is. `OP_WRITE` is on while something is."""
        if self._send is None or self._after_send is None:
            return True
        self._send.write_to(self._transport)
        if not self._send.is_completed:
            self._transport.add_interest_ops(OP_WRITE)
            return False
        self._transport.remove_interest_ops(OP_WRITE)
        self.transition_to(self._after_send)
        self._send = self._after_send = None
        return True

    def _receive_response(self) -> Message | None:
        """The answer to our request, or None if it is not there yet. What is not for us is kept for the channel."""
        assert self._header is not None
        while (receive := self._receive_message()) is not None:
            correlation_id = read_correlation_id(receive.payload)
            if correlation_id == self._header.correlation_id:
                return decode_response(self._header, receive.payload)
            if not self._is_renewing or is_reserved(correlation_id):
                raise ProtocolError(f"an answer with correlation id {correlation_id} came in place of {self._header}")
            self._unrelated_receives.append(receive)
        return None

    def _receive_message(self) -> NetworkReceive | None:
        if self._receive is None:
            self._receive = NetworkReceive(self._node_id, self._max_receive_size)
        self._receive.read_from(self._transport)
        if not self._receive.is_complete:
            return None
        complete, self._receive = self._receive, None
        return complete

    def _raise_if_error(self, code: int, message: str | None = None) -> None:
        """The broker's own words go to the caller, if it has any."""
        error = error_for(code, message)
        if error is not None:
            kind = type(error) if isinstance(error, AuthenticationError) else AuthenticationError
            raise kind(f"the broker refused the login by {self._mechanism.name}: {error}")

    # Again...

    def reauthenticate(self, half_read: NetworkReceive | None) -> None:
        """Begin the conversation anew. What the broker speaks is known from the first time."""
        self.transition_to(SaslEvent.AGAIN)
        self.reauthenticate_at_ns = None
        self._is_renewing = True
        self._mechanism = self._new_mechanism()
        self._receive = half_read

    def take_unrelated_receives(self) -> Sequence[NetworkReceive]:
        """The answers to the client's own requests that arrived meanwhile, in their order, each once."""
        taken, self._unrelated_receives = self._unrelated_receives, []
        return taken

    def __repr__(self) -> str:
        return f"<SaslClientAuthenticator {self._mechanism.name} to {self._node_id}: {self.state.value}>"
