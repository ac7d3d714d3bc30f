"""Who are you? What a channel asks before it lets messages through, between the transport's handshake and `READY`.

An authenticator reads and writes on the channel's own transport, a little at each call of `authenticate`, and never
waits. A plain connection has the one that is content with anybody.

The work itself needs Kafka's messages, so it lives above: `kafka_nio.client.sasl` for the end that logs in.

Java: org.apache.kafka.common.network.Authenticator
"""

from collections.abc import Sequence
from typing import Protocol

from kafka_nio.network.transfer import NetworkReceive


class Authenticator(Protocol):
    """What a channel needs of whoever proves identities."""

    @property
    def is_complete(self) -> bool:
        """Whether messages may pass."""

    def authenticate(self) -> None:
        """Go on as far as possible without waiting.

        Raises:
            AuthenticationError: the identity is not accepted, or the peer cannot be trusted.
        """

    @property
    def reauthenticate_at_ns(self) -> int | None:
        """When to log in again, by the clock that goes only forward; None for never (KIP-368)."""

    def reauthenticate(self, half_read: NetworkReceive | None) -> None:
        """Begin to log in again on the same connection.

        Args:
            half_read: the message whose first bytes the channel has read already; the rest comes to us.
        """

    def take_unrelated_receives(self) -> Sequence[NetworkReceive]:
        """Messages that arrived while we logged in again and were not for us, each handed over once."""


class NoAuthenticator:
    """Nobody has to prove anything. Authenticators that never log in twice inherit what that means."""

    is_complete = True
    reauthenticate_at_ns: int | None = None

    def authenticate(self) -> None:
        """Nothing to prove."""

    def reauthenticate(self, half_read: NetworkReceive | None) -> None:
        """Nothing to prove again."""

    def take_unrelated_receives(self) -> Sequence[NetworkReceive]:
        return ()


ANYBODY = NoAuthenticator()
"""Keeps nothing, so that one serves all plain connections."""
