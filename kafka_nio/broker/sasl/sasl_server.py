"""One exchange of tokens from the server's side, and the two mechanisms in which the first token says everything.

    PLAIN        the user's name and password, as they are; so only over TLS, where it matters
    OAUTHBEARER  a token that somebody else has signed (RFC 7628). Here it is an unsecured one (`alg` is `none`), as in
                 Kafka's own default, which is for development only: anybody can write such a token.

Java: org.apache.kafka.common.security.plain.internals.PlainSaslServer, OAuthBearerSaslServer
"""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from typing import Protocol

from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import SaslAuthenticationError

LATEST_S = (1 << 63) // 1000
"""The latest time that can be told in milliseconds; a token may not last longer."""

Users = Mapping[str, str]
"""Passwords by user names."""


class SaslServer(Protocol):
    """What an authenticator needs of a mechanism."""

    @property
    def user(self) -> str | None:
        """Who is there; None until that is proven."""

    @property
    def expires_ms(self) -> float:
        """When the proof is worth nothing any more, by the wall clock."""

    def evaluate_response(self, token: bytes) -> bytes:
        """Take the client's token and return ours.

        Raises:
            SaslAuthenticationError: the client is not who it says, or its token is malformed.
        """


class PlainServer:
    """`[authorization id] NUL user NUL password`, in UTF-8 (RFC 4616)."""

    expires_ms = NEVER

    def __init__(self, users: Users) -> None:
        self._users = users
        self.user: str | None = None

    def evaluate_response(self, token: bytes) -> bytes:
        """Compare the password with the one we know."""
        try:
            authorization_id, user, password = token.decode().split("\0")
        except ValueError:
            raise SaslAuthenticationError("Authentication failed: the PLAIN token does not have three parts") from None
        expected = self._users.get(user, "")
        if not expected or not hmac.compare_digest(expected.encode(), password.encode()):
            raise SaslAuthenticationError("Authentication failed: Invalid username or password")
        if authorization_id not in ("", user):
            raise SaslAuthenticationError("Authentication failed: one user may not act for another")
        self.user = user
        return b""

    def __repr__(self) -> str:
        return f"<PlainServer for {self.user or 'nobody yet'}>"


_GS2_HEADER = re.compile(rb"n,(?:a=[^,]*)?,")
_PAIR = re.compile(rb"[a-zA-Z]+=.*", re.DOTALL)
_BEARER = b"auth=Bearer "
_SEPARATOR = b"\x01"
_INVALID_TOKEN = b'{"status":"invalid_token"}'
_AFTER_ERROR = b"\x01"


class OAuthBearerServer:
    """Believes an unsecured token, if it is for a user we know and has not expired. No users: any user will do."""

    def __init__(self, users: Users, clock: Clock) -> None:
        self._users = users
        self._clock = clock
        self._has_refused = False
        self.user: str | None = None
        self.expires_ms: float = NEVER

    def evaluate_response(self, token: bytes) -> bytes:
        """Look into the token. A refusal takes one more round, in which the client says that it has heard it."""
        if self._has_refused and token == _AFTER_ERROR:
            raise SaslAuthenticationError(_INVALID_TOKEN.decode())
        bearer_token = _bearer_token(token)
        if bearer_token is None:
            raise SaslAuthenticationError("Authentication failed: this is no first message of OAUTHBEARER")
        claims = _unsecured_claims(bearer_token)
        if claims is None or not self._accepts(claims):
            self._has_refused = True
            return _INVALID_TOKEN
        self.user, self.expires_ms = str(claims["sub"]), float(str(claims["exp"])) * 1000
        return b""

    def _accepts(self, claims: Mapping[str, object]) -> bool:
        user, expires_s = claims.get("sub"), claims.get("exp")
        is_known = isinstance(user, str) and bool(user) and (not self._users or user in self._users)
        if not is_known or not isinstance(expires_s, int | float):
            return False
        return self._clock.time_ms() < expires_s * 1000 and expires_s < LATEST_S

    def __repr__(self) -> str:
        return f"<OAuthBearerServer for {self.user or 'nobody yet'}>"


def _bearer_token(message: bytes) -> bytes | None:
    """The token in `n,,` and pairs `name=value`, each with a separator behind it, and one more at the end.

    No one pattern for all of it: on a message made for the purpose it would try each end of each pair with each other.
    """
    header, _, rest = message.partition(_SEPARATOR)
    if not rest.endswith(_SEPARATOR * 2) or not _GS2_HEADER.fullmatch(header):
        return None
    pairs = rest[:-2].split(_SEPARATOR)
    if not all(map(_PAIR.fullmatch, pairs)):
        return None
    tokens = (pair.removeprefix(_BEARER).lstrip(b" ") for pair in pairs if pair.startswith(_BEARER))
    return next(filter(None, tokens), None)


def _unsecured_claims(token: bytes) -> dict[str, object] | None:
    """What an unsecured JSON Web Token claims: two parts in base64, and an empty signature. None for anything else."""
    parts = token.split(b".")
    if len(parts) != 3 or parts[2]:
        return None
    try:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))) for part in parts[:2])
    except (binascii.Error, ValueError, RecursionError):  # the last one by brackets in brackets in brackets
        return None
    is_unsecured = isinstance(header, dict) and header.get("alg") == "none"
    return claims if is_unsecured and isinstance(claims, dict) else None
