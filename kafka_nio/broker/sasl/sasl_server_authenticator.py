"""One connection's login, from the broker's side: which request may come next, and whether it proves who is there.

`TRANSITIONS` is the whole automaton. A client may ask for ApiVersions once; it chooses a mechanism, SaslHandshake; it
sends tokens, SaslAuthenticate; then it may say anything. When its session is about to expire it chooses the mechanism
again on the same connection and proves that it is the same user (KIP-368). A broker tells with the last token how long
a session lasts, and ends the connection of whoever goes on after that.

Left out against Java: SaslHandshake version 0, after which tokens come without any header; GSSAPI.

Java: org.apache.kafka.common.security.authenticator.SaslServerAuthenticator
"""

from collections.abc import Callable, Mapping
from enum import Enum

from kafka_nio.broker.sasl.sasl_server import SaslServer
from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import (
    IllegalSaslStateError,
    SaslAuthenticationError,
    UnsupportedSaslMechanismError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.spans import Stage, span
from kafka_nio.state_machine import following


class SaslState(Enum):
    """How far a login has come."""

    HANDSHAKE_OR_VERSIONS_REQUEST = "not begun"
    HANDSHAKE_REQUEST = "waiting for a mechanism"
    AUTHENTICATE = "exchanging tokens"
    COMPLETE = "logged in"
    FAILED = "refused"


class SaslEvent(Enum):
    """What can happen to it."""

    VERSIONS_ASKED = "the versions are asked for"
    MECHANISM_CHOSEN = "a mechanism is chosen"
    CHALLENGED = "a token is answered and another is expected"
    PROVEN = "the identity is proven"
    REFUSED = "the identity is refused"


TRANSITIONS: dict[tuple[SaslState, SaslEvent], SaslState] = {
    (SaslState.HANDSHAKE_OR_VERSIONS_REQUEST, SaslEvent.VERSIONS_ASKED): SaslState.HANDSHAKE_REQUEST,
    (SaslState.HANDSHAKE_OR_VERSIONS_REQUEST, SaslEvent.MECHANISM_CHOSEN): SaslState.AUTHENTICATE,
    (SaslState.HANDSHAKE_REQUEST, SaslEvent.MECHANISM_CHOSEN): SaslState.AUTHENTICATE,
    (SaslState.COMPLETE, SaslEvent.MECHANISM_CHOSEN): SaslState.AUTHENTICATE,
    (SaslState.COMPLETE, SaslEvent.VERSIONS_ASKED): SaslState.COMPLETE,
    (SaslState.AUTHENTICATE, SaslEvent.CHALLENGED): SaslState.AUTHENTICATE,
    (SaslState.AUTHENTICATE, SaslEvent.PROVEN): SaslState.COMPLETE,
    **{(state, SaslEvent.REFUSED): SaslState.FAILED for state in SaslState},
}

WELCOME: dict[SaslState, frozenset[ApiKey]] = {
    SaslState.HANDSHAKE_OR_VERSIONS_REQUEST: frozenset({ApiKey.API_VERSIONS, ApiKey.SASL_HANDSHAKE}),
    SaslState.HANDSHAKE_REQUEST: frozenset({ApiKey.SASL_HANDSHAKE}),
    SaslState.AUTHENTICATE: frozenset({ApiKey.SASL_AUTHENTICATE}),
    SaslState.COMPLETE: frozenset(ApiKey),
    SaslState.FAILED: frozenset(),
}
"""The requests that may come next."""

NO_LIFETIME = 0
"""In the answer to the last token: the session does not end."""


LARGEST_TOKEN = 512 * 1024
"""In bytes: Kafka's `sasl.server.max.receive.size`. Before a login nobody has earned more of our time."""


def _ensure_small(token: bytes) -> None:
    if len(token) > LARGEST_TOKEN:
        raise SaslAuthenticationError(
            f"Authentication failed: a token of {len(token)} bytes; {LARGEST_TOKEN} are accepted"
        )


class SaslServerAuthenticator:
    """One connection's login.

    Args:
        mechanisms: what begins a login, by the name of the mechanism.
        max_session_ms: how long a session lasts at most; a token of OAUTHBEARER may end it earlier.
        clock: where time comes from.
    """

    def __init__(self, mechanisms: Mapping[str, Callable[[], SaslServer]], max_session_ms: float, clock: Clock) -> None:
        self._mechanisms = mechanisms
        self._max_session_ms = max_session_ms
        self._clock = clock
        self._mechanism: str | None = None
        self._server: SaslServer | None = None
        self._expires_ms: float = NEVER
        self.state = SaslState.HANDSHAKE_OR_VERSIONS_REQUEST
        self.user: str | None = None
        """Who is there, once that is proven."""

    @span(Stage.BROKER, show="self event return")
    def transition_to(self, event: SaslEvent) -> SaslState:
        """Move to the state that follows this event.

        Raises:
            IllegalStateError: if the event cannot happen in the present state.
        """
        self.state = following(TRANSITIONS, self.state, event, "the login")
        return self.state

    def complaint_about(self, api: ApiKey, size: int = 0) -> str | None:
        """Why a request of `size` bytes must not come now, and the connection has to end; None if it may."""
        if api not in WELCOME[self.state]:
            return f"unexpected {api.title} request while the login is {self.state.value}"
        if self.user is None and size > LARGEST_TOKEN:
            return f"{api.title} request of {size} bytes before a login; {LARGEST_TOKEN} are accepted"
        if self.state is SaslState.COMPLETE and self.is_expired and api is not ApiKey.SASL_HANDSHAKE:
            return f"the session of {self.user} is over, and the client has not logged in again"
        return None

    @property
    def is_expired(self) -> bool:
        """Whether the session has lasted too long."""
        return self._clock.now_ms() >= self._expires_ms

    def choose_mechanism(self, mechanism: str) -> None:
        """Begin a login, the first one or another on the same connection.

        Raises:
            UnsupportedSaslMechanismError: there is no such mechanism here.
            IllegalSaslStateError: another one was used for the first login.
        """
        begin = self._mechanisms.get(mechanism)
        if begin is None:
            self.transition_to(SaslEvent.REFUSED)
            raise UnsupportedSaslMechanismError(f"{mechanism} is not one of {', '.join(self._mechanisms)}")
        if self._mechanism not in (None, mechanism):
            self.transition_to(SaslEvent.REFUSED)
            raise IllegalSaslStateError(f"the session began with {self._mechanism} and cannot go on with {mechanism}")
        self._mechanism, self._server = mechanism, begin()
        self.transition_to(SaslEvent.MECHANISM_CHOSEN)

    def evaluate(self, token: bytes) -> tuple[bytes, int]:
        """Take the client's token; return ours, and the session's lifetime in milliseconds once the login is complete.

        Raises:
            SaslAuthenticationError: the client is not who it says, or not who it was.
        """
        assert self._server is not None, "no token is welcome before a mechanism was chosen"
        try:
            _ensure_small(token)
            answer = self._server.evaluate_response(token)
            self._ensure_same_user(self._server.user)
        except SaslAuthenticationError:
            self.transition_to(SaslEvent.REFUSED)
            raise
        if self._server.user is None:
            self.transition_to(SaslEvent.CHALLENGED)
            return answer, NO_LIFETIME
        self.user = self._server.user
        self.transition_to(SaslEvent.PROVEN)
        return answer, self._begin_session(self._server)

    def _ensure_same_user(self, user: str | None) -> None:
        if user is not None and self.user not in (None, user):
            raise SaslAuthenticationError(f"{self.user} logged in before, and {user} does now: that is not allowed")

    def _begin_session(self, server: SaslServer) -> int:
        lifetime_ms = min(self._max_session_ms, server.expires_ms - self._clock.time_ms())
        self._expires_ms = self._clock.now_ms() + lifetime_ms
        return NO_LIFETIME if lifetime_ms == NEVER else int(lifetime_ms)

    def __repr__(self) -> str:
        return f"<SaslServerAuthenticator {self.state.value}, {self.user or 'nobody'}>"
