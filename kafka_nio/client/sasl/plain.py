"""PLAIN: name and password, as they are. Without TLS everybody on the way can read them.

Java: javax.security.sasl.SaslClient for PLAIN; the mechanism is RFC 4616
"""

from kafka_nio.errors import SaslAuthenticationError
from kafka_nio.secret import Secret


class PlainMechanism:
    """One login by name and password."""

    name = "PLAIN"

    def __init__(self, username: str, password: Secret[str]) -> None:
        self._username = username
        self._password = password
        self.is_complete = False

    def first_token(self) -> bytes:
        """For whom to act (nobody else), name, password."""
        self.is_complete = True
        return b"\0".join((b"", self._username.encode(), self._password.reveal().encode()))

    def evaluate(self, challenge: bytes) -> None:
        """The broker has nothing to ask. It confirms by sending nothing."""
        if challenge:
            raise SaslAuthenticationError("PLAIN: the broker answered the password with a question, which it must not")

    def __repr__(self) -> str:
        return f"<PlainMechanism for {self._username}>"
