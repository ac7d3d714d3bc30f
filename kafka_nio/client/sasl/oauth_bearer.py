"""OAUTHBEARER: whoever bears the token may come in. The broker believes the token, and asks no further.

A refusal comes in two steps. The broker says in JSON what is wrong with the token, and the client has to answer with a
byte that means nothing, before the broker ends the login.

Beside the token the broker can be told more, by name: which of several clusters behind one address is meant, for
example. These are the extensions of RFC 7628.

Java: org.apache.kafka.common.security.oauthbearer.internals.OAuthBearerSaslClient; the mechanism is RFC 7628
"""

from collections.abc import Callable, Iterable

from kafka_nio.errors import SaslAuthenticationError
from kafka_nio.secret import Secret

SEPARATOR = b"\x01"


class OAuthBearerMechanism:
    """One login by a token.

    Args:
        token: finds the token; it may raise if there is none at the moment.
        extensions: what else the broker is told, by names.
    """

    name = "OAUTHBEARER"

    def __init__(self, token: Callable[[], Secret[str]], extensions: Iterable[tuple[str, str]] = ()) -> None:
        self._token = token
        self._extensions = tuple(extensions)
        self._refusal: str | None = None
        self.is_complete = False

    def first_token(self) -> bytes:
        """The token, between the separators that the mechanism asks for."""
        said = [f"auth=Bearer {self._token().reveal()}", *(f"{name}={value}" for name, value in self._extensions)]
        return b"n,," + SEPARATOR + b"".join(pair.encode() + SEPARATOR for pair in said) + SEPARATOR

    def evaluate(self, challenge: bytes) -> bytes | None:
        """Nothing, if the broker is content; the byte that it waits for, if it is not."""
        if self._refusal is not None:
            raise SaslAuthenticationError(f"OAUTHBEARER: the broker refused the token: {self._refusal}")
        if challenge:
            self._refusal = challenge.decode(errors="replace")
            return SEPARATOR
        self.is_complete = True
        return None

    def __repr__(self) -> str:
        return "<OAuthBearerMechanism>"
