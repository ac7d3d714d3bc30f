"""Who may come in, and who is in: a broker's users, and the login of each of its connections.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping
from functools import partial
from random import Random

from kafka_nio.broker.sasl.sasl_server import OAuthBearerServer, PlainServer, SaslServer, Users
from kafka_nio.broker.sasl.sasl_server_authenticator import SaslEvent, SaslServerAuthenticator
from kafka_nio.broker.sasl.scram_server import HASHES, SALT_SIZE, ScramServer, scram_credential
from kafka_nio.clock import NEVER, Clock
from kafka_nio.protocol.api import ApiKey

Mechanisms = Mapping[str, Callable[[], SaslServer]]
"""What begins a login, by the name of its mechanism."""


def sasl_mechanisms(users: Mapping[str, Users], random: Random, clock: Clock) -> Mechanisms:
    """What begins a login of each mechanism that has users.

    Raises:
        ValueError: there is no such mechanism.
    """
    return {mechanism: _mechanism(mechanism, known, random, clock) for mechanism, known in users.items()}


def _mechanism(mechanism: str, users: Users, random: Random, clock: Clock) -> Callable[[], SaslServer]:
    if mechanism == "PLAIN":
        return partial(PlainServer, users)
    if mechanism == "OAUTHBEARER":
        return partial(OAuthBearerServer, users, clock)
    if mechanism not in HASHES:
        raise ValueError(f"{mechanism} is not one of PLAIN, OAUTHBEARER, {', '.join(HASHES)}")
    credentials = {
        user: scram_credential(mechanism, password, random.randbytes(SALT_SIZE)) for user, password in users.items()
    }
    return partial(ScramServer, mechanism, credentials, random)


class Logins:
    """The logins of one broker's connections. Belongs to its processor. Without mechanisms nobody needs to log in."""

    def __init__(self, mechanisms: Mechanisms, max_session_ms: float, clock: Clock) -> None:
        self.mechanisms = mechanisms
        self._max_session_ms = max_session_ms or NEVER
        self._clock = clock
        self._logins: dict[str, SaslServerAuthenticator] = {}

    def of(self, connection_id: str) -> SaslServerAuthenticator:
        """The login of a connection, begun now if it is new."""
        login = self._logins.get(connection_id)
        if login is None:
            login = SaslServerAuthenticator(self.mechanisms, self._max_session_ms, self._clock)
            self._logins[connection_id] = login
        return login

    def complaint_about(self, connection_id: str, api: ApiKey, size: int = 0) -> str | None:
        """Why a request of `size` bytes must not come now; None if it may, or if nobody needs to log in."""
        return self.of(connection_id).complaint_about(api, size) if self.mechanisms else None

    def versions_asked(self, connection_id: str) -> None:
        """The connection's ApiVersions has been answered."""
        if self.mechanisms:
            self.of(connection_id).transition_to(SaslEvent.VERSIONS_ASKED)

    def forget(self, connection_id: str) -> None:
        """The connection has ended."""
        self._logins.pop(connection_id, None)

    def __repr__(self) -> str:
        return f"<Logins: {', '.join(self.mechanisms) or 'not needed'}, {len(self._logins)} connections>"
