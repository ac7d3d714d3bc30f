"""What a way of logging in has to do: turn the broker's tokens into ours, until it is content.

A mechanism lives for one login. It knows nothing of connections and requests.

Java: javax.security.sasl.SaslClient
"""

from collections.abc import Callable
from typing import Protocol


class Mechanism(Protocol):
    """One login's worth of a mechanism."""

    @property
    def name(self) -> str:
        """As brokers call it: `SCRAM-SHA-512`."""

    @property
    def is_complete(self) -> bool:
        """Whether all that this end has to send or to verify is done."""

    def first_token(self) -> bytes:
        """What the client begins with."""

    def evaluate(self, challenge: bytes) -> bytes | None:
        """The answer to the broker's token, or None if there is nothing to send.

        Raises:
            AuthenticationError: the broker's token is not what it should be.
        """


NewMechanism = Callable[[], Mechanism]
"""Makes the mechanism for one login."""
